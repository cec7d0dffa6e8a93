"""A tuning job and its training jobs, as AWS describes them."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MINIMIZE = "Minimize"
SUCCEEDED = "Succeeded"
CATEGORICAL = "Categorical"
# Source: API_HyperParameterTrainingJobSummary, TrainingJobStatus.
TERMINAL = ("Completed", "Failed", "Stopped", "Deleting")


@dataclass(frozen=True)
class Objective:
    """The metric that the training jobs are compared by."""

    metric: str
    type: str

    @property
    def is_minimised(self) -> bool:
        """Whether less is better."""
        return self.type == MINIMIZE


@dataclass(frozen=True)
class Range:
    """What a hyperparameter may be: `values` of a categorical one, else the two ends.

    Attributes:
        kind: Integer, Continuous or Categorical.
    """

    name: str
    kind: str
    values: tuple[str, ...] = ()
    minimum: float = math.nan
    maximum: float = math.nan
    scaling: str = "Auto"


@dataclass(frozen=True)
class TrainingJob:
    """One training job of a tuning job.

    Attributes:
        value: The objective at its end; None without one, or when it does not count.
        reason: Why it failed, "" if it did not.
    """

    name: str
    status: str
    value: float | None
    hyperparameters: Mapping[str, str]
    created: datetime
    started: datetime | None
    ended: datetime | None
    reason: str

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.status not in TERMINAL

    def seconds(self, now: datetime) -> float | None:
        """How long it has trained, up to `now` if it does so still; None before it starts."""
        if self.started is None:
            return None
        return max(0.0, ((self.ended or now) - self.started).total_seconds())


@dataclass(frozen=True)
class Definition:
    """One training job definition, and the training jobs made by it.

    Most tuning jobs have one, without a name. Several are several searches within one job.
    """

    name: str
    objective: Objective
    ranges: tuple[Range, ...]
    static: Mapping[str, str]
    image: str
    jobs: tuple[TrainingJob, ...]

    def best_first(self) -> list[TrainingJob]:
        """The training jobs by their objective; behind them, by time, those that have none."""
        sign = 1.0 if self.objective.is_minimised else -1.0

        def place(job: TrainingJob) -> tuple[bool, float, datetime]:
            return (job.value is None, sign * (job.value or 0.0), job.created)

        return sorted(self.jobs, key=place)

    @property
    def best(self) -> TrainingJob | None:
        """The training job with the best objective, the earlier one of equals."""
        first = next(iter(self.best_first()), None)
        return first if first is not None and first.value is not None else None


@dataclass(frozen=True)
class TuningJob:
    """A tuning job, ended or not.

    Attributes:
        settings: What it was told to do and when to stop, in words, in the order of the page.
        overall_best: Name and objective of the best training job of it and its parents; of a warm
            start on the same data only.
    """

    name: str
    arn: str
    status: str
    reason: str
    created: datetime
    ended: datetime | None
    strategy: str
    settings: Mapping[str, str]
    definitions: tuple[Definition, ...]
    overall_best: tuple[str, float] | None

    @property
    def jobs(self) -> list[TrainingJob]:
        """The training jobs of all definitions in the order in which they were made."""
        made = [job for definition in self.definitions for job in definition.jobs]
        return sorted(made, key=lambda job: (job.created, job.name))


def read_tuning_job(sagemaker: Any, name: str) -> TuningJob:
    """Asks for a tuning job and all its training jobs."""
    described = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=name, SortBy="CreationTime", SortOrder="Ascending"
    )
    summaries = [summary for page in pages for summary in page["TrainingJobSummaries"]]
    config = described["HyperParameterTuningJobConfig"]
    return TuningJob(
        name=described["HyperParameterTuningJobName"],
        arn=described["HyperParameterTuningJobArn"],
        status=described["HyperParameterTuningJobStatus"],
        reason=described.get("FailureReason", ""),
        created=described["CreationTime"],
        ended=described.get("HyperParameterTuningEndTime"),
        strategy=config["Strategy"],
        settings=dict(_settings(described, config)),
        definitions=tuple(_definitions(described, config, summaries)),
        overall_best=_overall_best(described),
    )


def _definitions(
    described: Mapping[str, Any], config: Mapping[str, Any], summaries: list[dict[str, Any]]
) -> Iterator[Definition]:
    several = described.get("TrainingJobDefinitions")
    for entry in several or [described.get("TrainingJobDefinition", {})]:
        name = entry.get("DefinitionName", "") if several else ""
        own = [s for s in summaries if not several or s.get("TrainingJobDefinitionName") == name]
        aim = entry.get("TuningObjective") or config.get("HyperParameterTuningJobObjective", {})
        specification = entry.get("AlgorithmSpecification", {})
        yield Definition(
            name=name,
            objective=Objective(aim.get("MetricName", "objective"), aim.get("Type", MINIMIZE)),
            ranges=tuple(
                _ranges(entry.get("HyperParameterRanges") or config.get("ParameterRanges", {}))
            ),
            static=entry.get("StaticHyperParameters", {}),
            image=specification.get("TrainingImage") or specification.get("AlgorithmName", ""),
            jobs=tuple(map(_training_job, own)),
        )


def _ranges(ranges: Mapping[str, Any]) -> Iterator[Range]:
    for kind in ("Integer", "Continuous"):
        for entry in ranges.get(f"{kind}ParameterRanges", ()):
            yield Range(
                entry["Name"],
                kind,
                minimum=float(entry["MinValue"]),
                maximum=float(entry["MaxValue"]),
                scaling=entry.get("ScalingType", "Auto"),
            )
    for entry in ranges.get("CategoricalParameterRanges", ()):
        yield Range(entry["Name"], CATEGORICAL, values=tuple(map(_plain, entry["Values"])))


def _training_job(summary: Mapping[str, Any]) -> TrainingJob:
    metric = summary.get("FinalHyperParameterTuningJobObjectiveMetric")
    # A failed job may have printed its objective before it failed; the search does not count it.
    counts = metric is not None and summary.get("ObjectiveStatus", SUCCEEDED) == SUCCEEDED
    value = float(metric["Value"]) if metric is not None and counts else math.nan
    return TrainingJob(
        name=summary["TrainingJobName"],
        status=summary["TrainingJobStatus"],
        value=value if math.isfinite(value) else None,
        hyperparameters={n: _plain(v) for n, v in summary["TunedHyperParameters"].items()},
        created=summary["CreationTime"],
        started=summary.get("TrainingStartTime"),
        ended=summary.get("TrainingEndTime"),
        reason=summary.get("FailureReason", ""),
    )


def _plain(value: str) -> str:
    """A categorical value without the quotation marks that the SageMaker SDK puts around it."""
    is_quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1] if is_quoted else value


def _overall_best(described: Mapping[str, Any]) -> tuple[str, float] | None:
    best = described.get("OverallBestTrainingJob", {})
    metric = best.get("FinalHyperParameterTuningJobObjectiveMetric")
    return (best["TrainingJobName"], float(metric["Value"])) if metric else None


def _settings(described: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    limits = config.get("ResourceLimits", {})
    yield "Strategy", config["Strategy"]
    for strategy, members in config.get("StrategyConfig", {}).items():
        yield strategy, _members(members)
    yield "Training jobs at most", str(limits.get("MaxNumberOfTrainingJobs", "not limited"))
    yield "Side by side at most", str(limits.get("MaxParallelTrainingJobs", "not limited"))
    if "MaxRuntimeInSeconds" in limits:
        yield "Seconds at most", str(limits["MaxRuntimeInSeconds"])
    yield "Early stopping", config.get("TrainingJobEarlyStoppingType", "Off")
    if "RandomSeed" in config:
        yield "Seed", str(config["RandomSeed"])
    if config.get("TuningJobCompletionCriteria"):
        yield "Ends also by", _members(config["TuningJobCompletionCriteria"])
    if described.get("Autotune"):
        yield "Autotune", str(described["Autotune"].get("Mode", ""))
    warm = described.get("WarmStartConfig")
    if warm:
        parents = [p["HyperParameterTuningJobName"] for p in warm["ParentHyperParameterTuningJobs"]]
        yield "Warm start", f"{warm['WarmStartType']} from {', '.join(parents)}"


def _members(value: Mapping[str, Any]) -> str:
    """The members of a structure in words, those of its structures behind their name."""
    told = []
    for name, member in value.items():
        inner = _members(member) if isinstance(member, Mapping) else str(member)
        told.append(f"{name} {inner}")
    return ", ".join(told)
