"""Operations on repositories."""

import shutil
from collections.abc import Mapping
from uuid import uuid4

from emulator import git
from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.services.codecommit.branches import find_branch
from emulator.services.codecommit.records import (
    KIND,
    arn_of,
    directory_of,
    existing,
    refusal,
    shown,
)
from emulator.services.codecommit.tags import check_tags
from emulator.services.git import repositories as git_repositories
from emulator.services.git.addresses import codecommit_url
from emulator.services.git.repositories import CODECOMMIT
from emulator.store import AlreadyExists, Document

# Source: API_BatchGetRepositories.
_NAMES_AT_MOST = 100


@blocking
def create_repository(context: Context, request: Request) -> Answer:
    """Make an empty repository.

    Raises:
        AwsError: RepositoryNameExistsException; InvalidRepositoryNameException for a name that
            ends in .git; InvalidSystemTagUsageException; TooManyTagsException.
    """
    name = request["repositoryName"]
    _check_name(name)
    check_tags(request.get("tags", {}))
    if context.store.get(KIND, name) is not None:
        raise _name_taken(name)
    document = _document(context, request)
    directory = git_repositories.codecommit_directory(context, document["repositoryId"])
    git.create(directory)
    try:
        with context.store.transaction():
            context.store.insert(KIND, name, document)
            git_repositories.add(context, CODECOMMIT, name, directory)
    except AlreadyExists as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise _name_taken(name) from error
    return {"repositoryMetadata": _metadata(context, document)}


def _document(context: Context, request: Request) -> Document:
    name, now = request["repositoryName"], context.clock()
    return {
        "accountId": context.settings.account_id,
        "repositoryId": str(uuid4()),
        "repositoryName": name,
        "creationDate": now,
        "lastModifiedDate": now,
        "Arn": arn_of(context, name),
        "_Tags": request.get("tags", {}),
        **{k: request[k] for k in ("repositoryDescription", "kmsKeyId") if k in request},
    }


def _check_name(name: str) -> None:
    if name.endswith(".git"):
        raise refusal("InvalidRepositoryName", f"The name {name!r} ends in .git: leave that out.")


def _name_taken(name: str) -> Exception:
    return refusal("RepositoryNameExists", f"Repository named {name} already exists")


def _metadata(context: Context, document: Document) -> Answer:
    name, region = document["repositoryName"], context.settings.region
    directory = git_repositories.codecommit_directory(context, document["repositoryId"])
    branch = git.default_branch(directory)
    return shown(
        document,
        {
            "cloneUrlHttp": codecommit_url(context, name),
            "cloneUrlSsh": f"ssh://git-codecommit.{region}.amazonaws.com/v1/repos/{name}",
            "defaultBranch": branch,
        },
    )


@blocking
def get_repository(context: Context, request: Request) -> Answer:
    """GetRepository."""
    document = existing(context, request["repositoryName"])
    return {"repositoryMetadata": _metadata(context, document)}


def list_repositories(context: Context, request: Request) -> Answer:
    """Every repository, by name unless asked otherwise, in one page.

    Raises:
        AwsError: InvalidContinuationTokenException: there is no second page.
    """
    if "nextToken" in request:
        raise refusal("InvalidContinuationToken", "The nextToken is none that this list gave.")
    member = request.get("sortBy", "repositoryName")
    found = sorted(
        context.store.list(KIND),
        key=lambda document: document[member],
        reverse=request.get("order") == "descending",
    )
    keys = ("repositoryName", "repositoryId")
    return {"repositories": [{key: document[key] for key in keys} for document in found]}


