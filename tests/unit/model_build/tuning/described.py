"""Tuning jobs as AWS describes them, for an AWS client in memory."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.unit.pipelines.aws_in_memory import Client

START = datetime(2026, 11, 26, 12, tzinfo=UTC)
NAME = "books-Tune-1"
ARN = f"arn:aws:sagemaker:eu-west-1:123456789012:hyper-parameter-tuning-job/{NAME}"
OBJECTIVE = {"Type": "Minimize", "MetricName": "validation:rmse"}
RANGES = {
    "ContinuousParameterRanges": [
        {"Name": "eta", "MinValue": "0.01", "MaxValue": "1", "ScalingType": "Logarithmic"}
    ],
    "IntegerParameterRanges": [
        {"Name": "depth", "MinValue": "2", "MaxValue": "8", "ScalingType": "Linear"}
    ],
    # The SageMaker SDK writes categorical values as JSON.
    "CategoricalParameterRanges": [{"Name": "booster", "Values": ['"gbtree"', '"dart"']}],
}


def training_job(
    number: int,
    value: float | None,
    *,
    status: str = "Completed",
    objective: Mapping[str, str] = OBJECTIVE,
    tuned: Mapping[str, str] | None = None,
    **members: Any,
) -> dict[str, Any]:
    """The summary of the number-th training job, which trains from minute to minute."""
    name = f"{NAME}-{number:03d}-abcdef01"
    summary: dict[str, Any] = {
        "TrainingJobName": name,
        "TrainingJobArn": f"arn:aws:sagemaker:eu-west-1:123456789012:training-job/{name}",
        "TuningJobName": NAME,
        "CreationTime": START + timedelta(minutes=number),
        "TrainingStartTime": START + timedelta(minutes=number, seconds=10),
        "TrainingEndTime": START + timedelta(minutes=number + 1),
        "TrainingJobStatus": status,
        "TunedHyperParameters": tuned
        or {"eta": f"{0.01 * number}", "depth": str(1 + number), "booster": '"dart"'},
        "ObjectiveStatus": "Succeeded" if value is not None else "Failed",
        **members,
    }
    if status == "InProgress":
        del summary["TrainingEndTime"]
        summary["ObjectiveStatus"] = "Pending"
    if value is not None:
        summary["FinalHyperParameterTuningJobObjectiveMetric"] = {**objective, "Value": value}
    return summary


def tuning_job(**members: Any) -> dict[str, Any]:
    return {
        "HyperParameterTuningJobName": NAME,
        "HyperParameterTuningJobArn": ARN,
        "HyperParameterTuningJobStatus": "Completed",
        "CreationTime": START,
        "HyperParameterTuningEndTime": START + timedelta(hours=1),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": OBJECTIVE,
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": RANGES,
            "TrainingJobEarlyStoppingType": "Auto",
            "RandomSeed": 7,
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {"seed": "0"},
            "AlgorithmSpecification": {"TrainingImage": "123.dkr/xgboost:1"},
        },
        "TrainingJobStatusCounters": {},
        "ObjectiveStatusCounters": {},
        **members,
    }


def client(described: Mapping[str, Any], summaries: list[dict[str, Any]], **answers: Any) -> Client:
    return Client(
        "sagemaker",
        {
            "describe_hyper_parameter_tuning_job": described,
            "list_training_jobs_for_hyper_parameter_tuning_job": {
                "TrainingJobSummaries": summaries
            },
            **answers,
        },
    )
