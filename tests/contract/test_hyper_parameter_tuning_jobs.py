"""Hyperparameter tuning jobs, through boto3 against a running emulator."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.jobs import RESOURCES, WAIT_SECONDS, JobLab, error_of, trainer_image

OBJECTIVE = {"Type": "Minimize", "MetricName": "validation:rmse"}

# The loss is least, 1, at eta = 0.3.
LOSS = """
import json
given = json.load(open("/opt/ml/input/config/hyperparameters.json"))
print("rmse=%r" % (1 + (float(given["eta"]) - 0.3) ** 2))
"""

Unique = Callable[[str], str]


class TuningLab(JobLab):
    """Tuning jobs."""

    noun = "HyperParameterTuningJob"

    def definition(self, code: str, **members: Any) -> dict[str, Any]:
        key = f"code/{abs(hash(code)):x}/train.py"
        self.put(key, code.encode())
        uri = f"s3://{self.bucket}/{key.rpartition('/')[0]}"
        source = {"S3DataType": "S3Prefix", "S3Uri": uri}
        return {
            "AlgorithmSpecification": {
                "TrainingImage": trainer_image(self.emulator),
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "validation:rmse", "Regex": "rmse=([0-9.]+)"}],
            },
            "RoleArn": ROLE_ARN,
            "InputDataConfig": [{"ChannelName": "code", "DataSource": {"S3DataSource": source}}],
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/models"},
            "ResourceConfig": dict(RESOURCES),
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            "StaticHyperParameters": {"objective": "reg:squarederror"},
            **members,
        }

    def request(
        self, name: str, *, code: str = LOSS, jobs: int = 4, parallel: int = 2, **config: Any
    ) -> dict[str, Any]:
        return {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobConfig": {
                "Strategy": "Random",
                "HyperParameterTuningJobObjective": OBJECTIVE,
                "ResourceLimits": {
                    "MaxNumberOfTrainingJobs": jobs,
                    "MaxParallelTrainingJobs": parallel,
                },
                "ParameterRanges": ETA,
                "RandomSeed": 7,
                **config,
            },
            "TrainingJobDefinition": self.definition(code),
        }

    def training_jobs(self, name: str, **members: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            self.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=name, **members
            )["TrainingJobSummaries"]
        )
        return found


ETA = {
    "ContinuousParameterRanges": [
        {"Name": "eta", "MinValue": "0.1", "MaxValue": "0.9", "ScalingType": "Linear"}
    ]
}


@pytest.fixture
def lab(emulator: EmulatorProcess, bucket: str) -> TuningLab:
    return TuningLab(emulator, bucket)


@pytest.fixture
def name(unique: Unique) -> str:
    return unique("t")[-20:].strip("-")


def etas(jobs: list[dict[str, Any]]) -> list[str]:
    return [job["TunedHyperParameters"]["eta"] for job in jobs]


def objective(job: dict[str, Any]) -> float:
    value: float = job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
    return value


def test_training_jobs_are_started_and_the_best_is_named(lab: TuningLab, name: str) -> None:
    job = lab.run(name)
    assert job["HyperParameterTuningJobStatus"] == "Completed", job.get("FailureReason")
    assert job["TrainingJobStatusCounters"] == {
        "Completed": 4,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 0,
    }
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    jobs = lab.training_jobs(name)
    best = job["BestTrainingJob"]
    assert objective(best) == min(objective(each) for each in jobs)
    expected = 1 + (float(best["TunedHyperParameters"]["eta"]) - 0.3) ** 2
    assert objective(best) == pytest.approx(expected)
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["MetricName"] == "validation:rmse"


def test_a_training_job_gets_static_and_tuned_hyperparameters_and_its_objective(
    lab: TuningLab, name: str
) -> None:
    lab.run(name, jobs=1)
    (summary,) = lab.training_jobs(name)
    assert re.fullmatch(rf"{name}-001-[0-9a-f]{{8}}", summary["TrainingJobName"])
    training = lab.sagemaker.describe_training_job(TrainingJobName=summary["TrainingJobName"])
    assert training["HyperParameters"] == {
        "objective": "reg:squarederror",
        "eta": summary["TunedHyperParameters"]["eta"],
        "_tuning_objective_metric": "validation:rmse",
    }
    assert training["TuningJobArn"].endswith(f"hyper-parameter-tuning-job/{name}")
    assert 0.1 <= float(summary["TunedHyperParameters"]["eta"]) <= 0.9


# Source: HyperparameterTuner.attach of the SageMaker Python SDK 2, which reads the objective and
# the key of every job; AWS's answer in issue 1817 of aws/sagemaker-python-sdk.
def test_a_definition_is_described_with_what_sagemaker_adds(lab: TuningLab, name: str) -> None:
    definition = lab.run(name, jobs=1)["TrainingJobDefinition"]
    assert definition["StaticHyperParameters"] == {
        "objective": "reg:squarederror",
        "_tuning_objective_metric": "validation:rmse",
    }
    assert definition["OutputDataConfig"]["KmsKeyId"] == ""
    assert definition["EnableNetworkIsolation"] is False
    assert definition["EnableInterContainerTrafficEncryption"] is False
    assert definition["EnableManagedSpotTraining"] is False


# Source: Tags of CreateHyperParameterTuningJob in the API reference: "Tags that you specify for the
# tuning job are also added to all training jobs that the tuning job launches".
def test_the_tuning_jobs_tags_are_on_its_training_jobs(lab: TuningLab, name: str) -> None:
    tags = [{"Key": "sagemaker:project-name", "Value": "books"}, {"Key": "team", "Value": ""}]
    request = lab.request(name, jobs=1)
    lab.sagemaker.create_hyper_parameter_tuning_job(**request, Tags=tags)
    lab.finished(name)
    (summary,) = lab.training_jobs(name)
    found = lab.sagemaker.list_tags(ResourceArn=summary["TrainingJobArn"])["Tags"]
    assert found == tags


@pytest.mark.parametrize("strategy", ["Random", "Bayesian"])
def test_the_same_seed_leads_to_the_same_values(lab: TuningLab, name: str, strategy: str) -> None:
    first = lab.start(f"{name}-1", Strategy=strategy, jobs=5, parallel=1)
    second = lab.start(f"{name}-2", Strategy=strategy, jobs=5, parallel=1)
    other = lab.start(f"{name}-3", Strategy=strategy, jobs=5, RandomSeed=8)
    for each in (first, second, other):
        lab.finished(each)
    values = etas(lab.training_jobs(first))
    assert len(set(values)) == 5
    assert values == etas(lab.training_jobs(second))
    assert values != etas(lab.training_jobs(other))


def test_a_grid_tries_every_combination_once(lab: TuningLab, name: str) -> None:
    ranges = {
        "CategoricalParameterRanges": [
            {"Name": "eta", "Values": ["0.1", "0.3"]},
            {"Name": "depth", "Values": ["2", "3", "4"]},
        ]
    }
    job = lab.run(name, Strategy="Grid", ParameterRanges=ranges, jobs=6)
    assert job["HyperParameterTuningJobStatus"] == "Completed", job.get("FailureReason")
    tried = sorted(tuple(item["TunedHyperParameters"].values()) for item in lab.training_jobs(name))
    assert tried == sorted((eta, depth) for eta in ("0.1", "0.3") for depth in ("2", "3", "4"))
    assert job["BestTrainingJob"]["TunedHyperParameters"]["eta"] == "0.3"


def test_training_jobs_are_sorted_by_their_objective(lab: TuningLab, name: str) -> None:
    lab.run(name)
    ascending = lab.training_jobs(name, SortBy="FinalObjectiveMetricValue")
    descending = lab.training_jobs(name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    values = [objective(job) for job in ascending]
    assert values == sorted(values)
    assert [objective(job) for job in descending] == values[::-1]
    by_name = [job["TrainingJobName"] for job in lab.training_jobs(name)]
    assert by_name == sorted(by_name)


def test_no_more_training_jobs_run_at_a_time_than_allowed(lab: TuningLab, name: str) -> None:
    lab.run(name, jobs=4, parallel=2)
    jobs = lab.training_jobs(name)
    spans = [(job["CreationTime"], job["TrainingEndTime"]) for job in jobs]
    assert max(sum(a <= start < b for a, b in spans) for start, _ in spans) <= 2


def test_the_target_objective_ends_the_tuning_job(lab: TuningLab, name: str) -> None:
    criteria = {"TargetObjectiveMetricValue": 100.0}
    job = lab.run(name, jobs=50, parallel=1, TuningJobCompletionCriteria=criteria)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == 1


def test_an_objective_that_does_not_improve_ends_the_tuning_job(lab: TuningLab, name: str) -> None:
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}
    members = lab.request(
        name, code="print('rmse=1.0')", jobs=50, parallel=1, TuningJobCompletionCriteria=criteria
    )
    job = lab.finished(lab.create(members))
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == 4
    details = job["TuningJobCompletionDetails"]
    assert details["NumberOfTrainingJobsObjectiveNotImproving"] == 3


EPOCHS = """
import json, signal, sys, time
given = json.load(open("/opt/ml/input/config/hyperparameters.json"))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
bad = given["quality"] != "good"
for epoch in range(5):
    print("rmse=%r" % (9.0 if bad else 1.0), flush=True)
