"""What lineage connects: artifacts, contexts, actions, and jobs as their trial components."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.context import Context
from emulator.services.sagemaker.experiments.entities import TRIAL_COMPONENT
from emulator.services.sagemaker.experiments.job_components import (
    PROCESSING_COMPONENT,
    TRAINING_COMPONENT,
    TRANSFORM_COMPONENT,
    JobComponent,
)
from emulator.services.sagemaker.jobs.kinds import JobKind
from emulator.services.sagemaker.lineage.kinds import KINDS, EntityKind
from emulator.store import Document

_BY_ARN_TYPE: Mapping[str, EntityKind] = {kind.arn_type: kind for kind in KINDS}
_COMPONENTS: Mapping[str, JobComponent] = {
    component.kind.noun: component
    for component in (TRAINING_COMPONENT, PROCESSING_COMPONENT, TRANSFORM_COMPONENT)
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


def of_job(context: Context, kind: JobKind, job: Document) -> Vertex:
    """The vertex of a job: its trial component, which is recorded before lineage is.

    Source: "Amazon SageMaker-Created Tracking Entities": "a trial component for and associated
    with each SageMaker AI job".
    """
    name = _COMPONENTS[kind.noun].name(job)
    component = context.store.get(TRIAL_COMPONENT.noun, name)
    if component is None:
        raise LookupError(f"{kind.words} {job[kind.name_key]} has no trial component {name}")
    return _of_trial_component(component)


def lineage_type_of(arn: str) -> str | None:
    """TrialComponent, Artifact, Context or Action, by the ARN alone."""
    arn_type = arn.rpartition(":")[2].partition("/")[0]
    if arn_type == TRIAL_COMPONENT.arn_type:
        return TRIAL_COMPONENT.noun
    kind = _BY_ARN_TYPE.get(arn_type)
    return kind.noun if kind else None


def find(context: Context, arn: str) -> Vertex | None:
    """The vertex of an ARN, if there is one."""
    arn_type, _, name = arn.rpartition(":")[2].partition("/")
    if arn_type == TRIAL_COMPONENT.arn_type:
        component = context.store.get(TRIAL_COMPONENT.noun, name)
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
        lineage_type=TRIAL_COMPONENT.noun,
        type=source_type.removeprefix("SageMaker") if source_type else None,
        name=document["TrialComponentName"],
        created=document["CreationTime"],
        modified=document.get("LastModifiedTime", document["CreationTime"]),
    )
