"""The files and folders of a commit."""

import posixpath
from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.git import trees
from emulator.git.trees import Entry
from emulator.services.codecommit.records import (
    commit_named,
    directory_of,
    is_object_id,
    refusal,
)

# Source: "Quotas in AWS CodeCommit", file size.
FILE_BYTES_AT_MOST = 6 * 1024 * 1024
MODES = {"EXECUTABLE": trees.EXECUTABLE, "NORMAL": trees.NORMAL, "SYMLINK": trees.SYMLINK}
_MODE_NAMES = {mode: name for name, mode in MODES.items()}


def path_in_tree(path: str) -> str:
    """A path as git has it: from the top, without a slash at either end; ``""`` is the top.

    Raises:
        AwsError: InvalidPathException.
    """
    stripped = path.strip("/")
    parts = stripped.split("/") if stripped else []
    if "\0" in path or any(p in ("", ".", "..") or p.lower() == ".git" for p in parts):
        raise refusal("InvalidPath", f"{path!r} is no path within a repository.")
    return stripped


def mode_name(mode: str) -> str:
    """The file's mode as CodeCommit calls it; git's old modes are those of a normal file."""
    return _MODE_NAMES.get(mode, "NORMAL")


@blocking
def get_file(context: Context, request: Request) -> Answer:
    """A file's content and what git knows of it.

    Raises:
        AwsError: FileDoesNotExistException; FileTooLargeException; CommitDoesNotExistException.
    """
    directory = directory_of(context, request["repositoryName"])
    commit = commit_named(directory, request.get("commitSpecifier", "HEAD"))
    path = path_in_tree(request["filePath"])
    found = trees.entry(directory, commit, path) if path else None
    if found is None or found.kind != "blob":
        raise refusal("FileDoesNotExist", f"There is no file {path!r} in the commit {commit}.")
    if found.size_bytes > FILE_BYTES_AT_MOST:
        raise refusal(
            "FileTooLarge",
            f"{path!r} has {found.size_bytes} bytes; at most {FILE_BYTES_AT_MOST} can be had.",
        )
    return {
        "commitId": commit,
        "blobId": found.object_id,
        "filePath": path,
        "fileMode": mode_name(found.mode),
        "fileSize": found.size_bytes,
        "fileContent": trees.read_blob(directory, found.object_id),
    }


@blocking
def get_folder(context: Context, request: Request) -> Answer:
    """What is in a folder, but not in those within.

    Raises:
        AwsError: FolderDoesNotExistException; CommitDoesNotExistException.
    """
    directory = directory_of(context, request["repositoryName"])
    commit = commit_named(directory, request.get("commitSpecifier", "HEAD"))
    path = path_in_tree(request["folderPath"])
    found = trees.entry(directory, commit, path) if path else None
    if path and (found is None or found.kind != "tree"):
        raise refusal("FolderDoesNotExist", f"There is no folder {path!r} in the commit {commit}.")
    entries = trees.folder(directory, commit, path)
    return {
        "commitId": commit,
        "folderPath": path,
        "treeId": found.object_id if found else trees.tree_of(directory, commit),
        "subFolders": [_shown(each, path, "treeId") for each in entries if each.kind == "tree"],
        "files": [_shown_file(each, path) for each in entries if _is_file(each)],
        "symbolicLinks": [
            _shown_file(each, path) for each in entries if each.mode == trees.SYMLINK
        ],
        "subModules": [_shown(each, path, "commitId") for each in entries if each.kind == "commit"],
    }


def _is_file(entry: Entry) -> bool:
    return entry.kind == "blob" and entry.mode != trees.SYMLINK


def _shown(entry: Entry, folder: str, id_member: str) -> dict[str, Any]:
    return {
        id_member: entry.object_id,
        "absolutePath": entry.path,
        "relativePath": posixpath.relpath(entry.path, folder or "."),
    }


def _shown_file(entry: Entry, folder: str) -> dict[str, Any]:
    return {**_shown(entry, folder, "blobId"), "fileMode": mode_name(entry.mode)}


@blocking
def get_blob(context: Context, request: Request) -> Answer:
    """A file's content by its blob's id.

    Raises:
        AwsError: InvalidBlobIdException; BlobIdDoesNotExistException; FileTooLargeException.
    """
    directory, blob_id = directory_of(context, request["repositoryName"]), request["blobId"]
    if not is_object_id(blob_id):
        raise refusal("InvalidBlobId", f"{blob_id!r} is no blob id: expected 40 hexadecimals.")
    size_bytes = trees.blob_size(directory, blob_id)
    if size_bytes is None:
        raise refusal("BlobIdDoesNotExist", f"The blob {blob_id} does not exist.")
    if size_bytes > FILE_BYTES_AT_MOST:
        raise refusal(
            "FileTooLarge",
            f"{blob_id} has {size_bytes} bytes; at most {FILE_BYTES_AT_MOST} can be had.",
        )
    return {"content": trees.read_blob(directory, blob_id)}


OPERATIONS: Mapping[str, Handler] = {
    "GetFile": get_file,
    "GetFolder": get_folder,
    "GetBlob": get_blob,
}
