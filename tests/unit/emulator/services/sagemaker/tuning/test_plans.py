from typing import Any

import pytest

from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.sagemaker.tuning.plans import Plan, read_plan
from emulator.services.sagemaker.tuning.requests import training_job_request

CATEGORIES = {"CategoricalParameterRanges": [{"Name": "a", "Values": ["1", "2", "3"]}]}
NUMBERS = {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.1", "MaxValue": "1"}]}


def request(config: dict[str, Any], **definition: Any) -> dict[str, Any]:
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "auc"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": NUMBERS,
            **config,
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {
                "TrainingImage": "image:1",
                "MetricDefinitions": [{"Name": "auc", "Regex": "auc=(.*)"}],
            },
            **definition,
        },
    }


def read(config: dict[str, Any], **definition: Any) -> tuple[Plan | None, list[str]]:
    faults = Faults()
    plan = read_plan(request(config, **definition), faults)
    return plan, faults.of_the_caller


def test_hyperband_takes_its_resource_from_the_static_epochs() -> None:
    # Source: API_HyperbandStrategyConfig, MaxResource.
    plan, faults = read({"Strategy": "Hyperband"}, StaticHyperParameters={"epochs": "27"})
    assert faults == []
    assert plan is not None
    assert (plan.resource_min, plan.resource_max) == (1, 27)


def test_hyperband_without_a_resource_or_with_early_stopping_is_refused() -> None:
    _, faults = read({"Strategy": "Hyperband", "TrainingJobEarlyStoppingType": "Auto"})
    # Source: AWS's answer in issue 1243 of awslabs/graphstorm.
    answer = "MaxResource parameter is not provided and could not be inferred"
    assert any(fault.startswith(answer) for fault in faults)
    assert any("must be Off with the Hyperband strategy" in fault for fault in faults)


def test_the_number_of_jobs_of_a_grid_is_that_of_its_combinations() -> None:
    limits = {"MaxParallelTrainingJobs": 1}
    config = {"Strategy": "Grid", "ParameterRanges": CATEGORIES, "ResourceLimits": limits}
    plan, faults = read(config)
    assert faults == []
    assert plan is not None
    assert plan.jobs_max == 3
    config["ResourceLimits"] = {**limits, "MaxNumberOfTrainingJobs": 4}
    assert any("number of combinations, 3, got 4" in fault for fault in read(config)[1])


def test_a_grid_takes_no_numbers() -> None:
    _, faults = read({"Strategy": "Grid"})
    assert any("CategoricalParameterRanges only" in fault for fault in faults)


@pytest.mark.parametrize("missing", ["ParameterRanges", "HyperParameterTuningJobObjective"])
def test_ranges_and_objective_are_required(missing: str) -> None:
    members = request({})
    del members["HyperParameterTuningJobConfig"][missing]
    faults = Faults()
    read_plan(members, faults)
    assert len(faults.of_the_caller) == 1


def test_a_limit_of_jobs_or_of_time_is_required() -> None:
    limits: dict[str, int] = {"MaxParallelTrainingJobs": 1}
    _, faults = read({"ResourceLimits": limits})
    assert len(faults) == 1
    _, faults = read({"ResourceLimits": {**limits, "MaxRuntimeInSeconds": 120}})
    assert faults == []


def test_each_training_job_has_its_own_checkpoints_and_the_first_choice_of_instance() -> None:
    plan, _ = read(
        {},
        StaticHyperParameters={"depth": "3"},
        CheckpointConfig={"S3Uri": "s3://bucket/checkpoints/"},
        HyperParameterTuningResourceConfig={
            "InstanceConfigs": [
                {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
                {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
            ]
        },
    )
    assert plan is not None
    found = training_job_request(plan.definitions[0], "job-001", {"eta": "0.3"})
    assert found["CheckpointConfig"]["S3Uri"] == "s3://bucket/checkpoints/job-001"
    assert found["ResourceConfig"]["InstanceType"] == "ml.m5.large"
    assert found["HyperParameters"] == {
        "depth": "3",
        "eta": "0.3",
        "_tuning_objective_metric": "auc",
    }
