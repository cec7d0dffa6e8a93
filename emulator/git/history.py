"""Commits: which one a reference names, what it says, what it changed."""

from dataclasses import dataclass
from pathlib import Path

from emulator.git.commands import GitFailed, run

# The id of the tree without entries, which git knows in every repository.
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@dataclass(frozen=True)
class Author:
    """Who made a commit.

    Attributes:
        date: ``SECONDS OFFSET``, as git keeps it, e.g. ``1484167798 -0800``.
    """

    name: str
    email: str
    date: str


@dataclass(frozen=True)
class Commit:
    """A commit as git keeps it."""

    commit_id: str
    tree_id: str
    parents: tuple[str, ...]
    author: Author
    committer: Author
    message: str


def find_commit(directory: Path, specifier: str) -> str | None:
    """The id of the commit that a branch, a tag, HEAD, a full reference or an id names."""
    if specifier.startswith("-") or not specifier:
        return None
    try:
        found = run(
            directory,
            *("rev-parse", "--verify", "--quiet", "--end-of-options"),
            f"{specifier}^{{commit}}",
        )
    except GitFailed:
        return None
    return found.decode().strip()


def commit_of(directory: Path, ref: str) -> str:
    """The id of the commit that a branch, a tag, HEAD, a full reference or an id names.

    Raises:
        GitFailed: There is none.
    """
    found = find_commit(directory, ref)
    if found is None:
        raise GitFailed(("rev-parse",), f"there is no commit {ref!r} in this repository")
    return found


def read_commit(directory: Path, commit: str) -> Commit:
    """The commit of an id.

    Raises:
        GitFailed: There is none.
    """
    shown = run(
        directory,
        *("show", "--no-patch", "--no-notes", "--date=raw"),
        "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B",
        "--end-of-options",
        f"{commit}^{{commit}}",
    )
    fields = shown.decode(errors="replace").split("\0", 9)
    return Commit(
        commit_id=fields[0],
        tree_id=fields[1],
        parents=tuple(fields[2].split()),
        author=Author(*fields[3:6]),
        committer=Author(*fields[6:9]),
        message=fields[9].removesuffix("\n"),
    )


def commit_message(directory: Path, commit: str) -> str:
    """The commit's whole message, without the line breaks at its end."""
    return read_commit(directory, commit).message.rstrip("\n")


def commit_author(directory: Path, commit: str) -> Author:
    """Who wrote the commit."""
    return read_commit(directory, commit).author


def changed_paths(directory: Path, before: str | None, after: str) -> list[str]:
    """The files that differ between two commits, both names of a renamed one.

    Without a commit before, all files of the one after.
    """
    listed = run(
        directory,
        *("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--end-of-options"),
        before or EMPTY_TREE,
        after,
    )
    return [path.decode(errors="replace") for path in listed.split(b"\0") if path]
