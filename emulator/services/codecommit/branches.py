"""Operations on branches."""

from collections.abc import Mapping
from pathlib import Path

from emulator import git
from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.git import GitFailed
from emulator.git import repositories as bare
from emulator.git.repositories import HEADS
from emulator.page_tokens import NotOurs, entry_before, token_after
from emulator.services.codecommit.records import (
    check_branch_name,
    commit_named,
    directory_of,
    is_object_id,
    record,
    refusal,
)

_PAGE_SIZE = 100


def find_branch(directory: Path, branch: str) -> str:
    """The id of the commit that a branch is at.

    Raises:
        AwsError: BranchDoesNotExistException; InvalidBranchNameException.
    """
    check_branch_name(branch)
    commit = git.find_commit(directory, HEADS + branch)
    if commit is None:
        raise refusal("BranchDoesNotExist", f"Branch {branch} does not exist")
    return commit


def check_commit_id(commit: str) -> None:
    """Refuse what is not a commit's full id.

    Raises:
        AwsError: InvalidCommitIdException.
    """
    if not is_object_id(commit):
        raise refusal(
            "InvalidCommitId", f"{commit!r} is no commit id: expected 40 hexadecimal characters."
        )


@blocking
def create_branch(context: Context, request: Request) -> Answer:
    """Make a branch at a commit.

    Raises:
        AwsError: BranchNameExistsException; CommitDoesNotExistException.
    """
    directory = directory_of(context, request["repositoryName"])
    branch = request["branchName"]
    check_branch_name(branch)
    check_commit_id(request["commitId"])
    commit = commit_named(directory, request["commitId"])
    try:
        bare.create_branch(directory, branch, commit)
    except GitFailed as error:
        raise refusal("BranchNameExists", f"Branch named {branch} already exists") from error
    record(context, request["repositoryName"])
    return {}


@blocking
def get_branch(context: Context, request: Request) -> Answer:
    """A branch and its commit."""
    if "repositoryName" not in request:
        raise refusal("RepositoryNameRequired", "repositoryName is required.")
    if "branchName" not in request:
        raise refusal("BranchNameRequired", "branchName is required.")
    branch = request["branchName"]
    commit = find_branch(directory_of(context, request["repositoryName"]), branch)
    return {"branch": {"branchName": branch, "commitId": commit}}


@blocking
def list_branches(context: Context, request: Request) -> Answer:
    """The names of the branches, by pages."""
    directory = directory_of(context, request["repositoryName"])
    found = [
        name.removeprefix(HEADS) for name in git.references(directory) if name.startswith(HEADS)
    ]
    list_name = f"ListBranches/{request['repositoryName']}"
    try:
        start = int(entry_before(list_name, request["nextToken"])) if "nextToken" in request else 0
    except NotOurs as error:
        message = "The nextToken is none that this list gave."
        raise refusal("InvalidContinuationToken", message) from error
    end = start + _PAGE_SIZE
    following = {"nextToken": token_after(list_name, str(end))} if end < len(found) else {}
    return {"branches": found[start:end], **following}


@blocking
def delete_branch(context: Context, request: Request) -> Answer:
    """Delete a branch; of one that is not there, nothing is answered.

    Raises:
        AwsError: DefaultBranchCannotBeDeletedException.
    """
    directory = directory_of(context, request["repositoryName"])
    branch = request["branchName"]
    check_branch_name(branch)
    commit = git.find_commit(directory, HEADS + branch)
    if commit is None:
        return {}
    if branch == git.default_branch(directory):
        raise refusal(
            "DefaultBranchCannotBeDeleted",
            f"{branch} is the default branch: make another one the default first.",
        )
    bare.delete_branch(directory, branch)
    record(context, request["repositoryName"])
    return {"deletedBranch": {"branchName": branch, "commitId": commit}}


OPERATIONS: Mapping[str, Handler] = {
    "CreateBranch": create_branch,
    "GetBranch": get_branch,
    "ListBranches": list_branches,
    "DeleteBranch": delete_branch,
}
