"""Operations on builds that there are."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.services.codebuild import handles
from emulator.services.codebuild.records import (
    BUILD,
    existing_build,
    existing_project,
    in_order,
    name_of,
    page,
)
from emulator.services.spark.listing import public


def batch_get_builds(context: Context, request: Request) -> Answer:
    """The builds of these ids or ARNs, and the ids that no build has."""
    found, missing = [], []
    for build_id in request["ids"]:
        build = context.store.get(BUILD, name_of(build_id, "build"))
        if build is None:
            missing.append(build_id)
        else:
            found.append(public(build))
    return {"builds": found, "buildsNotFound": missing}


def list_builds(context: Context, request: Request) -> Answer:
    """The ids of all builds, newest first."""
    builds = in_order(context.store.list(BUILD), request, "DESCENDING")
    shown, following = page(request, "ListBuilds", builds, lambda build: build["id"])
    return {"ids": shown, **following}


def list_builds_for_project(context: Context, request: Request) -> Answer:
    """The ids of a project's builds, newest first.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    name = existing_project(context, request["projectName"])["name"]
    builds = in_order(context.store.list(BUILD, f"{name}:"), request, "DESCENDING")
    list_name = f"ListBuildsForProject/{name}"
    shown, following = page(request, list_name, builds, lambda build: build["id"])
    return {"ids": shown, **following}


def stop_build(context: Context, request: Request) -> Answer:
    """Stop a build, with all that it runs; one that has ended stays as it is.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    build = existing_build(context, request["id"])
    handle = handles.find(context, build["id"])
    if handle is not None:
        handle.request_stop()
    return {"build": public(existing_build(context, build["id"]))}


def batch_delete_builds(context: Context, request: Request) -> Answer:
    """Remove builds; those that run are not removed."""
    deleted, kept = [], []
    for given in request["ids"]:
        build = context.store.get(BUILD, name_of(given, "build"))
        if build is None:
            kept.append({"id": given, "statusCode": "BUILD_NOT_FOUND"})
        elif not build["buildComplete"]:
            kept.append({"id": given, "statusCode": "BUILD_IN_PROGRESS"})
        else:
            context.store.delete(BUILD, build["id"])
            deleted.append(build["arn"])
    return {"buildsDeleted": deleted, "buildsNotDeleted": kept}


OPERATIONS: Mapping[str, Handler] = {
    "BatchGetBuilds": batch_get_builds,
    "ListBuilds": list_builds,
    "ListBuildsForProject": list_builds_for_project,
    "StopBuild": stop_build,
    "BatchDeleteBuilds": batch_delete_builds,
}
