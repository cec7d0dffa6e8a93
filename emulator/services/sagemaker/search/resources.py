"""The resources that can be searched: where each is kept, and what its SearchRecord says of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from botocore.model import StructureShape

from emulator.context import Context
from emulator.engine import executions
from emulator.engine.parameters import as_given
from emulator.protocol.models import load_service
from emulator.services.sagemaker import (
    model_package_groups,
    model_packages,
    pipelines,
    tags,
)
from emulator.services.sagemaker.experiments.associations import parents_of
from emulator.services.sagemaker.experiments.entities import EXPERIMENT, TRIAL, TRIAL_COMPONENT
from emulator.services.sagemaker.experiments.job_components import (
    PROCESSING_COMPONENT,
    TRAINING_COMPONENT,
    TRANSFORM_COMPONENT,
)
from emulator.services.sagemaker.jobs.kinds import TRAINING, TRANSFORM, TUNING
from emulator.services.sagemaker.named_resources import ENDPOINT, MODEL
from emulator.services.sagemaker.names import name_of
from emulator.services.sagemaker.projects import records as project_records
from emulator.store import Document

# Values of one member for each of the documents; None where there is none.
Join = Callable[[Context, Sequence[Document]], list[Any]]


@dataclass(frozen=True)
class Searched:
    """How one value of Resource is searched.

    Attributes:
        kind: Its kind in the store.
        member: The member of SearchRecord that holds it.
        identity: The members that no two of its documents share.
        joins: Members that its documents do not have, and how to get them for many at once.
    """

    kind: str
    member: str
    identity: tuple[str, ...]
    joins: Mapping[str, Join] = field(default_factory=dict)

    @property
    def shape(self) -> StructureShape:
        """The shape of its records."""
        record = cast(StructureShape, load_service("sagemaker").shape_for("SearchRecord"))
        return cast(StructureShape, record.members[self.member])

    def records(
        self, context: Context, documents: Sequence[Document], members: set[str] | None = None
    ) -> list[Document]:
        """The documents with joined members: those named, or all that a record has."""
        joined = [dict(document) for document in documents]
        for member, join in self.joins.items():
            if members is None or member in members:
                for record, value in zip(joined, join(context, documents), strict=True):
                    if value is not None:
                        record[member] = value
        return joined

    def identify(self, document: Document) -> str:
        """What tells the document from all others."""
        return "/".join(str(document[key]) for key in self.identity)

    def answer(self, record: Document) -> Document:
        """The SearchRecord of a record that has all its members."""
        shown = {key: record[key] for key in self.shape.members if record.get(key) is not None}
        return {self.member: shown}


def _tags_by(arn_key: str) -> dict[str, Join]:
    def join(context: Context, documents: Sequence[Document]) -> list[Any]:
        return [tags.tags_of(context, document[arn_key]) for document in documents]

    return {"Tags": join}


def _source_details(context: Context, components: Sequence[Document]) -> list[Any]:
    return [_source_detail(context, component.get("Source", {})) for component in components]


def _source_detail(context: Context, source: Mapping[str, str]) -> Document | None:
    """The job behind a trial component. Source: API_TrialComponentSourceDetail."""
    for component in (TRAINING_COMPONENT, PROCESSING_COMPONENT, TRANSFORM_COMPONENT):
        if source.get("SourceType") == component.source_type:
            arn, noun = source["SourceArn"], component.kind.noun
            job = context.store.get(noun, name_of(arn))
            if job is None:
                return {"SourceArn": arn}
            shape = cast(StructureShape, load_service("sagemaker").shape_for(noun))
            shown = {key: job[key] for key in shape.members if key in job}
            return {"SourceArn": arn, noun: {**shown, "Tags": tags.tags_of(context, arn)}}
    return None


_SUMMARY_KEYS = ("TrialComponentName", "TrialComponentArn", "CreationTime", "CreatedBy")


def _component_summaries(context: Context, trials: Sequence[Document]) -> list[Any]:
    """Source: API_TrialComponentSimpleSummary."""
    by_trial: dict[str, list[Document]] = {trial["TrialName"]: [] for trial in trials}
    for component in context.store.list(TRIAL_COMPONENT.noun):
        summary = {key: component[key] for key in _SUMMARY_KEYS}
        if "Source" in component:
            summary["TrialComponentSource"] = component["Source"]
        for parent in parents_of(component):
            by_trial.get(parent["TrialName"], []).append(summary)
    return [by_trial[trial["TrialName"]] for trial in trials]


def _parameters(_: Context, documents: Sequence[Document]) -> list[Any]:
    return [
        [
            {"Name": name, "Value": as_given(value)}
            for name, value in document["_Parameters"].items()
        ]
        for document in documents
    ]


def _variants(_: Context, endpoints: Sequence[Document]) -> list[Any]:
    return [
        endpoint.get("ProductionVariants")
        or [{"VariantName": each["VariantName"]} for each in _deployed(endpoint)]
        for endpoint in endpoints
    ]


def _deployed(endpoint: Document) -> list[Document]:
    found: list[Document] = endpoint["_Deployment"]["ProductionVariants"]
    return found


def _models(context: Context, models: Sequence[Document]) -> list[Any]:
    arns = [model["ModelArn"] for model in models]
    return [
        {**model, "Tags": tags.tags_of(context, arn)}
        for model, arn in zip(models, arns, strict=True)
    ]


_ENDPOINT_KEYS = (
    "EndpointName",
    "EndpointArn",
    "CreationTime",
    "LastModifiedTime",
    "EndpointStatus",
)


def _endpoints_of_models(context: Context, models: Sequence[Document]) -> list[Any]:
    """Source: API_ModelDashboardModel, "The endpoints that host a model"."""
    by_model: dict[str, list[Document]] = {model["ModelName"]: [] for model in models}
    for endpoint in context.store.list(ENDPOINT.noun):
        summary = {key: endpoint[key] for key in _ENDPOINT_KEYS}
        for name in {variant["ModelName"] for variant in _deployed(endpoint)}:
            by_model.get(name, []).append(summary)
    return [by_model[model["ModelName"]] for model in models]


def _last_transform_jobs(context: Context, models: Sequence[Document]) -> list[Any]:
    newest = {job["ModelName"]: job for job in context.store.list(TRANSFORM.noun)}
    shape = cast(StructureShape, load_service("sagemaker").shape_for("TransformJob"))
    found = [newest.get(model["ModelName"]) for model in models]
    return [job and {key: job[key] for key in shape.members if key in job} for job in found]


def _last_executions(context: Context, versions: Sequence[Document]) -> list[Any]:
    return [version.get("LastExecutionPipelineExecutionArn") for version in versions]


def _last_statuses(context: Context, versions: Sequence[Document]) -> list[Any]:
    found = [
        context.store.get(executions.KIND, arn) if arn else None
        for arn in _last_executions(context, versions)
    ]
    return [execution and execution["PipelineExecutionStatus"] for execution in found]


SEARCHED: Mapping[str, Searched] = {
    "TrainingJob": Searched(
        TRAINING.noun, "TrainingJob", ("TrainingJobArn",), _tags_by("TrainingJobArn")
    ),
    "Experiment": Searched(
        EXPERIMENT.noun, "Experiment", ("ExperimentArn",), _tags_by("ExperimentArn")
    ),
    "ExperimentTrial": Searched(
        TRIAL.noun,
        "Trial",
        ("TrialArn",),
        {**_tags_by("TrialArn"), "TrialComponentSummaries": _component_summaries},
    ),
    "ExperimentTrialComponent": Searched(
        TRIAL_COMPONENT.noun,
        "TrialComponent",
        ("TrialComponentArn",),
        {**_tags_by("TrialComponentArn"), "SourceDetail": _source_details},
    ),
    "Endpoint": Searched(
        ENDPOINT.noun,
        "Endpoint",
        ("EndpointArn",),
        {**_tags_by("EndpointArn"), "ProductionVariants": _variants},
    ),
    "Model": Searched(
        MODEL.noun,
        "Model",
        ("ModelArn",),
        {
            "Model": _models,
            "Endpoints": _endpoints_of_models,
            "LastBatchTransformJob": _last_transform_jobs,
        },
    ),
    "ModelPackage": Searched(
        model_packages.KIND,
        "ModelPackage",
        ("ModelPackageArn",),
        _tags_by("ModelPackageArn"),
    ),
    "ModelPackageGroup": Searched(
        model_package_groups.KIND,
        "ModelPackageGroup",
        ("ModelPackageGroupArn",),
        _tags_by("ModelPackageGroupArn"),
    ),
    "Pipeline": Searched(pipelines.KIND, "Pipeline", ("PipelineArn",), _tags_by("PipelineArn")),
    "PipelineExecution": Searched(
        executions.KIND,
        "PipelineExecution",
        ("PipelineExecutionArn",),
        {"PipelineParameters": _parameters},
    ),
    "PipelineVersion": Searched(
        pipelines.VERSION_KIND,
        "PipelineVersion",
        ("PipelineArn", "PipelineVersionId"),
        {
            "LastExecutedPipelineExecutionArn": _last_executions,
            "LastExecutedPipelineExecutionStatus": _last_statuses,
        },
    ),
    "Project": Searched(project_records.KIND, "Project", ("ProjectArn",), _tags_by("ProjectArn")),
    "HyperParameterTuningJob": Searched(
        TUNING.noun,
        "HyperParameterTuningJob",
        ("HyperParameterTuningJobArn",),
        _tags_by("HyperParameterTuningJobArn"),
    ),
}
