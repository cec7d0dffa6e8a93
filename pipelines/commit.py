"""The commit that an execution's code is of, told in the execution's description.

There, and not in the definition, so that the same code gives the same definition whatever commit
it is in, and a step that has not changed is reused. Each job's tags name its execution, so from
any job one finds the commit that it was made at, also where a later execution has reused it.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

_GIT_SECONDS = 10
_ID = r"[0-9a-f]{40,64}"
_WITH_CHANGES = " with uncommitted changes"
_DESCRIPTION = re.compile(
    rf"Commit (?P<id>{_ID})(?: of (?P<repository>\S+?))?(?P<changes>{_WITH_CHANGES})?\.(?:\s|$)"
)
# What the code of steps and of definitions lies in.
_CODE = ("pipelines", "steps")


@dataclass(frozen=True)
class Commit:
    """A commit, and whether the code differs from it.

    Attributes:
        repository: Its address without credentials, "" if there is none.
    """

    id: str
    repository: str = ""
    has_changes: bool = False


def current(directory: Path, environment: Mapping[str, str]) -> Commit | None:
    """The commit of a checkout: what CodeBuild says, else what git says; None without either."""
    built = environment.get("CODEBUILD_RESOLVED_SOURCE_VERSION", "")
    if re.fullmatch(_ID, built):
        return Commit(built, _without_credentials(environment.get("CODEBUILD_SOURCE_REPO_URL", "")))
    found = _git(directory, "rev-parse", "HEAD")
    if not found:
        return None
    remote = _git(directory, "remote", "get-url", "origin") or ""
    changes = _git(directory, "status", "--porcelain", "--", *_CODE)
    return Commit(found, _without_credentials(remote), has_changes=bool(changes))


def describe(commit: Commit) -> str:
    """The commit as a sentence, which `read` understands."""
    of = f" of {commit.repository}" if commit.repository else ""
    return f"Commit {commit.id}{of}{_WITH_CHANGES if commit.has_changes else ''}."


def read(description: str) -> Commit | None:
    """The commit that a description names, if it names one."""
    found = _DESCRIPTION.search(description)
    if found is None:
        return None
    return Commit(found["id"], found["repository"] or "", has_changes=bool(found["changes"]))


def _git(directory: Path, *words: str) -> str | None:
    """What git answers; None where there is no git, or it is no checkout."""
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _without_credentials(address: str) -> str:
    """An address that may be shown; one without a scheme, git@host:path, has no password."""
    if "://" not in address:
        return "".join(address.split())
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
