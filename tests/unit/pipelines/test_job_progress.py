"""What running jobs say of themselves."""

from typing import Any

import pytest

from pipelines.execution import Execution, Step
from pipelines.job_progress import detailing
from tests.unit.pipelines.aws_in_memory import Client, client_error

JOBS = "arn:aws:sagemaker:us-east-1:123456789012"
TUNING_ARN = f"{JOBS}:hyper-parameter-tuning-job/abcdefghijkl-tune-xyz"
TRAINING_ARN = f"{JOBS}:training-job/pipelines-abcdefghijkl-train-xyz"
# As ARNs have it in lower case. Source: https://github.com/boto/boto3/issues/4606
TUNING_NAME, TRAINING_NAME = "abcdefghijkl-Tune-xyz", "pipelines-abcdefghijkl-Train-xyz"


def execution(*steps: Step) -> Execution:
    return Execution("arn", "Executing", "", steps)


def step(name: str, status: str, **metadata: Any) -> Step:
    return Step(name, status, None, None, "", "", 1, metadata)


def tuning(limits: dict[str, int], counters: dict[str, int], **members: Any) -> dict[str, Any]:
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxParallelTrainingJobs": 2, **limits},
        },
        "TrainingJobStatusCounters": counters,
        **members,
    }


def client(**answers: Any) -> Client:
    tuning_job = {
        "HyperParameterTuningJobName": TUNING_NAME,
        "HyperParameterTuningJobArn": TUNING_ARN,
    }
    training_job = {"TrainingJobName": TRAINING_NAME, "TrainingJobArn": TRAINING_ARN}
    listed = {
        "list_hyper_parameter_tuning_jobs": {"HyperParameterTuningJobSummaries": [tuning_job]},
        "list_training_jobs": {"TrainingJobSummaries": [training_job]},
    }
    return Client("sagemaker", listed | answers)


def details(sagemaker: Client, *steps: Step) -> list[str]:
    return [found.detail for found in detailing(sagemaker)(execution(*steps)).steps]


TUNE = step("Tune", "Executing", TuningJob={"Arn": TUNING_ARN})
TRAIN = step("Train", "Executing", TrainingJob={"Arn": TRAINING_ARN})
COUNTERS = {
    "Completed": 1, "InProgress": 2, "RetryableError": 1, "NonRetryableError": 1, "Stopped": 1,
}  # fmt: skip


def test_a_tuning_job_tells_how_many_of_its_jobs_have_ended() -> None:
    sagemaker = client(
        describe_hyper_parameter_tuning_job=tuning({"MaxNumberOfTrainingJobs": 6}, COUNTERS)
    )

    assert details(sagemaker, TUNE) == ["3 of 6 jobs"]
    (request,) = sagemaker.requests_of("describe_hyper_parameter_tuning_job")
    assert request == {"HyperParameterTuningJobName": TUNING_NAME}


def test_a_tuning_job_that_is_limited_by_time_has_no_number_to_reach() -> None:
    limits = {"MaxRuntimeInSeconds": 600}
    sagemaker = client(describe_hyper_parameter_tuning_job=tuning(limits, COUNTERS))
    assert details(sagemaker, TUNE) == ["3 jobs"]


def test_a_tuning_job_tells_the_best_value_so_far() -> None:
    best = {
        "TrainingJobName": "best",
        "TrainingJobArn": TRAINING_ARN,
        "FinalHyperParameterTuningJobObjectiveMetric": {
            "MetricName": "validation:rmse",
            "Value": 0.9312345,
        },
    }
    sagemaker = client(
        describe_hyper_parameter_tuning_job=tuning(
            {"MaxNumberOfTrainingJobs": 6}, COUNTERS, BestTrainingJob=best
        )
    )
    assert details(sagemaker, TUNE) == ["3 of 6 jobs, best validation:rmse 0.93123"]


def test_a_training_job_tells_its_secondary_status() -> None:
    sagemaker = client(describe_training_job={"SecondaryStatus": "Downloading"})
    assert details(sagemaker, TRAIN) == ["Downloading"]
    (request,) = sagemaker.requests_of("describe_training_job")
    assert request == {"TrainingJobName": TRAINING_NAME}


def test_a_refresh_is_one_call_for_each_such_step() -> None:
    sagemaker = client(describe_training_job={"SecondaryStatus": "Training"})
    add = detailing(sagemaker)
    for _ in range(3):
        add(execution(TRAIN))
    assert len(sagemaker.requests_of("list_training_jobs")) == 1
    assert len(sagemaker.requests_of("describe_training_job")) == 3


@pytest.mark.parametrize(
    "other",
    [
        step("Train", "Succeeded", TrainingJob={"Arn": TRAINING_ARN}),
        step("Train", "Starting"),
        step("Train", "Executing", TrainingJob={}),
        step("Prepare", "Executing", ProcessingJob={"Arn": f"{JOBS}:processing-job/p"}),
        step("Check", "Executing", Condition={"Outcome": "True"}),
    ],
)
def test_of_other_steps_nothing_is_asked(other: Step) -> None:
    sagemaker = client()
    assert details(sagemaker, other) == [""]
    assert sagemaker.requests == []


def test_a_step_is_followed_even_if_its_job_may_not_be_described() -> None:
    denied = client_error("AccessDeniedException", "not authorized", "DescribeTrainingJob")
    assert details(client(describe_training_job=denied), TRAIN) == [""]
