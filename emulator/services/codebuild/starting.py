"""StartBuild and RetryBuild: a project and its overrides become a build that waits for its turn."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError, unsupported
from emulator.services.codebuild import running
from emulator.services.codebuild.buildspec import OnFailure
from emulator.services.codebuild.checks import check_settings
from emulator.services.codebuild.events import emit_phase, emit_state
from emulator.services.codebuild.logs import log_locations
from emulator.services.codebuild.records import (
    BUILD,
    IN_PROGRESS,
    QUEUED,
    SUBMITTED,
    SUCCEEDED,
    arn,
    existing_build,
    existing_project,
    invalid_input,
    new_build_id,
)
from emulator.services.codebuild.timeline import end, new_phase
from emulator.services.spark.listing import public
from emulator.store import Document

logger = logging.getLogger(__name__)

# The overrides of StartBuild: the member of the project, and within it, that each replaces.
_OVERRIDES: Mapping[str, tuple[str, ...]] = {
    "secondarySourcesOverride": ("secondarySources",),
    "secondarySourcesVersionOverride": ("secondarySourceVersions",),
    "sourceVersion": ("sourceVersion",),
    "artifactsOverride": ("artifacts",),
    "secondaryArtifactsOverride": ("secondaryArtifacts",),
    "sourceTypeOverride": ("source", "type"),
    "sourceLocationOverride": ("source", "location"),
    "sourceAuthOverride": ("source", "auth"),
    "gitCloneDepthOverride": ("source", "gitCloneDepth"),
    "gitSubmodulesConfigOverride": ("source", "gitSubmodulesConfig"),
    "buildspecOverride": ("source", "buildspec"),
    "insecureSslOverride": ("source", "insecureSsl"),
    "reportBuildStatusOverride": ("source", "reportBuildStatus"),
    "buildStatusConfigOverride": ("source", "buildStatusConfig"),
    "environmentTypeOverride": ("environment", "type"),
    "imageOverride": ("environment", "image"),
    "computeTypeOverride": ("environment", "computeType"),
    "certificateOverride": ("environment", "certificate"),
    "privilegedModeOverride": ("environment", "privilegedMode"),
    "registryCredentialOverride": ("environment", "registryCredential"),
    "imagePullCredentialsTypeOverride": ("environment", "imagePullCredentialsType"),
    "fleetOverride": ("environment", "fleet"),
    "hostKernelOverride": ("environment", "hostKernel"),
    "cacheOverride": ("cache",),
    "serviceRoleOverride": ("serviceRole",),
    "timeoutInMinutesOverride": ("timeoutInMinutes",),
    "queuedTimeoutInMinutesOverride": ("queuedTimeoutInMinutes",),
    "encryptionKeyOverride": ("encryptionKey",),
    "logsConfigOverride": ("logsConfig",),
    "autoRetryLimitOverride": ("autoRetryLimit",),
}
_OF_THE_BUILD = (
    "sourceVersion", "source", "secondarySources", "secondarySourceVersions", "cache",
    "environment", "serviceRole", "timeoutInMinutes", "queuedTimeoutInMinutes", "encryptionKey",
    "vpcConfig",
)  # fmt: skip
# Source: the API reference of StartBuild, idempotencyToken.
_TOKEN_SECONDS = 300
_INITIATOR = "root"


@blocking
def start_build(context: Context, request: Request) -> Answer:
    """Start a build of a project.

    Raises:
        AwsError: InvalidInputException; ResourceNotFoundException; UnsupportedByEmulator.
    """
    if request.get("debugSessionEnabled"):
        raise unsupported("StartBuild with debugSessionEnabled is not supported by the emulator.")
    project = existing_project(context, request["projectName"])
    again = _started_before(context, project["name"], request)
    if again is not None:
        return {"build": public(again)}
    settings = _with_overrides(project, request)
    if settings["source"]["type"] == "CODEPIPELINE":
        raise invalid_input(
            f"The source of project {project['name']} is CODEPIPELINE, which only a pipeline "
            "gives: give sourceTypeOverride and artifactsOverride to build something else."
        )
    check_settings(context, settings)
    token = {"_Token": request["idempotencyToken"], "_Request": request} if (
        request.get("idempotencyToken")
    ) else {}  # fmt: skip
    return {"build": public(_start(context, project["name"], settings, _INITIATOR, token))}


@blocking
def retry_build(context: Context, request: Request) -> Answer:
    """Start a build again, with the settings that it had.

    Raises:
        AwsError: InvalidInputException; ResourceNotFoundException.
    """
    if not request.get("id"):
        raise invalid_input("RetryBuild needs the id of a build")
    build = existing_build(context, request["id"])
    if not build["buildComplete"]:
        raise invalid_input(f"Build {build['id']} is still in progress and cannot be retried")
    if "_Pipeline" in build:
        raise invalid_input(f"Build {build['id']} belongs to a pipeline: retry its stage instead")
    return {"build": public(start_again(context, build, {}))}


def start_again(context: Context, build: Document, members: Mapping[str, Any]) -> Document:
    """Start a build with the settings of another, and members of its own."""
    existing_project(context, build["projectName"])
    return _start(context, build["projectName"], build["_Settings"], build["initiator"], members)


def start_for_pipeline(
    context: Context,
    project_name: str,
    pipeline: Document,
    environment: Sequence[Mapping[str, str]],
    initiator: str,
) -> str:
    """Start a build whose sources and artifacts are a pipeline's; gives its id.

    Raises:
        AwsError: InvalidInputException; ResourceNotFoundException.
    """
    project = existing_project(context, project_name)
    if project["source"]["type"] != "CODEPIPELINE":
        raise invalid_input(
            f"The source of project {project_name} is {project['source']['type']}; a pipeline "
            "builds projects whose source and artifacts are CODEPIPELINE."
        )
    if not pipeline["inputs"]:
        raise invalid_input(f"A build of {project_name} for a pipeline needs an input artifact")
    settings = _with_overrides(project, {"environmentVariablesOverride": environment})
    check_settings(context, settings)
    primary = pipeline["inputs"][0]
    members: dict[str, Any] = {
        "_Pipeline": pipeline,
        # As AWS has it for what a pipeline builds.
        "sourceVersion": f"arn:aws:s3:::{primary['bucket']}/{primary['key']}",
    }
    if pipeline["resolvedSourceVersion"]:
        members["resolvedSourceVersion"] = pipeline["resolvedSourceVersion"]
    return str(_start(context, project["name"], settings, initiator, members)["id"])


def _with_overrides(project: Document, request: Mapping[str, Any]) -> Document:
    settings: Document = {
        **project,
        "source": dict(project["source"]),
        "environment": dict(project["environment"]),
    }
    for override, (member, *rest) in _OVERRIDES.items():
        if request.get(override) is not None:
            if rest:
                settings[member][rest[0]] = request[override]
            else:
                settings[member] = request[override]
    if request.get("sourceTypeOverride") == "NO_SOURCE":
        settings["source"].pop("location", None)
    variables = {each["name"]: each for each in settings["environment"]["environmentVariables"]}
    for variable in request.get("environmentVariablesOverride") or ():
        variables[variable["name"]] = {"type": "PLAINTEXT", **variable}
    settings["environment"]["environmentVariables"] = list(variables.values())
    return settings


def _started_before(context: Context, project_name: str, request: Request) -> Document | None:
    token = request.get("idempotencyToken")
    if not token:
        return None
    since = context.clock() - _TOKEN_SECONDS
    for build in context.store.list(BUILD, f"{project_name}:"):
        if build.get("_Token") == token and build["startTime"] >= since:
            if build["_Request"] != request:
                raise invalid_input(
                    f"The idempotencyToken {token!r} was given with other parameters before"
                )
            return build
    return None


def _start(
    context: Context,
    project_name: str,
    settings: Document,
    initiator: str,
    members: Mapping[str, Any],
) -> Document:
    build = _new_build(context, project_name, settings, initiator)
    build |= members
    with context.store.transaction():
        context.store.insert(BUILD, build["id"], build)
        emit_state(context, {**build, "phases": build["phases"][:1], "currentPhase": SUBMITTED})
        emit_phase(context, build, build["phases"][0])
    running.start(context, build["id"], _follow)
    return build


def _follow(context: Context, build: Document, retry: OnFailure | None) -> None:
    """Start a failed build again, as its auto-retry limit or its buildspec's RETRY says.

    Source: "Retry builds automatically" of the user guide; never for a pipeline, which retries.
    """
    config = build.get("autoRetryConfig") or {"autoRetryLimit": 0, "autoRetryNumber": 0}
    limit = config["autoRetryLimit"] if retry is None else retry.retries
    number = config["autoRetryNumber"]
    if "_Pipeline" in build or number >= limit:
        return
    following = {
        "autoRetryLimit": limit,
        "autoRetryNumber": number + 1,
        "previousAutoRetry": build["arn"],
    }
    try:
        again = start_again(context, build, {"autoRetryConfig": following})
    except AwsError as error:
        logger.warning("build %s is not started again: %s", build["id"], error)
        return
    told = {**config, "autoRetryLimit": limit, "nextAutoRetry": again["arn"]}
    context.store.update(BUILD, build["id"], lambda document: document.update(autoRetryConfig=told))


def _new_build(context: Context, project_name: str, settings: Document, initiator: str) -> Document:
    build_id, now = new_build_id(project_name), context.clock()
    submitted = new_phase(SUBMITTED, now)
    end(submitted, SUCCEEDED, now, [])
    limit = settings.get("autoRetryLimit")
    return {
        **{key: settings[key] for key in _OF_THE_BUILD if settings.get(key) is not None},
        "id": build_id,
        "arn": arn(context, f"build/{build_id}"),
        "buildNumber": context.store.next_number(f"codebuild/{project_name}"),
        "startTime": now,
        "currentPhase": QUEUED,
        "buildStatus": IN_PROGRESS,
        "projectName": project_name,
        "phases": [submitted, new_phase(QUEUED, now)],
        "artifacts": _artifact(settings["artifacts"]),
        "secondaryArtifacts": [
            _artifact(each) for each in settings.get("secondaryArtifacts") or ()
        ],
        "logs": log_locations(context, build_id, settings.get("logsConfig") or {}),
        "buildComplete": False,
        "initiator": initiator,
        "exportedEnvironmentVariables": [],
        "reportArns": [],
        **({"autoRetryConfig": {"autoRetryLimit": limit, "autoRetryNumber": 0}} if limit else {}),
        "_Settings": settings,
    }


def _artifact(artifacts: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("artifactIdentifier", "overrideArtifactName", "encryptionDisabled", "bucketOwnerAccess")
    found = {key: artifacts[key] for key in kept if key in artifacts}
    return {"location": "", **found} if artifacts["type"] != "S3" else found


OPERATIONS: Mapping[str, Handler] = {"StartBuild": start_build, "RetryBuild": retry_build}
