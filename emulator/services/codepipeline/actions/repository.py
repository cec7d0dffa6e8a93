"""Commits of the bare repositories that branches are in."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_FIELDS = ("%H", "%aI", "%cI", "%B")


class GitFailed(Exception):
    """Git said no; the message is its own."""


@dataclass(frozen=True)
class Commit:
    """One commit; its times in ISO 8601."""

    commit_id: str
    author_date: str
    committer_date: str
    message: str


def commit_of(directory: Path, revision: str) -> Commit:
    """The commit that a revision names.

    Raises:
        GitFailed: There is none.
    """
    shown = _git(directory, "log", "-1", f"--format={'%x00'.join(_FIELDS)}", revision, "--")
    commit_id, author_date, committer_date, message = shown.split("\0")
    return Commit(commit_id, author_date, committer_date, message.strip())


def archive(directory: Path, commit_id: str, target: Path) -> None:
    """Write the commit's files to a zip."""
    _git(directory, "archive", "--format=zip", f"--output={target}", commit_id)


def clone(directory: Path, commit_id: str, origin: str, target: Path) -> None:
    """A whole clone with the commit checked out, whose origin is the address given."""
    _git(directory, "clone", "--quiet", "--no-hardlinks", "--no-checkout", ".", str(target))
    _git(target, "remote", "set-url", "origin", origin)
    _git(target, "-c", "advice.detachedHead=false", "checkout", "--quiet", commit_id)


def changed_files(directory: Path, before: str | None, after: str) -> list[str]:
    """The paths that differ between two commits; all of the newer one's if there is no older."""
    if before is None:
        listed = _git(directory, "ls-tree", "-r", "-z", "--name-only", after)
    else:
        listed = _git(directory, "diff", "-z", "--name-only", "--no-renames", before, after, "--")
    return [path for path in listed.split("\0") if path]


def _git(directory: Path, *arguments: str) -> str:
    """Run git without the user's configuration, and give what it prints."""
    done = subprocess.run(
        ["git", "-C", str(directory), *arguments],
        capture_output=True,
        check=False,
        text=True,
        errors="replace",
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
        },
    )
    if done.returncode:
        raise GitFailed(done.stderr.strip() or f"git {arguments[0]} ended with {done.returncode}")
    return done.stdout
