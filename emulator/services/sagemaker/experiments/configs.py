"""The experiment and trial that a job, a tuning job or a pipeline execution says it belongs to."""

import re
from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import validation_error
from emulator.services.sagemaker.experiments import entities
from emulator.services.sagemaker.experiments.entities import EXPERIMENT, TRIAL
from emulator.services.sagemaker.named_resources import ResourceKind
from emulator.store import Document

# Source: ExperimentEntityName in botocore.
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}")


def check_job_config(context: Context, config: Mapping[str, str] | None) -> None:
    """Refuse the ExperimentConfig of a job that names what is not there.

    Source: API_ExperimentConfig, "the name of an existing experiment", "... trial".

    Raises:
        AwsError: ResourceNotFound; ValidationException: the trial is another experiment's.
    """
    if not config:
        return
    experiment_name = config.get("ExperimentName")
    if experiment_name is not None:
        entities.existing(context, EXPERIMENT, experiment_name)
    if "TrialName" in config:
        trial = entities.existing(context, TRIAL, config["TrialName"])
        _check_belongs(trial, experiment_name)


def trial_of_job(
    context: Context, config: Mapping[str, str] | None, job_name: str
) -> Document | None:
    """The trial of a job that has just been made, or None when it names none.

    With an experiment alone the job gets a trial of its own, ``<job name>-aws-trial``. Source:
    API_ExperimentConfig, "If not specified, a new trial is created"; the name is the emulator's.
    """
    if not config or not {"ExperimentName", "TrialName"} & set(config):
        return None
    if "TrialName" in config:
        return context.store.get(TRIAL.noun, config["TrialName"])
    if context.store.get(EXPERIMENT.noun, config["ExperimentName"]) is None:
        return None
    return ensure_trial(context, config["ExperimentName"], f"{job_name}-aws-trial")


def ensure_experiment(
    context: Context, name: str, source: Mapping[str, str] | None = None
) -> Document:
    """The experiment of that name, made if it is not there."""
    return _ensure(context, EXPERIMENT, name, {}, source)


def ensure_trial(
    context: Context,
    experiment_name: str,
    name: str,
    source: Mapping[str, str] | None = None,
) -> Document:
    """The trial of that name, made if it is not there."""
    return _ensure(context, TRIAL, name, {"ExperimentName": experiment_name}, source)


def _ensure(
    context: Context,
    kind: ResourceKind,
    name: str,
    members: Mapping[str, str],
    source: Mapping[str, str] | None,
) -> Document:
    found = context.store.get(kind.noun, name)
    if found is not None:
        return found
    given = {**members, **({"Source": dict(source)} if source else {})}
    document = entities.new_document(context, kind, name, given)
    context.store.insert(kind.noun, name, document)
    return document


def check_execution_config(context: Context, config: Mapping[str, object]) -> None:
    """Refuse an execution's PipelineExperimentConfig whose names cannot be.

    Raises:
        AwsError: ValidationException with every fault: a name that no experiment or trial can
            have, a trial that is another experiment's.
    """
    faults = [
        f"PipelineExperimentConfig: {key} is {value!r}, which does not match {_NAME.pattern}."
        for key, value in config.items()
        if not isinstance(value, str) or not _NAME.fullmatch(value)
    ]
    if faults:
        raise validation_error(" ".join(faults))
    trial = context.store.get(TRIAL.noun, str(config["TrialName"]))
    if trial is not None:
        _check_belongs(trial, str(config["ExperimentName"]))


def begin_execution(context: Context, config: Mapping[str, str], execution_arn: str) -> None:
    """Make the experiment and the trial of an execution, unless they are there.

    Source: the SDK's PipelineExperimentConfig, "If the experiment does not exist, it is created".
    """
    source = {"SourceArn": execution_arn, "SourceType": "SageMakerPipelineExecution"}
    experiment = ensure_experiment(context, config["ExperimentName"])
    ensure_trial(context, experiment["ExperimentName"], config["TrialName"], source)


def _check_belongs(trial: Document, experiment_name: str | None) -> None:
    if experiment_name and trial["ExperimentName"].lower() != experiment_name.lower():
        raise validation_error(
            f"Trial '{trial['TrialArn']}' belongs to experiment {trial['ExperimentName']}, not to"
            f" {experiment_name}."
        )
