"""What lineage connects: artifacts, contexts, actions, and jobs as their trial components."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from emulator.context import Context
from emulator.services.sagemaker import names
from emulator.services.sagemaker.jobs.kinds import PROCESSING, TRAINING, TRANSFORM, JobKind
from emulator.services.sagemaker.lineage.kinds import KINDS, EntityKind
from emulator.store import AlreadyExists, Document

TRIAL_COMPONENT = "TrialComponent"
_ARN_TYPE = "experiment-trial-component"
# The trial component of a job as lineage needs it; it outlives the job, as in AWS.
_OF_JOB = "LineageTrialComponent"
_BY_ARN_TYPE: Mapping[str, EntityKind] = {kind.arn_type: kind for kind in KINDS}
# Source: `LineageTableVisualizer` of the SageMaker SDK.
_SUFFIXES: Mapping[str, str] = {
    TRAINING.noun: "aws-training-job",
    PROCESSING.noun: "aws-processing-job",
    TRANSFORM.noun: "aws-transform-job",
}


@dataclass(frozen=True)
class Vertex:
    """An entity in the graph; times in epoch seconds.

    Attributes:
        lineage_type: TrialComponent, Artifact, Context or Action.
        type: DataSet, Model, Endpoint, TrainingJob or any word of the caller's, if it has one.
    """

    arn: str
    lineage_type: str
    type: str | None
    name: str | None
    created: float
    modified: float
    properties: Mapping[str, str] = field(default_factory=dict)


def trial_component_arn(context: Context, kind: JobKind, job_name: str) -> str:
    """The ARN of the trial component that stands for a job; it is in lower case.

    Source: API_CreateTrialComponent: the name "is not case-sensitive".
    """
    return names.arn(context, _ARN_TYPE, f"{job_name}-{_SUFFIXES[kind.noun]}".lower())


def record_job(context: Context, kind: JobKind, job: Document) -> Vertex:
    """The vertex of a job, new or as it was recorded before.

    Source: "Amazon SageMaker-Created Tracking Entities": "a trial component for and associated
    with each SageMaker AI job".
    """
    arn = trial_component_arn(context, kind, job[kind.name_key])
    document = {
        "TrialComponentArn": arn,
        "TrialComponentName": names.name_of(arn),
        "Source": {"SourceArn": job[kind.arn_key], "SourceType": f"SageMaker{kind.noun}"},
        "CreationTime": job["CreationTime"],
        "LastModifiedTime": job["CreationTime"],
    }
    with suppress(AlreadyExists):
        context.store.insert(_OF_JOB, names.name_of(arn), document)
    return _of_trial_component(document)


def lineage_type_of(arn: str) -> str | None:
    """TrialComponent, Artifact, Context or Action, by the ARN alone."""
    arn_type = arn.rpartition(":")[2].partition("/")[0]
    if arn_type == _ARN_TYPE:
        return TRIAL_COMPONENT
    kind = _BY_ARN_TYPE.get(arn_type)
    return kind.noun if kind else None


def find(context: Context, arn: str) -> Vertex | None:
    """The vertex of an ARN, if there is one."""
    arn_type, _, name = arn.rpartition(":")[2].partition("/")
    if arn_type == _ARN_TYPE:
        component = context.store.get(TRIAL_COMPONENT, name) or context.store.get(_OF_JOB, name)
        return None if component is None else _of_trial_component(component)
    kind = _BY_ARN_TYPE.get(arn_type)
    document = None if kind is None else context.store.get(kind.noun, name)
    if kind is None or document is None:
        return None
    found = of_entity(kind, document)
    return found if found.arn.lower() == arn.lower() else None


def of_entity(kind: EntityKind, document: Mapping[str, Any]) -> Vertex:
    """The vertex of an artifact, a context or an action."""
    return Vertex(
        arn=document[kind.arn_key],
        lineage_type=kind.noun,
        type=document[kind.type_key],
        name=document.get(kind.name_key),
        created=document["CreationTime"],
        modified=document["LastModifiedTime"],
        properties=document["Properties"],
    )


def _of_trial_component(document: Mapping[str, Any]) -> Vertex:
    """Source: `LineageSourceEnum` of the SageMaker SDK, which says TrainingJob and the like."""
    source_type = document.get("Source", {}).get("SourceType")
    return Vertex(
        arn=document["TrialComponentArn"],
        lineage_type=TRIAL_COMPONENT,
        type=source_type.removeprefix("SageMaker") if source_type else None,
        name=document["TrialComponentName"],
        created=document["CreationTime"],
        modified=document.get("LastModifiedTime", document["CreationTime"]),
    )
