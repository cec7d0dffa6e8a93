"""The documents of projects and builds, and the words for those that are not there."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from emulator.context import Context, Request
from emulator.errors import AwsError
from emulator.services.spark.listing import page_of
from emulator.store import Document

PROJECT = "CodeBuildProject"
BUILD = "Build"

IN_PROGRESS, SUCCEEDED, FAILED = "IN_PROGRESS", "SUCCEEDED", "FAILED"
FAULT, STOPPED, TIMED_OUT = "FAULT", "STOPPED", "TIMED_OUT"

SUBMITTED, QUEUED, PROVISIONING = "SUBMITTED", "QUEUED", "PROVISIONING"
DOWNLOAD_SOURCE, UPLOAD_ARTIFACTS = "DOWNLOAD_SOURCE", "UPLOAD_ARTIFACTS"
FINALIZING, COMPLETED = "FINALIZING", "COMPLETED"

LIST_PAGE = 100


def invalid_input(message: str) -> AwsError:
    """CodeBuild's answer to a request that is not acceptable as it stands."""
    return AwsError("InvalidInputException", message)


def not_found(message: str) -> AwsError:
    """CodeBuild's answer to a resource that is not there."""
    return AwsError("ResourceNotFoundException", message)


def already_exists(message: str) -> AwsError:
    """CodeBuild's answer to a name that is taken."""
    return AwsError("ResourceAlreadyExistsException", message)


def arn(context: Context, resource: str) -> str:
    """The ARN of a resource of CodeBuild, such as ``build/books:UUID``."""
    settings = context.settings
    return f"arn:aws:codebuild:{settings.region}:{settings.account_id}:{resource}"


def name_of(text: str, kind: str) -> str:
    """The name, or a build's id, in a text that may be its ARN."""
    prefix, separator, name = text.partition(f":{kind}/")
    return name if separator and prefix.startswith("arn:") else text


def new_build_id(project_name: str) -> str:
    """A new build's id."""
    return f"{project_name}:{uuid.uuid4()}"


def uuid_of(build_id: str) -> str:
    """The part of a build's id that is its own, and a file name."""
    return build_id.rpartition(":")[2]


def existing_project(context: Context, name_or_arn: str) -> Document:
    """The project's document.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    name = name_of(name_or_arn, "project")
    project = context.store.get(PROJECT, name)
    if project is None:
        raise not_found(f"Project cannot be found: {arn(context, f'project/{name}')}")
    return project


def existing_build(context: Context, id_or_arn: str) -> Document:
    """The build's document.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    build_id = name_of(id_or_arn, "build")
    build = context.store.get(BUILD, build_id)
    if build is None:
        raise not_found(f"Build cannot be found: {arn(context, f'build/{build_id}')}")
    return build


def page(
    request: Request, list_name: str, entries: Sequence[Any], show: Callable[[Any], Any]
) -> tuple[list[Any], dict[str, str]]:
    """One page, and the token of the next as a member of the answer.

    Raises:
        AwsError: InvalidInputException for a token that this list did not give.
    """
    token = request.get("nextToken")
    size = request.get("maxResults", LIST_PAGE)
    try:
        shown, following = page_of(entries, show, list_name, token, size)
    except ValueError as error:
        raise invalid_input(f"Invalid token: {token!r} is none that {list_name} gave") from error
    return shown, {"nextToken": following} if following else {}


def in_order(documents: Sequence[Document], request: Request, default: str) -> list[Document]:
    """The documents, which are oldest first, in the order that the request asks for."""
    is_descending = request.get("sortOrder", default) == "DESCENDING"
    return list(reversed(documents)) if is_descending else list(documents)
