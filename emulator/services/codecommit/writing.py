"""Commits made by the API: PutFile, DeleteFile and CreateCommit."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator import git
from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import unsupported
from emulator.git import GitFailed, trees
from emulator.git.history import Author
from emulator.git.repositories import HEADS
from emulator.git.trees import Entry, Written
from emulator.services.codecommit.branches import find_branch
from emulator.services.codecommit.changes import check_conflicts, read_changes
from emulator.services.codecommit.files import MODES, mode_name, path_in_tree
from emulator.services.codecommit.records import caller_arn, directory_of, record, refusal


@dataclass(frozen=True)
class _Place:
    """Where a commit goes: the branch and the commit it is at, None in an empty repository."""

    directory: Path
    branch: str
    parent: str | None

    def files(self) -> dict[str, Entry]:
        return trees.files(self.directory, self.parent) if self.parent else {}


@blocking
def put_file(context: Context, request: Request) -> Answer:
    """Commit one file, new or changed.

    Raises:
        AwsError: PathRequiredException; InvalidPathException; SameFileContentException;
            FileNameConflictsWithDirectoryNameException; what a commit's place is refused for.
    """
    place = _place(context, request)
    path = path_in_tree(request["filePath"])
    if not path:
        raise refusal("PathRequired", "filePath names no file.")
    present = place.files()
    mode = MODES[request.get("fileMode", "NORMAL")]
    blob_id = trees.write_blob(place.directory, request["fileContent"])
    before = present.get(path)
    if before and (before.object_id, before.mode) == (blob_id, mode):
        raise refusal("SameFileContent", f"{path!r} has this content already.")
    changes: dict[str, Written | None] = {path: Written(mode, blob_id)}
    check_conflicts(present, changes)
    said = request.get("commitMessage") or f"{'Edited' if before else 'Added'} {path}"
    commit, tree = _commit(context, request, place, changes, request.get("name"), said)
    return {"commitId": commit, "blobId": blob_id, "treeId": tree}


@blocking
def delete_file(context: Context, request: Request) -> Answer:
    """Commit that a file is no more.

    Raises:
        AwsError: FileDoesNotExistException; InvalidPathException; what a commit's place is
            refused for.
    """
    _refuse_empty_folders(request)
    place = _place(context, request)
    path = path_in_tree(request["filePath"])
    found = place.files().get(path)
    if found is None:
        raise refusal("FileDoesNotExist", f"There is no file {path!r} on the branch.")
    said = request.get("commitMessage") or f"Deleted {path}"
    commit, tree = _commit(context, request, place, {path: None}, request.get("name"), said)
    return {"commitId": commit, "blobId": found.object_id, "treeId": tree, "filePath": path}


def _refuse_empty_folders(request: Request) -> None:
    if request.get("keepEmptyFolders"):
        raise unsupported("keepEmptyFolders is not supported by the emulator.")


@blocking
def create_commit(context: Context, request: Request) -> Answer:
    """Commit files that are put, deleted or given another mode.

    Raises:
        AwsError: FileEntryRequiredException; MaximumFileEntriesExceededException;
            SamePathRequestException; FileDoesNotExistException; NoChangeException; what a
            commit's place is refused for.
    """
    _refuse_empty_folders(request)
    place = _place(context, request)
    present = place.files()
    changes = read_changes(place.directory, present, request)
    said = request.get("commitMessage", "")
    commit, tree = _commit(context, request, place, changes, request.get("authorName"), said)
    return {"commitId": commit, "treeId": tree, **_told(present, changes)}


def _place(context: Context, request: Request) -> _Place:
    """Where the commit goes.

    Raises:
        AwsError: RepositoryDoesNotExistException; BranchDoesNotExistException;
            ParentCommitIdRequiredException; ParentCommitIdOutdatedException and its kin.
    """
    directory = directory_of(context, request["repositoryName"])
    branch, said = request["branchName"], request.get("parentCommitId")
    references = git.references(directory)
    if not any(name.startswith(HEADS) for name in references):
        return _Place(directory, branch, None)
    head = find_branch(directory, branch)
    if said is None:
        raise refusal("ParentCommitIdRequired", f"parentCommitId is required: {branch} is {head}.")
    if git.find_commit(directory, said) is None:
        raise refusal("ParentCommitDoesNotExist", f"The commit {said} does not exist.")
    if said != head:
        raise _outdated(branch, said)
    return _Place(directory, branch, head)


def _outdated(branch: str, said: str | None) -> Exception:
    return refusal("ParentCommitIdOutdated", f"The branch {branch} is not at {said} any more.")


def _commit(
    context: Context,
    request: Request,
    place: _Place,
    changes: Mapping[str, Written | None],
    name: str | None,
    message: str,
) -> tuple[str, str]:
    date = f"{int(context.clock())} +0000"
    author = Author(name or caller_arn(context), request.get("email", ""), date)
    try:
        made = trees.write_commit(
            place.directory, place.branch, place.parent, changes, author, message
        )
    except GitFailed as error:
        if _is_moved(place):
            raise _outdated(place.branch, place.parent) from error
        raise refusal("InvalidPath", error.message) from error
    record(context, request["repositoryName"])
    return made


def _is_moved(place: _Place) -> bool:
    return git.find_commit(place.directory, HEADS + place.branch) != place.parent


def _told(present: Mapping[str, Entry], changes: Mapping[str, Written | None]) -> dict[str, Any]:
    told: dict[str, list[dict[str, str]]] = {
        "filesAdded": [],
        "filesUpdated": [],
        "filesDeleted": [],
    }
    for path, change in changes.items():
        before = present.get(path)
        if change is None and before:
            told["filesDeleted"].append(_file(path, before.object_id, before.mode))
        elif change is not None:
            member = "filesUpdated" if before else "filesAdded"
            told[member].append(_file(path, change.blob_id, change.mode))
    return told


def _file(path: str, blob_id: str, mode: str) -> dict[str, str]:
    return {"absolutePath": path, "blobId": blob_id, "fileMode": mode_name(mode)}


OPERATIONS: Mapping[str, Handler] = {
    "PutFile": put_file,
    "DeleteFile": delete_file,
    "CreateCommit": create_commit,
}
