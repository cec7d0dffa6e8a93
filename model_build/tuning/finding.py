"""Which tuning job is meant, and which trainings to compare it with."""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

_ARN = re.compile(r"^arn:[^:]+:sagemaker:([^:]*):\d{12}:([a-z-]+)/(.+)$")


class NotFoundError(Exception):
    """There is no such tuning job; the message says what there is."""


@dataclass(frozen=True)
class Reference:
    """The objective of a training outside of the tuning job, to compare with."""

    label: str
    metric: str
    value: float


@dataclass(frozen=True)
class Found:
    """A tuning job and the training jobs of the same execution, by the names of their steps."""

    tuning_job_name: str
    training_jobs: dict[str, str]


def job_name(name_or_arn: str, kind: str) -> str:
    """The name in an ARN of this kind of job, or the name itself.

    Raises:
        NotFoundError: the ARN is one of something else.
    """
    if not name_or_arn.startswith("arn:"):
        return name_or_arn
    found = _ARN.match(name_or_arn)
    if found is None or found.group(2) != kind:
        raise NotFoundError(f"{name_or_arn} is not the ARN of a {kind.replace('-', ' ')}.")
    return found.group(3)


def region_of(name_or_arn: str) -> str:
    """The region that an ARN names, "" of anything else."""
    found = _ARN.match(name_or_arn)
    return found.group(1) if found else ""


def newest_of_pipeline(sagemaker: Any, pipeline_name: str) -> Found:
    """The tuning job that was started last in the newest execution which has one.

    Raises:
        NotFoundError: there is no such pipeline, or none of its executions has tuned.
    """
    count = 0
    for execution in _executions(sagemaker, pipeline_name):
        count += 1
        steps = list(_steps(sagemaker, execution["PipelineExecutionArn"]))
        tuned = [step for step in steps if _arn(step, "TuningJob")]
        if not tuned:
            continue
        last = max(tuned, key=lambda step: step["StartTime"])
        trained = {s["StepName"]: _arn(s, "TrainingJob") for s in steps if _arn(s, "TrainingJob")}
        return Found(
            job_name(_arn(last, "TuningJob"), "hyper-parameter-tuning-job"),
            {step: job_name(arn, "training-job") for step, arn in trained.items()},
        )
    raise NotFoundError(
        f"Pipeline {pipeline_name} has no tuning job in its executions; it has {count} of them."
    )


def references(
    sagemaker: Any, label: str, training_job_name: str, metrics: Set[str]
) -> list[Reference]:
    """The last value of each of the metrics that a training job has."""
    described = sagemaker.describe_training_job(TrainingJobName=training_job_name)
    return [
        Reference(label, metric["MetricName"], float(metric["Value"]))
        for metric in described.get("FinalMetricDataList", ())
        if metric["MetricName"] in metrics
    ]


def newest_names(sagemaker: Any, count: int) -> list[str]:
    """The names of the newest tuning jobs, for who has asked for one that is not there."""
    listed = sagemaker.list_hyper_parameter_tuning_jobs(
        SortBy="CreationTime", SortOrder="Descending", MaxResults=count
    )["HyperParameterTuningJobSummaries"]
    return [summary["HyperParameterTuningJobName"] for summary in listed]


def _executions(sagemaker: Any, pipeline_name: str) -> Iterator[dict[str, Any]]:
    pages = sagemaker.get_paginator("list_pipeline_executions").paginate(
        PipelineName=pipeline_name, SortBy="CreationTime", SortOrder="Descending"
    )
    try:
        for page in pages:
            yield from page["PipelineExecutionSummaries"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFound":
            raise
        raise NotFoundError(
            f"There is no pipeline {pipeline_name!r}. run-pipeline makes and runs one."
        ) from error


def _steps(sagemaker: Any, execution_arn: str) -> Iterator[dict[str, Any]]:
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=execution_arn
    )
    for page in pages:
        yield from page["PipelineExecutionSteps"]


def _arn(step: dict[str, Any], kind: str) -> str:
    arn: str = step.get("Metadata", {}).get(kind, {}).get("Arn", "")
    return arn
