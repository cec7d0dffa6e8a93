"""What running jobs say of themselves: how far a tuning job is, what a training job does."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from pipelines import job as jobs
from pipelines.execution import Execution, Step

# Source: API_TrainingJobStatusCounters; after a retryable error a training job is tried again.
_ENDED_COUNTERS = ("Completed", "NonRetryableError", "Stopped")


def detailing(sagemaker: Any) -> Callable[[Execution], Execution]:
    """Gives the function that adds to each running step what its job says: one call a step."""
    name_of = cache(lambda kind, arn: jobs.name_of_job(sagemaker, kind, arn))

    def detail(step: Step) -> str:
        describe = _DETAILS.get(step.type)
        if step.status != "Executing" or describe is None or not step.arn:
            return ""
        try:
            return describe(sagemaker, name_of(step.type, step.arn))
        except ClientError:
            # Who may read the execution but not its jobs sees the steps' statuses all the same.
            return ""

    def add(execution: Execution) -> Execution:
        steps = tuple(replace(step, detail=detail(step)) for step in execution.steps)
        return replace(execution, steps=steps)

    return add


def _tuning(sagemaker: Any, name: str) -> str:
    job = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    counters = job.get("TrainingJobStatusCounters", {})
    ended = sum(counters.get(counter, 0) for counter in _ENDED_COUNTERS)
    limits = job["HyperParameterTuningJobConfig"]["ResourceLimits"]
    most = limits.get("MaxNumberOfTrainingJobs")
    jobs_told = f"{ended} of {most} jobs" if most else f"{ended} jobs"
    best = job.get("BestTrainingJob", {}).get("FinalHyperParameterTuningJobObjectiveMetric")
    return f"{jobs_told}, best {best['MetricName']} {best['Value']:.5g}" if best else jobs_told


def _training(sagemaker: Any, name: str) -> str:
    return str(sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"])


_DETAILS: Mapping[str, Callable[[Any, str], str]] = {
    "TuningJob": _tuning,
    "TrainingJob": _training,
}
