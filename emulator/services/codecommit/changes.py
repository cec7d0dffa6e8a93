"""What a CreateCommit changes: from its members to files that are written or removed."""

import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emulator.context import Request
from emulator.git import trees
from emulator.git.trees import Entry, Written
from emulator.services.codecommit.files import MODES, path_in_tree
from emulator.services.codecommit.records import refusal

# Source: API_CreateCommit, MaximumFileEntriesExceededException and
# FileContentSizeLimitExceededException.
_ENTRIES_AT_MOST = 100
_CONTENT_BYTES_AT_MOST = 7 * 1024 * 1024

_Present = Mapping[str, Entry]
_Changes = dict[str, Written | None]


def read_changes(directory: Path, present: _Present, request: Request) -> _Changes:
    """The files that a CreateCommit writes, and None for those it removes.

    Raises:
        AwsError: FileEntryRequiredException; MaximumFileEntriesExceededException;
            SamePathRequestException; FileDoesNotExistException; NoChangeException;
            FileNameConflictsWithDirectoryNameException and its kin.
    """
    puts = request.get("putFiles", [])
    deletes = request.get("deleteFiles", [])
    modes = request.get("setFileModes", [])
    _check_entries([*puts, *deletes, *modes])
    _check_sizes(puts)
    changes: _Changes = {}
    for put in puts:
        changes.update(_put(directory, present, put))
    for each in deletes:
        changes[_existing(present, each["filePath"]).path] = None
    for each in modes:
        found = _existing(present, each["filePath"])
        changes[found.path] = Written(MODES[each["fileMode"]], found.object_id)
    changed = {path: change for path, change in changes.items() if _differs(present, path, change)}
    if not changed:
        raise refusal("NoChange", "The commit would change nothing.")
    check_conflicts(present, changed)
    return changed


def _check_entries(entries: list[dict[str, Any]]) -> None:
    if not entries:
        raise refusal("FileEntryRequired", "The commit names no file.")
    if len(entries) > _ENTRIES_AT_MOST:
        raise refusal(
            "MaximumFileEntriesExceeded",
            f"The commit names {len(entries)} files; at most {_ENTRIES_AT_MOST} can be changed.",
        )
    counts = Counter(path_in_tree(entry["filePath"]) for entry in entries)
    if "" in counts:
        raise refusal("PathRequired", "A filePath names no file.")
    twice = [path for path, count in counts.items() if count > 1]
    if twice:
        raise refusal("SamePathRequest", f"Named more than once: {', '.join(twice)}.")


def _check_sizes(puts: list[dict[str, Any]]) -> None:
    size_bytes = sum(len(put.get("fileContent", b"")) for put in puts)
    if size_bytes > _CONTENT_BYTES_AT_MOST:
        raise refusal(
            "FileContentSizeLimitExceeded",
            f"The files have {size_bytes} bytes; at most {_CONTENT_BYTES_AT_MOST} can be put.",
        )


def _put(directory: Path, present: _Present, put: dict[str, Any]) -> _Changes:
    path, source = path_in_tree(put["filePath"]), put.get("sourceFile")
    if (source is None) == ("fileContent" not in put):
        code = (
            "SourceFileOrContentRequired" if source is None else "FileContentAndSourceFileSpecified"
        )
        raise refusal(code, f"{path!r}: give one of fileContent and sourceFile.")
    if source is None:
        mode = MODES[put["fileMode"]] if "fileMode" in put else _mode(present.get(path))
        return {path: Written(mode, trees.write_blob(directory, put["fileContent"]))}
    found = _existing(present, source["filePath"])
    mode = MODES[put["fileMode"]] if "fileMode" in put else found.mode
    moved: _Changes = {found.path: None} if source.get("isMove") else {}
    return {**moved, path: Written(mode, found.object_id)}


def _mode(found: Entry | None) -> str:
    return found.mode if found else trees.NORMAL


def _existing(present: _Present, path: str) -> Entry:
    found = present.get(path_in_tree(path))
    if found is None:
        raise refusal("FileDoesNotExist", f"There is no file {path!r} on the branch.")
    return found


def _differs(present: _Present, path: str, change: Written | None) -> bool:
    found = present.get(path)
    if change is None or found is None:
        return True
    return (found.mode, found.object_id) != (change.mode, change.blob_id)


def check_conflicts(present: _Present, changes: Mapping[str, Written | None]) -> None:
    """Refuse a file in a folder's place, or a folder in a file's.

    Raises:
        AwsError: FileNameConflictsWithDirectoryNameException;
            DirectoryNameConflictsWithFileNameException.
    """
    kept = {path for path in present if path not in changes}
    written = {path for path, change in changes.items() if change is not None}
    folders = {folder for path in kept | written for folder in _folders(path)}
    for path in sorted(written):
        if path in folders:
            message = f"{path!r} is a folder on the branch: no file can have its name."
            raise refusal("FileNameConflictsWithDirectoryName", message)
        for folder in _folders(path):
            if folder in kept:
                message = f"{folder!r} is a file on the branch: {path!r} cannot be in it."
                raise refusal("DirectoryNameConflictsWithFileName", message)


def _folders(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path
