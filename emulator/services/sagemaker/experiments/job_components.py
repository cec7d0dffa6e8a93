"""What a job's trial component says of the job.

Source: trial components of jobs as AWS's own repositories show them: the names of parameters and
artifacts, "Status: Completed, exit message: null, failure reason: null".
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.context import Context
from emulator.services.sagemaker.experiments.trial_components import (
    ARTIFACTS_AT_MOST,
    PARAMETERS_AT_MOST,
)
from emulator.services.sagemaker.jobs.kinds import PROCESSING, TRAINING, TRANSFORM, JobKind
from emulator.services.sagemaker.jobs.metrics import SUMMARIES_KEY
from emulator.store import Document

# Source: MediaType, TrialComponentArtifactValue, StringParameterValue and
# TrialComponentStatusMessage in botocore.
_MEDIA_TYPE = re.compile(r"[-\w]+\/[-\w+]+")
_MEDIA_TYPE_CHARACTERS, _ARTIFACT_CHARACTERS = 64, 2_048
_TEXT_CHARACTERS, _MESSAGE_CHARACTERS = 2_500, 1_024
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")

Artifacts = dict[str, dict[str, str]]
Parameters = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class JobComponent:
    """How the jobs of one kind become trial components.

    Attributes:
        suffix: What the component's name adds to the job's.
        source_type: The component's Source.SourceType.
        given: What a new job's document says of its parameters and inputs, by member.
        outputs: The OutputArtifacts that a job's document tells of.
        said: The members that the status message tells of, by their words there.
    """

    kind: JobKind
    suffix: str
    source_type: str
    given: Callable[[Context, Document], dict[str, Any]]
    outputs: Callable[[Document], Artifacts]
    said: Mapping[str, str]

    def name(self, document: Document) -> str:
        """The name of the job's component."""
        return f"{document[self.kind.name_key]}{self.suffix}"

    def progress(self, document: Document) -> dict[str, Any]:
        """The members that change while the job runs."""
        members: dict[str, Any] = {
            "Status": {
                "PrimaryStatus": document[self.kind.status_key],
                "Message": self._message(document),
            },
            "OutputArtifacts": self.outputs(document),
        }
        times = {"StartTime": self.kind.start_time_key, "EndTime": self.kind.end_time_key}
        members |= {key: document[source] for key, source in times.items() if source in document}
        arn = document[self.kind.arn_key]
        metrics = [{**metric, "SourceArn": arn} for metric in document.get(SUMMARIES_KEY, ())]
        return {**members, "Metrics": metrics}

    def _message(self, document: Document) -> str:
        said = {"Status": self.kind.status_key, **self.said}
        words = ", ".join(f"{word}: {document.get(key, 'null')}" for word, key in said.items())
        return words[:_MESSAGE_CHARACTERS]


def parameter(value: object) -> dict[str, Any]:
    """A parameter's value: a number where the text is one."""
    text = str(value)
    if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return {"NumberValue": float(text)}
    return {"StringValue": text[:_TEXT_CHARACTERS]}


def artifact(value: str, media_type: str | None = None) -> dict[str, str]:
    """An artifact, with its media type if it is one that the API can say."""
    found = {"Value": value[:_ARTIFACT_CHARACTERS]}
    if media_type and len(media_type) <= _MEDIA_TYPE_CHARACTERS:
        known = {"MediaType": media_type} if _MEDIA_TYPE.fullmatch(media_type) else {}
        return {**known, **found}
    return found


def _resources(resources: Mapping[str, Any], *keys: str) -> Parameters:
    present = {key: resources[key] for key in keys if key in resources}
    return {f"SageMaker.{key}": parameter(value) for key, value in present.items()}


def _bounded(parameters: Parameters, artifacts: Artifacts) -> dict[str, Any]:
    return {
        "Parameters": dict(list(parameters.items())[:PARAMETERS_AT_MOST]),
        "InputArtifacts": dict(list(artifacts.items())[:ARTIFACTS_AT_MOST]),
    }


def _training_given(_: Context, document: Document) -> dict[str, Any]:
    parameters = {
        "SageMaker.ImageUri": parameter(document["AlgorithmSpecification"]["TrainingImage"]),
        **_resources(document["ResourceConfig"], "InstanceType", "InstanceCount", "VolumeSizeInGB"),
        **{key: parameter(value) for key, value in document.get("HyperParameters", {}).items()},
    }
    artifacts = {
        channel["ChannelName"]: artifact(
            channel["DataSource"]["S3DataSource"]["S3Uri"], channel.get("ContentType")
        )
        for channel in document.get("InputDataConfig", ())
    }
    return _bounded(parameters, artifacts)


def _training_outputs(document: Document) -> Artifacts:
    model_s3_uri = document.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    return {"SageMaker.ModelArtifact": artifact(model_s3_uri)} if model_s3_uri else {}


def _processing_given(_: Context, document: Document) -> dict[str, Any]:
    cluster = document["ProcessingResources"]["ClusterConfig"]
    artifacts = {
        "SageMaker.ImageUri": artifact(document["AppSpecification"]["ImageUri"]),
        **{
            each["InputName"]: artifact(each["S3Input"]["S3Uri"])
            for each in document.get("ProcessingInputs", ())
            if "S3Input" in each
        },
    }
    return _bounded(
        _resources(cluster, "InstanceType", "InstanceCount", "VolumeSizeInGB"), artifacts
    )


def _processing_outputs(document: Document) -> Artifacts:
    outputs = document.get("ProcessingOutputConfig", {}).get("Outputs", ())
    found = {
        each["OutputName"]: artifact(each["S3Output"]["S3Uri"])
        for each in outputs
        if "S3Output" in each
    }
    return dict(list(found.items())[:ARTIFACTS_AT_MOST])


def _transform_given(context: Context, document: Document) -> dict[str, Any]:
    parameters = {
        **_resources(document["TransformResources"], "InstanceType", "InstanceCount"),
        "SageMaker.ModelName": parameter(document["ModelName"]),
    }
    model = context.store.get("Model", document["ModelName"]) or {}
    primary = (model.get("Containers") or [model.get("PrimaryContainer", {})])[0]
    for word, key in (("DataUrl", "ModelDataUrl"), ("Image", "Image")):
        if key in primary:
            parameters[f"SageMaker.ModelPrimary.{word}"] = parameter(primary[key])
    source = document["TransformInput"]
    uri = source["DataSource"]["S3DataSource"]["S3Uri"]
    artifacts = {"SageMaker.TransformInput": artifact(uri, source.get("ContentType"))}
    return _bounded(parameters, artifacts)


def _transform_outputs(document: Document) -> Artifacts:
    target = document["TransformOutput"]
    return {"SageMaker.TransformOutput": artifact(target["S3OutputPath"], target.get("Accept"))}


TRAINING_COMPONENT = JobComponent(
    TRAINING,
    "-aws-training-job",
    "SageMakerTrainingJob",
    _training_given,
    _training_outputs,
    {"secondary status": "SecondaryStatus", "failure reason": "FailureReason"},
)
PROCESSING_COMPONENT = JobComponent(
    PROCESSING,
    "-aws-processing-job",
    "SageMakerProcessingJob",
    _processing_given,
    _processing_outputs,
    {"exit message": "ExitMessage", "failure reason": "FailureReason"},
)
TRANSFORM_COMPONENT = JobComponent(
    TRANSFORM,
    "-aws-transform-job",
    "SageMakerTransformJob",
    _transform_given,
    _transform_outputs,
    {"failure reason": "FailureReason"},
)
