"""Commits, and what differs between two."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.git.history import EMPTY_TREE, Author, find_commit, read_commit
from emulator.git.trees import Difference, differences
from emulator.page_tokens import NotOurs, entry_before, token_after
from emulator.services.codecommit.branches import check_commit_id
from emulator.services.codecommit.files import path_in_tree
from emulator.services.codecommit.records import commit_named, directory_of, refusal

_PAGE_SIZE = 100
_NO_MODE = "000000"
# A file that became a link, or the other way round, is a modified one.
_CHANGES = {"A": "A", "D": "D", "M": "M", "T": "M"}


@blocking
def get_commit(context: Context, request: Request) -> Answer:
    """A commit.

    Raises:
        AwsError: InvalidCommitIdException; CommitIdDoesNotExistException.
    """
    directory = directory_of(context, request["repositoryName"])
    commit_id = request["commitId"]
    check_commit_id(commit_id)
    if find_commit(directory, commit_id) is None:
        raise refusal("CommitIdDoesNotExist", f"The commit {commit_id} does not exist.")
    commit = read_commit(directory, commit_id)
    shown = {
        "commitId": commit.commit_id,
        "treeId": commit.tree_id,
        "parents": list(commit.parents),
        "message": commit.message,
        "author": _user(commit.author),
        "committer": _user(commit.committer),
        "additionalData": "",
    }
    return {"commit": shown}


def _user(author: Author) -> dict[str, str]:
    return {"name": author.name, "email": author.email, "date": author.date}


@blocking
def get_differences(context: Context, request: Request) -> Answer:
    """The files that differ between two commits, or all files of one, by pages.

    Raises:
        AwsError: CommitDoesNotExistException; InvalidContinuationTokenException.
    """
    directory = directory_of(context, request["repositoryName"])
    after = commit_named(directory, request["afterCommitSpecifier"])
    before = EMPTY_TREE
    if "beforeCommitSpecifier" in request:
        before = commit_named(directory, request["beforeCommitSpecifier"])
    places = [
        path_in_tree(request[member]) for member in ("beforePath", "afterPath") if member in request
    ]
    found = [
        _shown(each)
        for each in differences(directory, before, after)
        if not places or any(_is_within(each.path, place) for place in places)
    ]
    return _page(request, f"{before}/{after}/{places}", found)


def _is_within(path: str, place: str) -> bool:
    return not place or path == place or path.startswith(f"{place}/")


def _shown(difference: Difference) -> dict[str, Any]:
    sides = {
        "beforeBlob": (difference.before_mode, difference.before_id),
        "afterBlob": (difference.after_mode, difference.after_id),
    }
    blobs = {
        side: {"blobId": blob_id, "path": difference.path, "mode": mode}
        for side, (mode, blob_id) in sides.items()
        if mode != _NO_MODE
    }
    return {**blobs, "changeType": _CHANGES[difference.change]}


def _page(request: Request, list_name: str, found: list[dict[str, Any]]) -> Answer:
    size = request.get("MaxResults", _PAGE_SIZE)
    if size < 1:
        raise refusal("InvalidMaxResults", f"MaxResults is {size}: expected 1 or more.")
    try:
        start = int(entry_before(list_name, request["NextToken"])) if "NextToken" in request else 0
    except NotOurs as error:
        message = "The NextToken is none that this list gave."
        raise refusal("InvalidContinuationToken", message) from error
    end = start + size
    following = {"NextToken": token_after(list_name, str(end))} if end < len(found) else {}
    return {"differences": found[start:end], **following}


OPERATIONS: Mapping[str, Handler] = {
    "GetCommit": get_commit,
    "GetDifferences": get_differences,
}
