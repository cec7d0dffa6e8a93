"""Artifacts: data, images and models, by their URI and by what was found there."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import validation_error
from emulator.services.sagemaker.lineage import entities
from emulator.services.sagemaker.lineage.kinds import ARTIFACT, artifact_id


def create_artifact(context: Context, request: Request) -> Answer:
    """CreateArtifact."""
    return entities.create(context, ARTIFACT, artifact_id(request["Source"]), request)


def describe_artifact(context: Context, request: Request) -> Answer:
    """DescribeArtifact."""
    return entities.existing(context, ARTIFACT, request["ArtifactArn"])


def update_artifact(context: Context, request: Request) -> Answer:
    """UpdateArtifact."""
    return entities.update(context, ARTIFACT, request["ArtifactArn"], request)


def list_artifacts(context: Context, request: Request) -> Answer:
    """ListArtifacts."""
    return entities.list_page(context, ARTIFACT, request)


def delete_artifact(context: Context, request: Request) -> Answer:
    """DeleteArtifact, by ARN or by source.

    Raises:
        AwsError: ValidationException unless exactly one of the two is given.
    """
    if ("ArtifactArn" in request) == ("Source" in request):
        raise validation_error("Either ArtifactArn or Source must be specified.")
    name = request.get("ArtifactArn") or artifact_id(request["Source"])
    return entities.delete(context, ARTIFACT, name)


OPERATIONS: Mapping[str, Handler] = {
    "CreateArtifact": create_artifact,
    "DescribeArtifact": describe_artifact,
    "UpdateArtifact": update_artifact,
    "ListArtifacts": list_artifacts,
    "DeleteArtifact": delete_artifact,
}
