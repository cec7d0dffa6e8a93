"""The documents of repositories, and what is answered for what is not there."""

import re
from collections.abc import Mapping
from pathlib import Path

from emulator.context import Answer, Context
from emulator.errors import AwsError
from emulator.git import find_commit
from emulator.git.repositories import is_branch_name
from emulator.services.git import repositories as git_repositories
from emulator.services.git.repositories import CODECOMMIT
from emulator.store import Document

KIND = "CodeCommitRepository"
_OBJECT_ID = re.compile("[0-9a-f]{40}")

# What CodeCommit calls a member that its shape refuses, where other services say
# ValidationException.
REFUSAL_CODES: Mapping[str, str] = {
    "repositoryName": "InvalidRepositoryNameException",
    "oldName": "InvalidRepositoryNameException",
    "newName": "InvalidRepositoryNameException",
    "repositoryDescription": "InvalidRepositoryDescriptionException",
    "kmsKeyId": "EncryptionKeyInvalidIdException",
    "branchName": "InvalidBranchNameException",
    "defaultBranchName": "InvalidBranchNameException",
    "fileMode": "InvalidFileModeException",
    "fileContent": "FileContentSizeLimitExceededException",
    "sortBy": "InvalidSortByException",
    "order": "InvalidOrderException",
}


def refusal(code: str, message: str) -> AwsError:
    """One of CodeCommit's errors, by its name without ``Exception``."""
    return AwsError(f"{code}Exception", message)


def existing(context: Context, name: str) -> Document:
    """The repository's document.

    Raises:
        AwsError: RepositoryDoesNotExistException.
    """
    found = context.store.get(KIND, name)
    if found is None:
        raise refusal("RepositoryDoesNotExist", f"{name} does not exist")
    return found


def directory_of(context: Context, name: str) -> Path:
    """The repository on disk.

    Raises:
        AwsError: RepositoryDoesNotExistException.
    """
    return git_repositories.codecommit_directory(context, existing(context, name)["repositoryId"])


def record(context: Context, name: str) -> None:
    """Keep what became of the repository's branches."""
    git_repositories.record(context, CODECOMMIT, existing(context, name)["repositoryName"])


def check_branch_name(name: str) -> None:
    """Refuse what no branch can be called.

    Raises:
        AwsError: InvalidBranchNameException.
    """
    if not is_branch_name(name):
        raise refusal(
            "InvalidBranchName",
            f"{name!r} is not a valid branch name: see the rules of git check-ref-format.",
        )


def is_object_id(text: str) -> bool:
    """Whether this is a full id of git's."""
    return _OBJECT_ID.fullmatch(text) is not None


def commit_named(directory: Path, specifier: str) -> str:
    """The id of the commit that a branch, a tag, HEAD, a full reference or an id names.

    Raises:
        AwsError: CommitDoesNotExistException.
    """
    found = find_commit(directory, specifier)
    if found is None:
        raise refusal("CommitDoesNotExist", f"The commit {specifier!r} does not exist.")
    return found


def caller_arn(context: Context) -> str:
    """Who calls: the emulator does not ask, so it is whom its account belongs to."""
    return f"arn:aws:iam::{context.settings.account_id}:root"


def arn_of(context: Context, name: str) -> str:
    """A repository's ARN."""
    settings = context.settings
    return f"arn:aws:codecommit:{settings.region}:{settings.account_id}:{name}"


def shown(document: Document, members: Mapping[str, object]) -> Answer:
    """The repository as it is answered, with what is not kept but looked up."""
    kept = {key: value for key, value in document.items() if not key.startswith("_")}
    return {**kept, **members}
