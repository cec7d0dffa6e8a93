"""Steps on models: register in the Model Registry, create from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from pipelines.sdk import values
from pipelines.sdk.session import Build


@dataclass(frozen=True)
class Serving:
    """How a model is served: its environment, what it takes and gives, and on what."""

    environment: Mapping[str, str]
    content_types: Sequence[str]
    response_types: Sequence[str]
    inference_instance_types: Sequence[str]
    transform_instance_types: Sequence[str]


def approval_status_parameter(default: str) -> Any:
    """The pipeline parameter that says whether a model waits for approval once it is registered."""
    statuses = ("PendingManualApproval", "Approved", "Rejected")
    return values.string_parameter("ModelApprovalStatus", default, choices=statuses)


def register_step(
    build: Build,
    name: str,
    image_uri: str,
    serving: Serving,
    *,
    model_s3_uri: Any,
    metrics_s3_uri: Any,
    package_group: Any,
    approval_status: Any,
    metadata: Mapping[str, Any],
) -> Any:
    """A step that adds a version to a model package group, its metrics included."""
    from sagemaker.core.model_registry import create_model_package_from_containers
    from sagemaker.mlops.workflow.model_step import ModelStep

    container = {
        "Image": image_uri,
        "ModelDataUrl": model_s3_uri,
        "Environment": dict(serving.environment),
    }
    statistics = {"ContentType": "application/json", "S3Uri": metrics_s3_uri}
    arguments = _model_arguments(build)
    create_model_package_from_containers(
        build.session,
        containers=[container],
        content_types=list(serving.content_types),
        response_types=list(serving.response_types),
        inference_instances=list(serving.inference_instance_types),
        transform_instances=list(serving.transform_instance_types),
        model_package_group_name=package_group,
        model_metrics={"ModelQuality": {"Statistics": statistics}},
        approval_status=approval_status,
        customer_metadata_properties=dict(metadata),
    )
    return ModelStep(name, step_args=arguments)


def create_model_step(build: Build, name: str, package_arn: Any) -> Any:
    """A step that creates a model from a model package; SageMaker names it."""
    return _create_model_step(build, name, {"ModelPackageName": package_arn})


def create_trained_model_step(
    build: Build, name: str, image_uri: str, environment: Mapping[str, str], model_s3_uri: Any
) -> Any:
    """A step that creates a model from what a training step made; SageMaker names it."""
    container = {"Image": image_uri, "ModelDataUrl": model_s3_uri, "Environment": dict(environment)}
    return _create_model_step(build, name, container)


def model_name(step: Any) -> Any:
    """The name that SageMaker gave a created model."""
    return step.properties.ModelName


def _create_model_step(build: Build, name: str, container: Mapping[str, Any]) -> Any:
    from sagemaker.mlops.workflow.model_step import ModelStep

    arguments = _model_arguments(build)
    build.session.create_model(
        name=name, role=build.target.role_arn, container_defs=dict(container)
    )
    return ModelStep(name, step_args=arguments)


def _model_arguments(build: Build) -> Any:
    # A pipeline session keeps the next request to create a model here instead of sending it. It
    # wants to know which model object asks, and of that only the session: no object is needed.
    build.session.context = None
    build.session.init_model_step_arguments(SimpleNamespace(sagemaker_session=build.session))
    return build.session.context
