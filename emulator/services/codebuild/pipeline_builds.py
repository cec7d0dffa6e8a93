"""Builds that CodePipeline starts: its artifacts are their sources, and theirs become its."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.context import Context
from emulator.services.codebuild.starting import start_for_pipeline
from emulator.store import Document


@dataclass(frozen=True)
class Artifact:
    """An artifact of a pipeline: a zip in S3, that is there or that a build is to write."""

    name: str
    bucket: str
    key: str


@dataclass(frozen=True)
class PipelineSource:
    """What an action of a pipeline gives to a build.

    Attributes:
        inputs: The primary one first; it is CODEBUILD_SRC_DIR, another one CODEBUILD_SRC_DIR_NAME.
        outputs: One gets the buildspec's artifacts; of several, each gets the secondary artifacts
            of its name, and the first one without gets the artifacts.
        environment: Overrides, each with the members of EnvironmentVariable.
        initiator: ``codepipeline/<pipeline>``.
        resolved_source_version: The commit, of the primary input.
    """

    inputs: tuple[Artifact, ...]
    outputs: tuple[Artifact, ...] = ()
    environment: tuple[Mapping[str, str], ...] = ()
    initiator: str = "codepipeline"
    resolved_source_version: str = ""


def start(context: Context, project_name: str, source: PipelineSource) -> str:
    """Start a build of a project whose source is CODEPIPELINE, and give its id.

    Wait with ``context.store.wait_until("Build", build_id, ...)`` for ``buildComplete``.

    Raises:
        AwsError: InvalidInputException; ResourceNotFoundException.
    """
    pipeline: Document = {
        "inputs": [_document(artifact) for artifact in source.inputs],
        "outputs": [_document(artifact) for artifact in source.outputs],
        "resolvedSourceVersion": source.resolved_source_version,
    }
    environment = [dict(variable) for variable in source.environment]
    return start_for_pipeline(context, project_name, pipeline, environment, source.initiator)


def _document(artifact: Artifact) -> dict[str, Any]:
    return {"name": artifact.name, "bucket": artifact.bucket, "key": artifact.key}
