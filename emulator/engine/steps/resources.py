"""The resources that steps make, as the API describes and stops them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.context import Context
from emulator.engine.executions import Document
from emulator.engine.properties import keyed
from emulator.engine.steps.callbacks import send_stopping
from emulator.engine.steps.cluster_resources import CLUSTERS

# As many as Pipelines keeps of a tuning job. Source: `get_top_model_s3_uri` of SageMaker SDK v3.
_TUNING_SUMMARIES = 50


@dataclass(frozen=True)
class Resource:
    """How the API speaks of what a step type makes.

    Attributes:
        kind: Its kind in the store.
        metadata: The member of a step's Metadata that holds its ARN.
        stop: The operation that ends it early, where there is one.
    """

    kind: str
    name_member: str
    arn_member: str
    metadata: str
    describe: str
    stop: str | None = None


RESOURCES: Mapping[str, Resource] = {
    "Processing": Resource(
        "ProcessingJob",
        "ProcessingJobName",
        "ProcessingJobArn",
        "ProcessingJob",
        "DescribeProcessingJob",
        "StopProcessingJob",
    ),
    "Training": Resource(
        "TrainingJob",
        "TrainingJobName",
        "TrainingJobArn",
        "TrainingJob",
        "DescribeTrainingJob",
        "StopTrainingJob",
    ),
    "Tuning": Resource(
        "HyperParameterTuningJob",
        "HyperParameterTuningJobName",
        "HyperParameterTuningJobArn",
        "TuningJob",
        "DescribeHyperParameterTuningJob",
        "StopHyperParameterTuningJob",
    ),
    "Transform": Resource(
        "TransformJob",
        "TransformJobName",
        "TransformJobArn",
        "TransformJob",
        "DescribeTransformJob",
        "StopTransformJob",
    ),
    "Model": Resource("Model", "ModelName", "ModelArn", "Model", "DescribeModel"),
    "RegisterModel": Resource(
        "ModelPackage",
        "ModelPackageName",
        "ModelPackageArn",
        "RegisterModel",
        "DescribeModelPackage",
    ),
    "EndpointConfig": Resource(
        "EndpointConfig",
        "EndpointConfigName",
        "EndpointConfigArn",
        "EndpointConfig",
        "DescribeEndpointConfig",
    ),
    "Endpoint": Resource("Endpoint", "EndpointName", "EndpointArn", "Endpoint", "DescribeEndpoint"),
}


def properties(context: Context, step_type: str, document: Document) -> Mapping[str, Any]:
    """What a step offers to others, read from the API where a resource holds it.

    Raises:
        AwsError: The resource is not there any more.
    """
    if step_type == "Condition":
        return {"Outcome": document["Metadata"]["Condition"]["Outcome"]}
    if step_type in ("Lambda", "Callback"):
        return {"OutputParameters": document.get("_Outputs", {})}
    if step_type == "Lineage":
        lineage: Mapping[str, Any] = document["Metadata"]["Lineage"]
        return lineage
    if "_ResourceName" not in document:
        return {}
    if step_type in CLUSTERS:
        described = CLUSTERS[step_type].describe(context, document["_ResourceName"])
        return keyed(described, step_type)
    if step_type not in RESOURCES:
        return {}
    name = document["_ResourceName"]
    resource = RESOURCES[step_type]
    described = context.api.call("sagemaker", resource.describe, **{resource.name_member: name})
    if step_type == "Tuning":
        described = {**described, "TrainingJobSummaries": _best_first(context, name, described)}
    return keyed(described, step_type)


def can_stop(step_type: str) -> bool:
    """Whether what the step does can be ended early."""
    resource = RESOURCES.get(step_type)
    has_stop = resource is not None and resource.stop is not None
    return has_stop or step_type == "Callback" or step_type in CLUSTERS


def stop(context: Context, step_type: str, resource_name: str) -> None:
    """Ask for an early end, where the step type has one.

    Raises:
        AwsError: The resource refuses, most often because it has ended meanwhile.
    """
    if step_type == "Callback":
        send_stopping(context, resource_name)
        return
    if step_type in CLUSTERS:
        CLUSTERS[step_type].stop(context, resource_name)
        return
    resource = RESOURCES[step_type]
    if resource.stop:
        context.api.call("sagemaker", resource.stop, **{resource.name_member: resource_name})


def _best_first(context: Context, name: str, described: Mapping[str, Any]) -> list[Any]:
    config = described.get("HyperParameterTuningJobConfig", {})
    objective = config.get("HyperParameterTuningJobObjective", {})
    is_minimized = objective.get("Type", "Minimize") == "Minimize"
    answer = context.api.call(
        "sagemaker",
        "ListTrainingJobsForHyperParameterTuningJob",
        HyperParameterTuningJobName=name,
        SortBy="FinalObjectiveMetricValue",
        SortOrder="Ascending" if is_minimized else "Descending",
        MaxResults=_TUNING_SUMMARIES,
    )
    summaries: list[Any] = answer["TrainingJobSummaries"]
    return summaries
