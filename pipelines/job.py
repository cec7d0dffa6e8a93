"""The job behind a step: what it was given and where its log is, read from SageMaker."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipelines.execution import Step


@dataclass(frozen=True)
class Job:
    """A job as Describe tells it; `inputs` are resolved values by name, in the order to show."""

    kind: str
    name: str
    status: str
    failure_reason: str
    inputs: Mapping[str, str]
    log_group: str
    log_stream_prefix: str
    request: Mapping[str, Any]


def of_step(sagemaker: Any, step: Step) -> Job | None:
    """The job of a step; None for steps that make no job, or did not come to make one."""
    if step.type not in _KINDS or not step.arn:
        return None
    return _KINDS[step.type].describe(sagemaker, name_of_job(sagemaker, step.type, step.arn))


def failed_training_job(sagemaker: Any, tuning_job: Job) -> Job | None:
    """The first training job of a tuning job that failed: the tuning job has no log of its own."""
    name = _first_training_job(sagemaker, tuning_job, StatusEquals="Failed")
    return training_job(sagemaker, name) if name else None


def with_a_log(sagemaker: Any, tuning_job: Job) -> Job:
    """A tuning job with the log of its first training job, if it came to have one."""
    name = _first_training_job(sagemaker, tuning_job)
    if not name:
        return tuning_job
    group = _LOG_GROUPS["TrainingJob"]
    return replace(tuning_job, log_group=group, log_stream_prefix=f"{name}/")


def processing_outputs(job: Job) -> list[tuple[str, str, str]]:
    """The outputs of a processing job in S3: name, address and path in the container."""
    outputs = job.request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return [
        (output["OutputName"], output["S3Output"]["S3Uri"], output["S3Output"].get("LocalPath", ""))
        for output in outputs
        if "S3Output" in output
    ]


def training_job(sagemaker: Any, name: str) -> Job:
    """A training job by name."""
    described = sagemaker.describe_training_job(TrainingJobName=name)
    algorithm = described["AlgorithmSpecification"]
    inputs = {"image": algorithm.get("TrainingImage", "")}
    inputs |= _prefixed("hyperparameter", described.get("HyperParameters", {}))
    inputs |= _prefixed("channel", _channels(described.get("InputDataConfig", [])))
    inputs |= _prefixed("environment", described.get("Environment", {}))
    return _job("TrainingJob", name, described, inputs)


def processing_job(sagemaker: Any, name: str) -> Job:
    """A processing job by name."""
    described = sagemaker.describe_processing_job(ProcessingJobName=name)
    application = described["AppSpecification"]
    command = [
        *application.get("ContainerEntrypoint", []),
        *application.get("ContainerArguments", []),
    ]
    inputs = {"image": application["ImageUri"], "command": " ".join(command)}
    inputs |= _prefixed("input", _processing_inputs(described.get("ProcessingInputs", [])))
    inputs |= _prefixed("environment", described.get("Environment", {}))
    return _job("ProcessingJob", name, described, inputs)


def tuning_job(sagemaker: Any, name: str) -> Job:
    """A hyperparameter tuning job by name."""
    described = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    training = described.get("TrainingJobDefinition", {})
    inputs = {"image": training.get("AlgorithmSpecification", {}).get("TrainingImage", "")}
    inputs |= _prefixed("static hyperparameter", training.get("StaticHyperParameters", {}))
    inputs |= _prefixed("channel", _channels(training.get("InputDataConfig", [])))
    metrics = training.get("AlgorithmSpecification", {}).get("MetricDefinitions", [])
    inputs |= _prefixed("metric", {metric["Name"]: metric["Regex"] for metric in metrics})
    return _job("HyperParameterTuningJob", name, described, inputs)


def transform_job(sagemaker: Any, name: str) -> Job:
    """A transform job by name."""
    described = sagemaker.describe_transform_job(TransformJobName=name)
    source = described["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
    inputs = {"model": described["ModelName"], "input": source}
    inputs |= _prefixed("environment", described.get("Environment", {}))
    return _job("TransformJob", name, described, inputs)


@dataclass(frozen=True)
class _Kind:
    """How the jobs behind one kind of step are described and listed."""

    describe: Callable[[Any, str], Job]
    list_method: str
    noun: str

    def summaries(self, listed: Mapping[str, Any]) -> list[dict[str, Any]]:
        summaries: list[dict[str, Any]] = listed[f"{self.noun}Summaries"]
        return summaries


_KINDS: Mapping[str, _Kind] = {
    "TrainingJob": _Kind(training_job, "list_training_jobs", "TrainingJob"),
    "ProcessingJob": _Kind(processing_job, "list_processing_jobs", "ProcessingJob"),
    "TuningJob": _Kind(tuning_job, "list_hyper_parameter_tuning_jobs", "HyperParameterTuningJob"),
    "TransformJob": _Kind(transform_job, "list_transform_jobs", "TransformJob"),
}
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
_LOG_GROUPS = {
    "TrainingJob": "/aws/sagemaker/TrainingJobs",
    "ProcessingJob": "/aws/sagemaker/ProcessingJobs",
    "TransformJob": "/aws/sagemaker/TransformJobs",
}


def name_of_job(sagemaker: Any, step_type: str, arn: str) -> str:
    """The name of a step's job, which Describe wants as it is."""
    kind = _KINDS[step_type]
    # An ARN has the name in lower case. Jobs of pipelines have the execution's id in their name,
    # which is in lower case anyway.
    # Source: https://github.com/boto/boto3/issues/4606
    lowered = arn.rsplit("/", 1)[-1]
    execution_id = lowered.removeprefix("pipelines-").split("-")[0]
    pages = sagemaker.get_paginator(kind.list_method).paginate(NameContains=execution_id)
    for page in pages:
        for summary in kind.summaries(page):
            if summary[f"{kind.noun}Arn"] == arn:
                return str(summary[f"{kind.noun}Name"])
    return lowered


def _first_training_job(sagemaker: Any, tuning_job: Job, **filters: str) -> str:
    listed = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=tuning_job.name,
        SortBy="CreationTime",
        SortOrder="Ascending",
        MaxResults=1,
        **filters,
    )["TrainingJobSummaries"]
    return str(listed[0]["TrainingJobName"]) if listed else ""


def _job(kind: str, name: str, described: dict[str, Any], inputs: dict[str, str]) -> Job:
    reason, message = described.get("FailureReason", ""), described.get("ExitMessage", "")
    reasons = (reason, "" if message in reason else message)
    return Job(
        kind=kind,
        name=name,
        status=described[f"{kind}Status"],
        failure_reason="\n".join(text for text in reasons if text),
        inputs=inputs,
        log_group=_LOG_GROUPS.get(kind, ""),
        log_stream_prefix=f"{name}/" if kind in _LOG_GROUPS else "",
        request=described,
    )


def _prefixed(kind: str, entries: Mapping[str, str]) -> dict[str, str]:
    return {f"{kind} {name}": value for name, value in entries.items()}


def _channels(channels: list[dict[str, Any]]) -> dict[str, str]:
    return {
        channel["ChannelName"]: channel["DataSource"].get("S3DataSource", {}).get("S3Uri", "")
        for channel in channels
    }


def _processing_inputs(inputs: list[dict[str, Any]]) -> dict[str, str]:
    return {
        entry["InputName"]: f"{entry['S3Input']['S3Uri']} at {entry['S3Input'].get('LocalPath')}"
        for entry in inputs
        if "S3Input" in entry
    }