@blocking
def batch_get_repositories(context: Context, request: Request) -> Answer:
    """The repositories of these names, and the names that there are none of.

    Raises:
        AwsError: MaximumRepositoryNamesExceededException; RepositoryNamesRequiredException.
    """
    names = request["repositoryNames"]
    if not names:
        raise refusal("RepositoryNamesRequired", "repositoryNames names no repository.")
    if len(names) > _NAMES_AT_MOST:
        raise refusal(
            "MaximumRepositoryNamesExceeded",
            f"repositoryNames has {len(names)} names; at most {_NAMES_AT_MOST} can be asked for.",
        )
    found = {name: context.store.get(KIND, name) for name in names}
    missing = [name for name, document in found.items() if document is None]
    return {
        "repositories": [_metadata(context, each) for each in found.values() if each is not None],
        "repositoriesNotFound": missing,
        "errors": [
            {
                "repositoryName": name,
                "errorCode": "RepositoryDoesNotExistException",
                "errorMessage": f"{name} does not exist",
            }
            for name in missing
        ],
    }


def update_repository_name(context: Context, request: Request) -> Answer:
    """Give a repository another name, and so another ARN and another URL.

    Raises:
        AwsError: RepositoryDoesNotExistException; RepositoryNameExistsException.
    """
    old, new = request["oldName"], request["newName"]
    _check_name(new)
    with context.store.transaction():
        document = existing(context, old)
        if context.store.get(KIND, new) is not None:
            raise _name_taken(new)
        context.store.delete(KIND, old)
        changed = {
            "repositoryName": new,
            "Arn": arn_of(context, new),
            "lastModifiedDate": context.clock(),
        }
        context.store.insert(KIND, new, {**document, **changed})
        git_repositories.rename(context, CODECOMMIT, document["repositoryName"], new)
    return {}


def update_repository_description(context: Context, request: Request) -> Answer:
    """Change the description; none takes it away."""
    name = existing(context, request["repositoryName"])["repositoryName"]
    description = request.get("repositoryDescription", "")

    def change(document: Document) -> None:
        document["lastModifiedDate"] = context.clock()
        document.pop("repositoryDescription", None)
        if description:
            document["repositoryDescription"] = description

    context.store.update(KIND, name, change)
    return {}


def update_repository_encryption_key(context: Context, request: Request) -> Answer:
    """Name another key; the emulator keeps repositories as plain files."""
    document = existing(context, request["repositoryName"])
    changed = {"kmsKeyId": request["kmsKeyId"], "lastModifiedDate": context.clock()}
    context.store.update(KIND, document["repositoryName"], lambda each: {**each, **changed})
    return {
        "repositoryId": document["repositoryId"],
        "kmsKeyId": request["kmsKeyId"],
        "originalKmsKeyId": document.get("kmsKeyId"),
    }


@blocking
def update_default_branch(context: Context, request: Request) -> Answer:
    """Choose the branch that clones begin on.

    Raises:
        AwsError: BranchDoesNotExistException; InvalidBranchNameException.
    """
    directory = directory_of(context, request["repositoryName"])
    branch = request["defaultBranchName"]
    find_branch(directory, branch)
    git.set_default_branch(directory, branch)
    return {}


@blocking
def delete_repository(context: Context, request: Request) -> Answer:
    """Delete a repository and all that is in it; of one that is not there, nothing is answered."""
    with context.store.transaction():
        document = context.store.get(KIND, request["repositoryName"])
        if document is None:
            return {}
        context.store.delete(KIND, document["repositoryName"])
        git_repositories.forget(context, CODECOMMIT, document["repositoryName"])
    directory = git_repositories.codecommit_directory(context, document["repositoryId"])
    shutil.rmtree(directory, ignore_errors=True)
    return {"repositoryId": document["repositoryId"]}


OPERATIONS: Mapping[str, Handler] = {
    "CreateRepository": create_repository,
    "GetRepository": get_repository,
    "ListRepositories": list_repositories,
    "BatchGetRepositories": batch_get_repositories,
    "UpdateRepositoryName": update_repository_name,
    "UpdateRepositoryDescription": update_repository_description,
    "UpdateRepositoryEncryptionKey": update_repository_encryption_key,
    "UpdateDefaultBranch": update_default_branch,
    "DeleteRepository": delete_repository,
}
