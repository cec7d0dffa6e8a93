"""Each job's trial component, kept in step with the job, as SageMaker does.

Observers of the store: they run within the transaction of the job's own change.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from emulator.context import Context
from emulator.services.sagemaker.experiments import entities
from emulator.services.sagemaker.experiments.associations import add_parent
from emulator.services.sagemaker.experiments.configs import (
    ensure_experiment,
    ensure_trial,
    trial_of_job,
)
from emulator.services.sagemaker.experiments.entities import TRIAL, TRIAL_COMPONENT
from emulator.services.sagemaker.experiments.job_components import (
    PROCESSING_COMPONENT,
    TRAINING_COMPONENT,
    TRANSFORM_COMPONENT,
    JobComponent,
)
from emulator.services.sagemaker.jobs.kinds import TUNING
from emulator.services.sagemaker.names import name_of
from emulator.store import Document

Observer = Callable[[Context, Document | None, Document | None], None]


def _tuning_trial_name(tuning_job_name: str) -> str:
    """Source: names of experiments that tuning jobs leave, ``<tuning job>-aws-tuning-job``."""
    return f"{tuning_job_name}-aws-tuning-job"


def _record_job(
    component: JobComponent, context: Context, before: Document | None, after: Document | None
) -> None:
    if after is None:  # the record of a run stays when its job is deleted
        return
    if before is None:
        _begin(component, context, after)
    else:
        _follow(component, context, before, after)


def _begin(component: JobComponent, context: Context, job: Document) -> None:
    name, arn = component.name(job), job[component.kind.arn_key]
    config = job.get("ExperimentConfig", {})
    members: dict[str, Any] = {
        "Source": {"SourceArn": arn, "SourceType": component.source_type},
        **component.given(context, job),
        **component.progress(job),
    }
    for key, given in (("DisplayName", "TrialComponentDisplayName"), ("RunName", "RunName")):
        if given in config:
            members[key] = config[given]
    document = entities.new_document(context, TRIAL_COMPONENT, name, members)
    trial = trial_of_job(context, config, job[component.kind.name_key])
    if trial is not None:
        add_parent(document, trial)
    context.store.put(TRIAL_COMPONENT.noun, name, document)


def _follow(component: JobComponent, context: Context, before: Document, after: Document) -> None:
    was, now = component.progress(before), component.progress(after)
    trial = _new_tuning_trial(context, before, after)
    name = component.name(after)
    if (was == now and trial is None) or context.store.get(TRIAL_COMPONENT.noun, name) is None:
        return

    def change(document: Document) -> None:
        outputs = {**document.get("OutputArtifacts", {}), **now["OutputArtifacts"]}
        arn = after[component.kind.arn_key]
        others = [each for each in document.get("Metrics", ()) if each["SourceArn"] != arn]
        document |= {**now, "OutputArtifacts": outputs, "Metrics": [*others, *now["Metrics"]]}
        document["LastModifiedTime"] = context.clock()
        if trial is not None:
            add_parent(document, trial)

    context.store.update(TRIAL_COMPONENT.noun, name, change)


def _new_tuning_trial(context: Context, before: Document, after: Document) -> Document | None:
    """The trial of a training job that has just been said to be a tuning job's."""
    if "TuningJobArn" in before or "TuningJobArn" not in after:
        return None
    return context.store.get(TRIAL.noun, _tuning_trial_name(name_of(after["TuningJobArn"])))


def _record_tuning_job(context: Context, before: Document | None, after: Document | None) -> None:
    if before is not None or after is None:
        return
    name = _tuning_trial_name(after[TUNING.name_key])
    source = {
        "SourceArn": after[TUNING.arn_key],
        "SourceType": "SageMakerHyperParameterTuningJob",
    }
    experiment = ensure_experiment(context, name, source)
    ensure_trial(context, experiment["ExperimentName"], name, source)


OBSERVERS: tuple[tuple[str, Observer], ...] = (
    *(
        (component.kind.noun, partial(_record_job, component))
        for component in (TRAINING_COMPONENT, PROCESSING_COMPONENT, TRANSFORM_COMPONENT)
    ),
    (TUNING.noun, _record_tuning_job),
)
