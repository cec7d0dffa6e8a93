"""What SageMaker records of the Model Registry and of endpoints.

    image, model data, approval --ContributedTo--> model package --AssociatedWith--> group
    image, model data, model package --ContributedTo--> deployment --AssociatedWith--> endpoint

Source: "Amazon SageMaker-Created Tracking Entities"; for names and types the table of a registered
model's lineage in chapter 10 of "Data Science on AWS" (Fregly, Barth). What is deleted stays.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.context import Context
from emulator.services.sagemaker import names
from emulator.services.sagemaker.lineage import associations
from emulator.services.sagemaker.lineage.kinds import CONTEXT
from emulator.services.sagemaker.lineage.recording import (
    ASSOCIATED_WITH,
    CONTRIBUTED_TO,
    IMAGE,
    MODEL,
    Observer,
    artifact,
    harmless,
    new_action,
    resource_context,
    s3_artifact,
)
from emulator.services.sagemaker.lineage.vertices import Vertex
from emulator.services.sagemaker.model_packages import package_arn
from emulator.services.sagemaker.models import model_data_location
from emulator.store import Document


def model_artifacts(context: Context, container: Mapping[str, Any]) -> Iterator[Vertex]:
    """The image and the model data of a container."""
    if "Image" in container:
        yield artifact(context, container["Image"], IMAGE)
    location = model_data_location(container)
    if location is not None:
        yield s3_artifact(context, location[0], MODEL)


@harmless
def record_model_package_group(
    context: Context, before: Document | None, after: Document | None
) -> None:
    """A model package group that is created."""
    if before is None and after is not None:
        _group_context(context, after["ModelPackageGroupName"])


def _group_context(context: Context, name: str) -> Vertex:
    arn = names.arn(context, "model-package-group", name)
    return resource_context(context, f"{name}-aws-model-group", arn, "ModelGroup")


@harmless
def record_model_package(context: Context, before: Document | None, after: Document | None) -> None:
    """A model package that is registered, approved or rejected."""
    if after is None:
        return
    package = _package_artifact(context, after)
    if before is None:
        for container in after.get("InferenceSpecification", {}).get("Containers", ()):
            for vertex in model_artifacts(context, container):
                associations.record(context, vertex, package, CONTRIBUTED_TO)
        if "ModelPackageGroupName" in after:
            group = _group_context(context, after["ModelPackageGroupName"])
            associations.record(context, package, group, ASSOCIATED_WITH)
            _tell_execution(context, group, after.get("MetadataProperties", {}))
    status = after.get("ModelApprovalStatus")
    if status is not None and (before or {}).get("ModelApprovalStatus") != status:
        approval = new_action(
            context,
            f"{after['ModelPackageGroupName']}-{after['ModelPackageVersion']}-{status}",
            "aws-model-group",
            after["ModelPackageArn"],
            "Approval",
            {"ModelApprovalStatus": status},
        )
        associations.record(context, approval, package, CONTRIBUTED_TO)


def _tell_execution(context: Context, group: Vertex, metadata: Mapping[str, str]) -> None:
    """Source: `ModelPackageGroup.pipeline_execution_arn` of the SageMaker SDK's lineage."""
    generated_by = metadata.get("GeneratedBy", "")

    def change(document: Document) -> None:
        document["Properties"]["PipelineExecutionArn"] = generated_by

    if ":pipeline/" in generated_by:
        context.store.update(CONTEXT.noun, names.name_of(group.arn), change)


def _package_artifact(context: Context, package: Mapping[str, Any]) -> Vertex:
    metadata = package.get("MetadataProperties")
    members = {"MetadataProperties": metadata} if metadata else {}
    return artifact(context, package["ModelPackageArn"], MODEL, **members)


@harmless
def record_endpoint(context: Context, before: Document | None, after: Document | None) -> None:
    """An endpoint that is created, or has begun to serve another deployment."""
    if after is None:
        return
    name = after["EndpointName"]
    endpoint = resource_context(context, f"{name}-aws-endpoint", after["EndpointArn"], "Endpoint")
    if before is None or not _is_deployed(before, after):
        return
    deployment = new_action(
        context,
        name,
        "aws-endpoint",
        after["EndpointArn"],
        "ModelDeployment",
        {"EndpointConfigName": after["EndpointConfigName"]},
    )
    for variant in after["_Deployment"]["ProductionVariants"]:
        for vertex in _deployed(context, variant["_Container"]):
            associations.record(context, vertex, deployment, CONTRIBUTED_TO)
    associations.record(context, deployment, endpoint, ASSOCIATED_WITH)


def _is_deployed(before: Document, after: Document) -> bool:
    """Whether the change is the end of a deployment, and not of a change of capacity."""
    if after["EndpointStatus"] != "InService":
        return False
    return bool(
        before["EndpointStatus"] == "Creating"
        or before["EndpointConfigName"] != after["EndpointConfigName"]
    )


def _deployed(context: Context, container: Mapping[str, Any]) -> Iterator[Vertex]:
    yield from model_artifacts(context, container)
    if "ModelPackageName" in container:
        arn = package_arn(context, container["ModelPackageName"])
        package = context.store.get("ModelPackage", arn) or {"ModelPackageArn": arn}
        yield _package_artifact(context, package)


OBSERVERS: tuple[tuple[str, Observer], ...] = (
    ("ModelPackageGroup", record_model_package_group),
    ("ModelPackage", record_model_package),
    ("Endpoint", record_endpoint),
)