if bad:
    time.sleep(30)
"""


def test_early_stopping_ends_a_training_job_that_falls_behind(lab: TuningLab, name: str) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "quality", "Values": ["good", "bad"]}]}
    members = lab.request(
        name,
        code=EPOCHS,
        Strategy="Grid",
        jobs=2,
        parallel=1,
        ParameterRanges=ranges,
        TrainingJobEarlyStoppingType="Auto",
    )
    job = lab.finished(lab.create(members))
    assert job["HyperParameterTuningJobStatus"] == "Completed", job.get("FailureReason")
    statuses = {
        item["TunedHyperParameters"]["quality"]: item["TrainingJobStatus"]
        for item in lab.training_jobs(name)
    }
    assert statuses == {"good": "Completed", "bad": "Stopped"}
    assert job["TrainingJobStatusCounters"]["Stopped"] == 1


def test_hyperband_stops_weak_training_jobs_before_their_last_epoch(
    lab: TuningLab, name: str
) -> None:
    code = """
import json, signal, sys, time
eta = float(json.load(open("/opt/ml/input/config/hyperparameters.json"))["eta"])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
for epoch in range(9):
    print("rmse=%r" % (1 + eta), flush=True)
    time.sleep(0.02)
"""
    strategy = {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}}
    members = lab.request(
        name, code=code, Strategy="Hyperband", StrategyConfig=strategy, jobs=8, parallel=1
    )
    job = lab.finished(lab.create(members))
    assert job["HyperParameterTuningJobStatus"] == "Completed", job.get("FailureReason")
    assert job["TrainingJobStatusCounters"]["Stopped"] >= 1
    assert job["ObjectiveStatusCounters"]["Succeeded"] == 8


def test_a_warm_start_learns_from_its_parent(lab: TuningLab, name: str) -> None:
    parent = lab.start(f"{name}-p", jobs=6)
    lab.finished(parent)
    warm = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": parent}],
        "WarmStartType": "IdenticalDataAndAlgorithm",
    }
    members = lab.request(f"{name}-c", jobs=2, parallel=1, Strategy="Bayesian")
    job = lab.finished(lab.create({**members, "WarmStartConfig": warm}))
    assert job["HyperParameterTuningJobStatus"] == "Completed", job.get("FailureReason")
    everything = lab.training_jobs(parent) + lab.training_jobs(f"{name}-c")
    assert objective(job["OverallBestTrainingJob"]) == min(map(objective, everything))
    cold = lab.request(f"{name}-x", jobs=2, parallel=1, Strategy="Bayesian")
    lab.finished(lab.create(cold))
    assert etas(lab.training_jobs(f"{name}-c")) != etas(lab.training_jobs(f"{name}-x"))


def test_transfer_learning_tries_first_what_was_best(lab: TuningLab, name: str) -> None:
    parent = lab.start(f"{name}-p", jobs=4)
    best = lab.finished(parent)["BestTrainingJob"]["TunedHyperParameters"]
    warm = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": parent}],
        "WarmStartType": "TransferLearning",
    }
    lab.finished(lab.create({**lab.request(f"{name}-c", jobs=1), "WarmStartConfig": warm}))
    (job,) = lab.training_jobs(f"{name}-c")
    assert job["TunedHyperParameters"] == best


def test_several_definitions_take_turns(lab: TuningLab, name: str) -> None:
    members = lab.request(name, jobs=4)
    config = members["HyperParameterTuningJobConfig"]
    del config["HyperParameterTuningJobObjective"], config["ParameterRanges"]
    del members["TrainingJobDefinition"]
    members["TrainingJobDefinitions"] = [
        lab.definition(
            LOSS, DefinitionName=each, TuningObjective=OBJECTIVE, HyperParameterRanges=ETA
        )
        for each in ("first", "second")
    ]
    job = lab.finished(lab.create(members))
    assert job["HyperParameterTuningJobStatus"] == "Completed", job.get("FailureReason")
    names = [item["TrainingJobDefinitionName"] for item in lab.training_jobs(name)]
    assert names == ["first", "second", "first", "second"]


def test_stop_ends_the_tuning_job_and_its_training_jobs(lab: TuningLab, name: str) -> None:
    code = "print('ready', flush=True); import time; time.sleep(60)"
    lab.start(name, code=code, jobs=10)
    deadline = time.monotonic() + WAIT_SECONDS
    while not lab.training_jobs(name, StatusEquals="InProgress"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    lab.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    job = lab.finished(name)
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    statuses = {item["TrainingJobStatus"] for item in lab.training_jobs(name)}
    assert statuses == {"Stopped"}
    assert job["TrainingJobStatusCounters"]["InProgress"] == 0


def test_a_tuning_job_whose_training_jobs_all_fail_is_failed(lab: TuningLab, name: str) -> None:
    job = lab.run(name, code="raise SystemExit(1)", jobs=20, parallel=1)
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("No training job succeeded after 5 attempts.")
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 5


def test_a_tuning_job_without_an_objective_is_failed(lab: TuningLab, name: str) -> None:
    job = lab.run(name, code="print('loss=1')", jobs=2)
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        "No objective metrics found after running 2 training jobs."
    )
    assert job["ObjectiveStatusCounters"]["Failed"] == 2


def test_all_faults_of_a_request_are_answered_at_once(lab: TuningLab, name: str) -> None:
    members = lab.request(
        name,
        ParameterRanges={
            "IntegerParameterRanges": [{"Name": "depth", "MinValue": "nine", "MaxValue": "10"}],
            "ContinuousParameterRanges": [
                {"Name": "eta", "MinValue": "0.9", "MaxValue": "0.1"},
                {
                    "Name": "alpha",
                    "MinValue": "0",
                    "MaxValue": "1",
                    "ScalingType": "Logarithmic",
                },
                {"Name": "objective", "MinValue": "0", "MaxValue": "1"},
            ],
        },
        HyperParameterTuningJobObjective={"Type": "Maximize", "MetricName": "validation:auc"},
    )
    members["TrainingJobDefinition"]["RoleArn"] = "arn:aws:iam::123456789012:role/no-such-role"
    code, message = error_of(lab.sagemaker.create_hyper_parameter_tuning_job, **members)
    assert code == "ValidationException"
    for part in (
        "range of 'depth': MinValue 'nine'",
        "range of 'eta': MinValue 0.9 must not be greater than MaxValue 0.1",
        "range of 'alpha': Logarithmic scaling works only for values greater than 0",
        "[objective]",
        "the objective metric 'validation:auc' is none of the MetricDefinitions: validation:rmse",
        "no-such-role",
    ):
        assert part in message


def test_names_are_taken_once_and_missing_jobs_are_not_found(lab: TuningLab, name: str) -> None:
    call = lab.sagemaker.describe_hyper_parameter_tuning_job
    # Source: AWS's answers in issues 1540 and 2440 of aws/amazon-sagemaker-examples.
    assert error_of(call, HyperParameterTuningJobName=name) == (
        "ResourceNotFound",
        f"Amazon SageMaker can't find a tuning job called {name}. Type another name.",
    )
    lab.run(name, jobs=1)
    call = lab.sagemaker.create_hyper_parameter_tuning_job
    assert error_of(call, **lab.request(name, jobs=1)) == (
        "ResourceInUse",
        f"A hyperparameter tuning job with the name, {name}, already exists. Choose a different"
        " name.",
    )


def test_tuning_jobs_are_listed_with_their_counters(lab: TuningLab, name: str) -> None:
    lab.run(name, jobs=1)
    (summary,) = lab.sagemaker.list_hyper_parameter_tuning_jobs(NameContains=name)[
        "HyperParameterTuningJobSummaries"
    ]
    assert summary["Strategy"] == "Random"
    assert summary["TrainingJobStatusCounters"]["Completed"] == 1
    assert summary["ResourceLimits"]["MaxParallelTrainingJobs"] == 2


def test_a_tuning_job_that_died_with_the_emulator_is_failed_on_start(
    own_emulator: EmulatorProcess, name: str
) -> None:
    own_emulator.client("s3").create_bucket(Bucket="scripts")
    lab = TuningLab(own_emulator, "scripts")
    lab.start(name, code="import time; time.sleep(60)")
    deadline = time.monotonic() + WAIT_SECONDS
    while len(lab.training_jobs(name, StatusEquals="InProgress")) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    own_emulator.kill()
    own_emulator.start()
    job = lab.describe(name)
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("InternalServerError: ")
    # Source: API_TrainingJobStatusCounters: what an internal service error failed is retryable.
    assert job["TrainingJobStatusCounters"]["RetryableError"] == 2
    assert job["TrainingJobStatusCounters"]["InProgress"] == 0
    assert {each["TrainingJobStatus"] for each in lab.training_jobs(name)} == {"Failed"}
