"""The URLs of repositories, and what a URL asks for."""

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
_PATHS = {
    CODECOMMIT: re.compile(rf"/v1/repos/(?P<repository>[\w.-]{{1,100}}?)(?:\.git)?/{_ACTIONS}"),
    CODECONNECTIONS: re.compile(rf"/git/(?P<repository>{_OWNER}/{_NAME})(?:\.git)?/{_ACTIONS}"),
}


@dataclass(frozen=True)
class Address:
    """What a URL asks for.

    Attributes:
        repository: ``name``, or ``owner/name`` behind a connection.
        action: ``info/refs``, ``git-upload-pack`` or ``git-receive-pack``.
    """

    provider: str
    repository: str
    action: str


def read_address(path: str) -> Address | None:
    """What git asks for with this path; None if it is none of git's."""
    for provider, pattern in _PATHS.items():
        match = pattern.fullmatch(path)
        if match:
            return Address(provider, match["repository"], match["action"])
    return None


def codecommit_url(context: Context, repository: str) -> str:
    """Where a CodeCommit repository is cloned from."""
    return f"{context.settings.endpoint_url}/v1/repos/{repository}"


def connection_url(context: Context, repository: str) -> str:
    """Where the repository ``owner/name`` that connections lead to is cloned from."""
    return f"{context.settings.endpoint_url}/git/{repository}.git"
