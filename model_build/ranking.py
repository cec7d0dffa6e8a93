"""Training jobs of a pipeline, found by Search alone, and their order by a metric."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

EXECUTION_TAG, STEP_TAG = "sagemaker:pipeline-execution-arn", "sagemaker:pipeline-step-name"
# What containers and tuning jobs add to a script's own hyperparameters.
_PLUMBING = ("sagemaker_", "_")
_PAGE_SIZE = 100
# Metrics of AWS's built-in algorithms, by the last word of their names.
_LOWER_IS_BETTER = frozenset(
    {"cross_entropy", "error", "logloss", "loss", "mae", "mape", "mean_absolute_error"}
    | {"mean_squared_error", "merror", "mlogloss", "mse", "perplexity", "rmse", "rmsle"}
)
_HIGHER_IS_BETTER = frozenset(
    {"accuracy", "auc", "aucpr", "f1", "f1_score", "map", "ndcg", "precision", "r2", "recall"}
)


class NoSuchPipeline(Exception):
    """SageMaker has no pipeline of that name."""


class UnknownMetric(Exception):
    """None of the jobs has the metric; the text says which there are."""


@dataclass(frozen=True)
class TrainedJob:
    """A training job of a pipeline.

    Attributes:
        step: The pipeline step that made it, "" where AWS does not tell.
        execution: The id of the execution.
        metrics: The last value of each metric.
        hyperparameters: The script's own, as text.
        seconds: How long it trained, None while it does.
    """

    name: str
    status: str
    step: str
    execution: str
    tuning_job: str
    created: datetime
    seconds: int | None
    metrics: Mapping[str, float]
    hyperparameters: Mapping[str, str]


@dataclass(frozen=True)
class Objective:
    """What jobs are ranked by, and whether the lowest value is the best."""

    metric: str
    is_minimized: bool


@dataclass(frozen=True)
class Ranking:
    """The jobs that have the metric, the best first, and how many have not."""

    pipeline: str
    objective: Objective
    jobs: Sequence[TrainedJob]
    unranked: int

    def differing(self) -> list[str]:
        """The hyperparameters that are not the same in all the jobs, in order of their names."""
        return [name for name, values in self._values().items() if len(values) > 1]

    def constant(self) -> dict[str, str]:
        """The hyperparameters that are the same in all the jobs."""
        found = {name: values for name, values in self._values().items() if len(values) == 1}
        return {name: str(next(iter(values))) for name, values in found.items()}

    def _values(self) -> dict[str, set[str | None]]:
        names = sorted({name for job in self.jobs for name in job.hyperparameters})
        return {name: {job.hyperparameters.get(name) for job in self.jobs} for name in names}


def find_jobs(sagemaker: Any, pipeline_name: str) -> list[TrainedJob]:
    """Every training job of every execution, those of tuning jobs too, newest first.

    SageMaker tags what a pipeline's steps make with the execution, and a tuning job hands its tags
    on to its training jobs.

    Raises:
        NoSuchPipeline: There is no pipeline of that name.
    """
    found = _search(sagemaker, "TrainingJob", _of_pipeline(sagemaker, pipeline_name))
    return [_job(record["TrainingJob"]) for record in found]


def tuned_objectives(sagemaker: Any, pipeline_name: str) -> list[Objective]:
    """What the pipeline's tuning jobs were told to improve, the newest first, each once.

    Raises:
        NoSuchPipeline: There is no pipeline of that name.
    """
    condition = _of_pipeline(sagemaker, pipeline_name)
    objectives: dict[Objective, None] = {}
    for record in _search(sagemaker, "HyperParameterTuningJob", condition):
        job = record["HyperParameterTuningJob"]
        for asked in _objectives_of(job):
            objectives[Objective(asked["MetricName"], asked["Type"] == "Minimize")] = None
    return list(objectives)


def _objectives_of(tuning_job: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    config = tuning_job.get("HyperParameterTuningJobConfig", {})
    if "HyperParameterTuningJobObjective" in config:
        yield config["HyperParameterTuningJobObjective"]
    for definition in tuning_job.get("TrainingJobDefinitions", ()):
        if "TuningObjective" in definition:
            yield definition["TuningObjective"]


def _of_pipeline(sagemaker: Any, name: str) -> dict[str, str]:
    named = {"Name": "PipelineName", "Operator": "Equals", "Value": name}
    found = [record["Pipeline"] for record in _search(sagemaker, "Pipeline", named)]
    if not found:
        raise NoSuchPipeline(f"There is no pipeline {name!r}. run-pipeline makes and runs one.")
    value = f"{found[0]['PipelineArn']}/execution/"
    return {"Name": f"Tags.{EXECUTION_TAG}", "Operator": "Contains", "Value": value}


def _search(sagemaker: Any, resource: str, condition: dict[str, str]) -> Iterator[dict[str, Any]]:
    pages = sagemaker.get_paginator("search").paginate(
        Resource=resource,
        SearchExpression={"Filters": [condition]},
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=_PAGE_SIZE,
    )
    for page in pages:
        yield from page["Results"]


def _job(record: Mapping[str, Any]) -> TrainedJob:
    tags = {tag["Key"]: tag["Value"] for tag in record.get("Tags", ())}
    return TrainedJob(
        name=record["TrainingJobName"],
        status=record["TrainingJobStatus"],
        step=tags.get(STEP_TAG, ""),
        execution=tags.get(EXECUTION_TAG, "").rpartition("/")[2],
        tuning_job=record.get("TuningJobArn", "").rpartition("/")[2],
        created=record["CreationTime"],
        seconds=record.get("TrainingTimeInSeconds"),
        metrics={
            metric["MetricName"]: metric["Value"]
            for metric in record.get("FinalMetricDataList", ())
        },
        hyperparameters={
            name: _plain(value)
            for name, value in record.get("HyperParameters", {}).items()
            if not name.startswith(_PLUMBING)
        },
    )


def _plain(value: str) -> str:
    """The SageMaker SDK writes a hyperparameter as JSON, so a text within quotes."""
    try:
        read = json.loads(value)
    except ValueError:
        return value
    return read if isinstance(read, str) else value


def choose_objective(
    jobs: Iterable[TrainedJob],
    tuned: Sequence[Objective],
    metric: str | None,
    is_minimized: bool | None,
) -> Objective:
    """What to rank by: the metric asked for, else what the tuning jobs improve.

    Without a direction it is that of the tuning jobs, else that of a metric of a known name.

    Raises:
        UnknownMetric: No job has the metric; or no metric is given and none can be told; or nobody
            says whether the lowest or the highest is the best.
    """
    known = sorted({name for job in jobs for name in job.metrics})
    chosen = metric or (tuned[0].metric if tuned else None)
    choice = ", ".join(known) or "none: give the training step metric definitions"
    if chosen is None:
        raise UnknownMetric(f"Missing: --metric. The jobs' metrics are {choice}.")
    if chosen not in known:
        raise UnknownMetric(f"No job has the metric {chosen!r}. The jobs' metrics are {choice}.")
    direction = is_minimized
    if direction is None:
        direction = next((each.is_minimized for each in tuned if each.metric == chosen), None)
    if direction is None:
        direction = _usual_direction(chosen)
    if direction is None:
        raise UnknownMetric(
            f"Missing: --minimize or --maximize. Nothing tells whether a low {chosen} is good."
        )
    return Objective(chosen, direction)


def _usual_direction(metric: str) -> bool | None:
    word = re.split(r"[:\s/.]", metric.lower())[-1]
    if word in _LOWER_IS_BETTER:
        return True
    return False if word in _HIGHER_IS_BETTER else None


def rank(pipeline: str, jobs: Sequence[TrainedJob], objective: Objective) -> Ranking:
    """The jobs in order, the earlier one first of equals."""
    ranked = sorted(
        (job for job in jobs if objective.metric in job.metrics),
        key=lambda job: (
            job.metrics[objective.metric] * (1 if objective.is_minimized else -1),
            job.created,
        ),
    )
    return Ranking(pipeline, objective, ranked, len(jobs) - len(ranked))
