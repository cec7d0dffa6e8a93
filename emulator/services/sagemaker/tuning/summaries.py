"""Training jobs as their tuning job sees them.

Everything here is derived from the training jobs' own documents, so it cannot disagree with them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.services.sagemaker.jobs import lifecycle
from emulator.services.sagemaker.jobs.kinds import TRAINING, TUNING

Summary = dict[str, Any]
Objective = Mapping[str, str]

SUCCEEDED = "Succeeded"
PENDING = "Pending"
FAILED = "Failed"

# Private members of a training job's document.
TUNED_KEY = "_TunedHyperParameters"
OBJECTIVE_KEY = "_Objective"
DEFINITION_NAME_KEY = "_TrainingJobDefinitionName"

_COPIED = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "TrainingJobStatus",
    "FailureReason",
)


def summaries_of(context: Context, tuning_job: Mapping[str, Any]) -> list[Summary]:
    """A summary of each training job that the tuning job has started, in that order."""
    name, arn = tuning_job[TUNING.name_key], tuning_job[TUNING.arn_key]
    return [
        summarise(name, document)
        for document in context.store.list(TRAINING.noun, f"{name}-")
        if document.get("TuningJobArn") == arn
    ]


def summarise(tuning_job_name: str, document: Mapping[str, Any]) -> Summary:
    """The HyperParameterTrainingJobSummary of a training job's document."""
    summary: Summary = {key: document[key] for key in _COPIED if key in document}
    summary["TuningJobName"] = tuning_job_name
    summary["TunedHyperParameters"] = document[TUNED_KEY]
    if DEFINITION_NAME_KEY in document:
        summary["TrainingJobDefinitionName"] = document[DEFINITION_NAME_KEY]
    value = _final_value(document)
    if value is not None:
        summary["FinalHyperParameterTuningJobObjectiveMetric"] = {
            **document[OBJECTIVE_KEY],
            "Value": value,
        }
    summary["ObjectiveStatus"] = _objective_status(document["TrainingJobStatus"], value)
    return summary


def _final_value(document: Mapping[str, Any]) -> float | None:
    metric = document[OBJECTIVE_KEY]["MetricName"]
    for item in document.get("FinalMetricDataList", ()):
        if item["MetricName"] == metric:
            return float(item["Value"])
    return None


def _objective_status(status: str, value: float | None) -> str:
    if status not in lifecycle.TERMINAL:
        return PENDING
    # A job that was stopped early has an objective too, and the search has learnt from it.
    return SUCCEEDED if status != lifecycle.FAILED and value is not None else FAILED


def objective_value(summary: Summary) -> float | None:
    """The objective that counts, if the training job gave one."""
    if summary["ObjectiveStatus"] != SUCCEEDED:
        return None
    return float(summary["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def best_of(summaries: Sequence[Summary]) -> Summary | None:
    """The training job with the best objective, the earlier one of equals."""
    found = [summary for summary in summaries if summary["ObjectiveStatus"] == SUCCEEDED]
    return min(found, key=_cost, default=None)


def _cost(summary: Summary) -> float:
    metric = summary["FinalHyperParameterTuningJobObjectiveMetric"]
    value = float(metric["Value"])
    return value if metric["Type"] == "Minimize" else -value


def counters(summaries: Sequence[Summary]) -> dict[str, dict[str, int]]:
    """TrainingJobStatusCounters and ObjectiveStatusCounters."""
    statuses = [summary["TrainingJobStatus"] for summary in summaries]
    objectives = [summary["ObjectiveStatus"] for summary in summaries]
    retryable = sum(_is_retryable(summary) for summary in summaries)
    return {
        "TrainingJobStatusCounters": {
            "Completed": statuses.count(lifecycle.COMPLETED),
            "InProgress": sum(status not in lifecycle.TERMINAL for status in statuses),
            "RetryableError": retryable,
            "NonRetryableError": statuses.count(lifecycle.FAILED) - retryable,
            "Stopped": statuses.count(lifecycle.STOPPED),
        },
        "ObjectiveStatusCounters": {
            status: objectives.count(status) for status in (SUCCEEDED, PENDING, FAILED)
        },
    }


def _is_retryable(summary: Summary) -> bool:
    """Source: API_TrainingJobStatusCounters, "only if an internal service error occurred"."""
    is_failed = summary["TrainingJobStatus"] == lifecycle.FAILED
    return bool(is_failed and summary.get("FailureReason", "").startswith("InternalServerError"))
