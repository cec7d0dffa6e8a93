"""A commit as a zip or as files, and a zip as a commit."""

import posixpath
import stat
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO
from uuid import uuid4

from emulator.errors import listed, validation_error
from emulator.git.commands import EMAIL, NAME, run
from emulator.git.history import commit_of
from emulator.git.repositories import HEADS, references
from emulator.zip_files import UNREADABLE

UNPACKED_BYTES_AT_MOST = 2 * 1024**3
_EXECUTABLE, _NORMAL, _SYMLINK = "100755", "100644", "120000"
_UNIX = 3  # zip's number of the system that made an entry


def archive(directory: Path, commit: str, destination_zip: Path) -> None:
    """Write the commit's files as a zip, with executable bits and symbolic links.

    The same commit gives the same bytes. The zip appears only when it is complete.

    Raises:
        GitFailed: There is no such commit.
    """
    unfinished = destination_zip.with_name(f".{destination_zip.name}.{uuid4().hex}")
    try:
        found = commit_of(directory, commit)
        run(directory, "archive", "--format=zip", f"--output={unfinished}", found)
        unfinished.replace(destination_zip)
    finally:
        unfinished.unlink(missing_ok=True)


def checkout(directory: Path, commit: str, destination: Path) -> None:
    """Write the commit's files into a folder, without a repository around them.

    Raises:
        GitFailed: There is no such commit.
    """
    found = commit_of(directory, commit)
    destination.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        variables = {"GIT_INDEX_FILE": f"{folder}/index", "GIT_WORK_TREE": str(destination)}
        run(directory, "read-tree", found, variables=variables)
        prefix = f"--prefix={destination}/"
        run(directory, "checkout-index", "--all", "--force", prefix, variables=variables)


def clone(directory: Path, commit: str, destination: Path, remote_url: str | None = None) -> None:
    """Clone the repository into a folder that is empty or not there, at a commit.

    Args:
        directory: The repository.
        commit: What is checked out, detached.
        destination: The folder.
        remote_url: The address that the clone knows the repository by; its directory if not given.

    Raises:
        GitFailed: There is no such commit, or the folder is not empty.
    """
    found = commit_of(directory, commit)
    run(directory, "clone", "--quiet", "--no-checkout", str(directory), str(destination))
    cloned = destination / ".git"
    variables = {"GIT_WORK_TREE": str(destination)}
    run(cloned, "checkout", "--quiet", "--detach", found, variables=variables)
    if remote_url is not None:
        run(cloned, "remote", "set-url", "origin", remote_url)


def import_zip(directory: Path, branch: str, zip_path: Path, message: str) -> str:
    """Make a zip's files the first commit of a new branch, and give the commit's id.

    Executable bits and symbolic links are kept. The author is the emulator's and the time that of
    the newest file, so that the same zip gives the same commit.

    Raises:
        AwsError: ValidationException: it is no zip, or it has entries that would lie outside of
            the repository; all of them are named. Or the branch is there already.
    """
    if HEADS + branch in references(directory):
        raise validation_error(f"The branch {branch!r} exists already.")
    with TemporaryFile() as stream:
        _write_stream(stream, zip_path, branch, message)
        stream.seek(0)
        run(directory, "fast-import", "--quiet", "--done", stdin=stream)
    return commit_of(directory, HEADS + branch)


def _write_stream(stream: IO[bytes], zip_path: Path, branch: str, message: str) -> None:
    try:
        with zipfile.ZipFile(zip_path) as opened:
            entries = _checked(zip_path.name, opened)
            stream.writelines(_commands(opened, entries, branch, message))
    except UNREADABLE as error:
        raise validation_error(f"{zip_path.name} cannot be read as a zip: {error}") from error


def _checked(name: str, opened: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    faults = [
        f"{entry.filename!r} {fault}"
        for entry in entries
        if (fault := _fault(entry.filename)) is not None
    ]
    faults += [
        f"{entry.filename!r} links outside of the repository"
        for entry in entries
        if _mode(entry) == _SYMLINK and _leads_outside(entry.filename, opened.read(entry))
    ]
    size_bytes = sum(entry.file_size for entry in entries)
    if size_bytes > UNPACKED_BYTES_AT_MOST:
        faults.append(f"unpacks to {size_bytes} bytes, more than {UNPACKED_BYTES_AT_MOST}")
    if not entries:
        faults.append("has no files")
    if faults:
        raise validation_error(f"The zip {name} is refused: {listed(faults, '; ')}.")
    return entries


def _fault(path: str) -> str | None:
    parts = path.split("/")
    if posixpath.isabs(path) or any(part in ("", ".", "..") for part in parts):
        return "is outside of the zip's folder"
    if any(part.lower() == ".git" for part in parts):
        return "is part of a repository's own files"
    return None


def _leads_outside(path: str, target: bytes) -> bool:
    text = target.decode(errors="replace")
    led_to = posixpath.normpath(posixpath.join(posixpath.dirname(path), text))
    return posixpath.isabs(text) or led_to == ".." or led_to.startswith("../")


def _mode(entry: zipfile.ZipInfo) -> str:
    mode = entry.external_attr >> 16 if entry.create_system == _UNIX else 0
    if stat.S_ISLNK(mode):
        return _SYMLINK
    return _EXECUTABLE if mode & stat.S_IXUSR else _NORMAL


def _commands(
    opened: zipfile.ZipFile, entries: list[zipfile.ZipInfo], branch: str, message: str
) -> Iterator[bytes]:
    """Source: git-fast-import, "Input Format"."""
    newest = max(entry.date_time for entry in entries)
    seconds = int(datetime(*newest, tzinfo=UTC).timestamp())
    text = message.encode()
    yield f"commit {HEADS}{branch}\n".encode()
    yield f"committer {NAME} <{EMAIL}> {seconds} +0000\n".encode()
    yield b"data %d\n%b\n" % (len(text), text)
    for entry in entries:
        content = opened.read(entry)
        yield f'M {_mode(entry)} inline "{_quoted(entry.filename)}"\n'.encode()
        yield b"data %d\n%b\n" % (len(content), content)
    yield b"done\n"


def _quoted(path: str) -> str:
    return path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
