"""Build and Test: a build of a CodeBuild project.

Source: "AWS CodeBuild build and test action reference" of the user guide.
"""

import json
from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.codebuild import pipeline_builds
from emulator.services.codebuild.pipeline_builds import PipelineSource
from emulator.services.codepipeline.actions.work import (
    CONFIGURATION_ERROR,
    JOB_FAILED,
    Abandoned,
    ActionFailed,
    Result,
    Work,
)
from emulator.services.codepipeline.artifacts import Artifact
from emulator.services.codepipeline.records import ACTION_EXECUTION, IN_PROGRESS
from emulator.store import Document

BUILD = "Build"
_SUCCEEDED = "SUCCEEDED"


def perform(work: Work) -> Result:
    """Start a build, and wait for its end."""
    project = work.configuration["ProjectName"]
    try:
        build_id = _start(work, project)
    except AwsError as error:
        raise ActionFailed(
            CONFIGURATION_ERROR, f"Error calling startBuild: {error.message} (project: {project})"
        ) from error
    try:
        work.report(externalExecutionId=build_id, externalExecutionUrl=_url(work.context, build_id))
    except Abandoned:  # before anybody could know of the build
        work.context.api.call("codebuild", "StopBuild", id=build_id)
        raise
    build = _ended(work, build_id)
    if build["buildStatus"] != _SUCCEEDED:
        raise ActionFailed(JOB_FAILED, failure(build))
    exported = build.get("exportedEnvironmentVariables", ())
    return Result(
        summary=f"Build {build_id} has succeeded",
        variables={each["name"]: each["value"] for each in exported},
    )


def abandon(context: Context, document: Document) -> None:
    """Stop the build of an abandoned action.

    On AWS it goes on; here nobody would know of a process that is left running on the machine.
    """
    build_id = document["output"].get("executionResult", {}).get("externalExecutionId")
    if build_id is not None:
        context.api.call("codebuild", "StopBuild", id=build_id)


def _start(work: Work, project: str) -> str:
    inputs = _primary_first(work)
    environment = json.loads(work.configuration.get("EnvironmentVariables", "[]"))
    source = PipelineSource(
        inputs=tuple(_theirs(artifact) for artifact in inputs),
        outputs=tuple(_theirs(artifact) for artifact in work.outputs),
        environment=tuple(environment),
        initiator=f"codepipeline/{work.plan.pipeline}",
        resolved_source_version=work.revisions.get(inputs[0].name, ""),
    )
    return pipeline_builds.start(work.context, project, source)


def _theirs(artifact: Artifact) -> pipeline_builds.Artifact:
    return pipeline_builds.Artifact(artifact.name, artifact.bucket, artifact.key)


def _primary_first(work: Work) -> tuple[Artifact, ...]:
    primary = work.configuration.get("PrimarySource")
    return tuple(sorted(work.inputs, key=lambda artifact: artifact.name != primary))


def _ended(work: Work, build_id: str) -> Document:
    store = work.context.store

    def is_ended(build: Document) -> bool:
        action = store.get(ACTION_EXECUTION, work.name)
        is_over = action is None or action["status"] != IN_PROGRESS
        return is_over or bool(build["buildComplete"])

    build = store.wait_until(BUILD, build_id, is_ended)
    if not build["buildComplete"]:
        raise Abandoned
    return build


def failure(build: Mapping[str, Any]) -> str:
    """Why a build failed: the phase, what it says, and where the log is."""
    said = [f"Build terminated with state: {build['buildStatus']}"]
    for phase in build.get("phases", ()):
        if phase.get("phaseStatus") in (None, _SUCCEEDED):
            continue
        contexts = [
            f"{each.get('statusCode', '')}: {each['message']}"
            for each in phase.get("contexts", ())
            if each.get("message")
        ]
        if contexts:
            said.append(f"Phase {phase['phaseType']}: {'; '.join(contexts)}")
    logs = build.get("logs", {})
    if "groupName" in logs:
        said.append(f"Log: {logs['groupName']} {logs.get('streamName', '')}".rstrip())
    return ". ".join(said)


def _url(context: Context, build_id: str) -> str:
    region = context.settings.region
    return (
        f"https://console.aws.amazon.com/codebuild/home?region={region}#/builds/{build_id}/view/new"
    )
