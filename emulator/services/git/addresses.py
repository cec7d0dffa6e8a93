"""The URLs of repositories, and what a URL asks for.

A repository behind a connection has two. A user clones it from ``/git/owner/name.git``, as from its
provider; a build reaches it as AWS lets it, over the connection: ``/git-http/`` and the connection.

Source: "Connect to Git repositories with AWS CodeConnections" of the EKS user guide, for the form
of the addresses of connections; the CodeCommit user guide, for that of its repositories.
"""

import re
from dataclasses import dataclass

from emulator.context import Context
from emulator.services.git.repositories import CODECOMMIT, CODECONNECTIONS

_ACTIONS = "(?P<action>info/refs|git-upload-pack|git-receive-pack)"
# Source: botocore's shape RepositoryName; GitHub's rules for the names of accounts (letters, digits
# and single hyphens, at most 39) and repositories (letters, digits, ``-``, ``_`` and ``.``, at most
# 100).
_OWNER = r"[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}"
_NAME = r"(?!\.{0,2}(?:\.git)*/)[A-Za-z0-9._-]{1,100}?"
_OWNED = rf"(?P<repository>{_OWNER}/{_NAME})(?:\.git)?/{_ACTIONS}"
_CONNECTION = r"(?P<account>\d{12})/(?P<region>[a-z0-9-]+)/(?P<connection>[\w-]+)"
_PATHS = (
    (
        CODECOMMIT,
        re.compile(rf"/v1/repos/(?P<repository>[\w.-]{{1,100}}?)(?:\.git)?/{_ACTIONS}"),
    ),
    (CODECONNECTIONS, re.compile(rf"/git/{_OWNED}")),
    (CODECONNECTIONS, re.compile(rf"/git-http/{_CONNECTION}/{_OWNED}")),
)
# Connections have two names, and so have their hosts. What is below these roots on AWS is below the
# endpoint here.
_AWS_ROOTS = tuple(
    f"https://{service}.{{region}}.amazonaws.com/"
    for service in ("git-codecommit", "codeconnections", "codestar-connections")
)


@dataclass(frozen=True)
class Address:
    """What a URL asks for.

    Attributes:
        repository: ``name``, or ``owner/name`` behind a connection.
        action: ``info/refs``, ``git-upload-pack`` or ``git-receive-pack``.
        connection_arn: The connection over which it is asked; empty when it is asked directly.
    """

    provider: str
    repository: str
    action: str
    connection_arn: str = ""


def read_address(path: str) -> Address | None:
    """What git asks for with this path; None if it is none of git's."""
    for provider, pattern in _PATHS:
        match = pattern.fullmatch(path)
        if match:
            arn = _connection_arn(match) if "connection" in match.groupdict() else ""
            return Address(provider, match["repository"], match["action"], arn)
    return None


def _connection_arn(match: re.Match[str]) -> str:
    region, account_id = match["region"], match["account"]
    return f"arn:aws:codeconnections:{region}:{account_id}:connection/{match['connection']}"


def codecommit_url(context: Context, repository: str) -> str:
    """Where a CodeCommit repository is cloned from."""
    return f"{context.settings.endpoint_url}/v1/repos/{repository}"


def connection_url(context: Context, repository: str) -> str:
    """Where the repository ``owner/name`` that connections lead to is cloned from."""
    return f"{context.settings.endpoint_url}/git/{repository}.git"


def local_roots(context: Context) -> dict[str, str]:
    """The root here for each root of AWS's addresses of repositories in this Region."""
    local = f"{context.settings.endpoint_url}/"
    return {root.format(region=context.settings.region): local for root in _AWS_ROOTS}
