"""The files of a commit, and commits made of them without a working copy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from emulator.git.commands import run
from emulator.git.history import Author, commit_of, read_commit
from emulator.git.repositories import HEADS

_NO_COMMIT = "0" * 40
_REMOVED = "0"
EXECUTABLE, NORMAL, SYMLINK = "100755", "100644", "120000"


@dataclass(frozen=True)
class Entry:
    """One entry of a tree.

    Attributes:
        mode: As git writes it, e.g. ``100644``.
        kind: ``blob``, ``tree`` or, of a submodule, ``commit``.
        path: From the top of the commit.
    """

    mode: str
    kind: str
    object_id: str
    size_bytes: int
    path: str


@dataclass(frozen=True)
class Difference:
    """What became of one path between two commits; a mode of zeros where it is not there."""

    path: str
    before_mode: str
    before_id: str
    after_mode: str
    after_id: str
    change: str


@dataclass(frozen=True)
class Written:
    """A file as it is to be: mode and blob, or None where the file is removed."""

    mode: str
    blob_id: str


def entry(directory: Path, commit: str, path: str) -> Entry | None:
    """The file or folder of a commit at a path."""
    found = [each for each in _ls_tree(directory, commit, "--", path) if each.path == path]
    return found[0] if found else None


def folder(directory: Path, commit: str, path: str) -> list[Entry]:
    """What a folder of the commit has, ``""`` for the top one; the folder has to be there."""
    return _ls_tree(directory, commit, *(("--", f"{path}/") if path else ()))


def files(directory: Path, commit: str) -> dict[str, Entry]:
    """All files of a commit by path."""
    return {each.path: each for each in _ls_tree(directory, commit, "-r")}


def _ls_tree(directory: Path, commit: str, *arguments: str) -> list[Entry]:
    # Paths are looked for from the top and as they are, not as patterns.
    variables = {"GIT_LITERAL_PATHSPECS": "1"}
    options = [each for each in arguments if each == "-r"]
    rest = [each for each in arguments if each != "-r"]
    output = run(
        directory,
        *("ls-tree", "-z", "-l", "--full-tree", *options, commit, *rest),
        variables=variables,
    )
    return [_entry(line.decode(errors="replace")) for line in output.split(b"\0") if line]


def _entry(line: str) -> Entry:
    described, path = line.split("\t", 1)
    mode, kind, object_id, size = described.split()
    return Entry(mode, kind, object_id, 0 if size == "-" else int(size), path)


def read_blob(directory: Path, blob_id: str) -> bytes:
    """The content of a file."""
    return run(directory, "cat-file", "blob", blob_id)


def blob_size(directory: Path, blob_id: str) -> int | None:
    """The size in bytes of a file's content; None if there is no such blob."""
    said = run(directory, "cat-file", "--batch-check", stdin=f"{blob_id}\n".encode()).split()
    return int(said[2]) if said[1] == b"blob" else None


def write_blob(directory: Path, content: bytes) -> str:
    """Keep a file's content and give its id."""
    return run(directory, "hash-object", "-w", "--stdin", stdin=content).decode().strip()


def differences(directory: Path, before: str, after: str) -> list[Difference]:
    """What differs between two trees or commits, by path; a renamed file is removed and added."""
    output = run(directory, "diff-tree", "-r", "-z", "--raw", "--no-renames", before, after)
    parts = output.decode(errors="replace").split("\0")[:-1]
    found = []
    for described, path in zip(parts[::2], parts[1::2], strict=True):
        before_mode, after_mode, before_id, after_id, change = described[1:].split()
        found.append(Difference(path, before_mode, before_id, after_mode, after_id, change))
    return found


def write_commit(
    directory: Path,
    branch: str,
    parent: str | None,
    changes: Mapping[str, Written | None],
    author: Author,
    message: str,
) -> tuple[str, str]:
    """Put a commit of these changes on a branch, and give the ids of commit and tree.

    Raises:
        GitFailed: The branch is not at the parent any more.
    """
    tree = _write_tree(directory, parent, changes)
    variables = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (
            ("NAME", author.name),
            ("EMAIL", author.email),
            ("DATE", f"@{author.date}"),
        )
    }
    parents: Sequence[str] = ("-p", parent) if parent else ()
    made = run(
        directory, "commit-tree", tree, *parents, stdin=message.encode(), variables=variables
    )
    commit = made.decode().strip()
    run(directory, "update-ref", HEADS + branch, commit, parent or _NO_COMMIT)
    return commit, tree


def _write_tree(directory: Path, parent: str | None, changes: Mapping[str, Written | None]) -> str:
    lines = [
        f"{change.mode} {change.blob_id}\t{path}" if change else f"{_REMOVED} {_NO_COMMIT}\t{path}"
        for path, change in changes.items()
    ]
    with TemporaryDirectory() as scratch:
        variables = {"GIT_INDEX_FILE": f"{scratch}/index"}
        if parent:
            run(directory, "read-tree", commit_of(directory, parent), variables=variables)
        stdin = "".join(f"{line}\0" for line in lines).encode()
        run(directory, "update-index", "-z", "--index-info", stdin=stdin, variables=variables)
        return run(directory, "write-tree", variables=variables).decode().strip()


def tree_of(directory: Path, commit: str) -> str:
    """The id of a commit's tree."""
    return read_commit(directory, commit).tree_id
