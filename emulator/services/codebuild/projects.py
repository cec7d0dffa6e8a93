"""Operations on projects."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.services.codebuild.checks import check_settings
from emulator.services.codebuild.directories import remove_cache
from emulator.services.codebuild.records import (
    PROJECT,
    already_exists,
    arn,
    existing_project,
    in_order,
    name_of,
    page,
)
from emulator.services.spark.listing import public
from emulator.store import AlreadyExists, Document

# Source: the API reference of CreateProject, which names these as its defaults.
_TIMEOUT_MINUTES = 60
_QUEUED_TIMEOUT_MINUTES = 480
_SORT_KEYS = {"NAME": "name", "CREATED_TIME": "created", "LAST_MODIFIED_TIME": "lastModified"}


@blocking
def create_project(context: Context, request: Request) -> Answer:
    """Make a project.

    Raises:
        AwsError: InvalidInputException; ResourceAlreadyExistsException; UnsupportedByEmulator.
    """
    _check(context, request, is_vpc_new=True)
    name, now = request["name"], context.clock()
    project = {
        "timeoutInMinutes": _TIMEOUT_MINUTES,
        "queuedTimeoutInMinutes": _QUEUED_TIMEOUT_MINUTES,
        "encryptionKey": _default_key(context),
        "cache": {"type": "NO_CACHE"},
        "tags": [],
        "projectVisibility": "PRIVATE",
        "badge": {"badgeEnabled": False},
        **_filled(request),
        "arn": arn(context, f"project/{name}"),
        "created": now,
        "lastModified": now,
    }
    project.pop("badgeEnabled", None)
    if not project.get("vpcConfig"):
        project.pop("vpcConfig", None)
    try:
        context.store.insert(PROJECT, name, project)
    except AlreadyExists as error:
        raise already_exists(f"Project already exists: {project['arn']}") from error
    return {"project": public(project)}


@blocking
def update_project(context: Context, request: Request) -> Answer:
    """Change the members of a project that are given.

    Raises:
        AwsError: InvalidInputException; ResourceNotFoundException; UnsupportedByEmulator.
    """
    project = existing_project(context, request["name"])
    changes = _filled({key: value for key, value in request.items() if key != "name"})
    _check(context, {**project, **changes}, is_vpc_new="vpcConfig" in request)
    if changes.get("concurrentBuildLimit") == -1:  # AWS's way to take the limit away
        changes["concurrentBuildLimit"] = None
    if not changes.get("vpcConfig", True):  # so is an empty one
        changes["vpcConfig"] = None

    def change(document: Document) -> Document:
        changed = {**document, **changes, "lastModified": context.clock()}
        return {key: value for key, value in changed.items() if value is not None}

    return {"project": public(context.store.update(PROJECT, project["name"], change))}


def _check(context: Context, settings: Mapping[str, Any], *, is_vpc_new: bool) -> None:
    limit = settings.get("concurrentBuildLimit")
    checked = {**settings, "concurrentBuildLimit": 1 if limit in (None, -1) else limit}
    check_settings(context, checked, is_vpc_new=is_vpc_new)


def _filled(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request with the members of its environment that CodeBuild adds."""
    filled = dict(request)
    if "environment" in filled:
        filled["environment"] = {
            "privilegedMode": False,
            "imagePullCredentialsType": "CODEBUILD",
            **filled["environment"],
            "environmentVariables": [
                {"type": "PLAINTEXT", **variable}
                for variable in filled["environment"].get("environmentVariables", ())
            ],
        }
    return filled


def _default_key(context: Context) -> str:
    settings = context.settings
    return f"arn:aws:kms:{settings.region}:{settings.account_id}:alias/aws/s3"


def delete_project(context: Context, request: Request) -> Answer:
    """Remove a project; one that is not there is removed already. Its builds stay, as on AWS."""
    context.store.delete(PROJECT, name_of(request["name"], "project"))
    return {}


def batch_get_projects(context: Context, request: Request) -> Answer:
    """The projects of these names or ARNs, and the names that no project has."""
    found, missing = [], []
    for name in request["names"]:
        project = context.store.get(PROJECT, name_of(name, "project"))
        if project is None:
            missing.append(name)
        else:
            found.append(public(project))
    return {"projects": found, "projectsNotFound": missing}


def list_projects(context: Context, request: Request) -> Answer:
    """The names of all projects."""
    key = _SORT_KEYS[request.get("sortBy", "NAME")]
    projects = sorted(context.store.list(PROJECT), key=lambda project: project[key])
    ordered = in_order(projects, request, "ASCENDING")
    shown, following = page(request, "ListProjects", ordered, lambda project: project["name"])
    return {"projects": shown, **following}


def invalidate_project_cache(context: Context, request: Request) -> Answer:
    """Forget a project's LOCAL cache.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    remove_cache(context, existing_project(context, request["projectName"])["name"])
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "CreateProject": create_project,
    "UpdateProject": update_project,
    "DeleteProject": delete_project,
    "BatchGetProjects": batch_get_projects,
    "ListProjects": list_projects,
    "InvalidateProjectCache": invalidate_project_cache,
}
