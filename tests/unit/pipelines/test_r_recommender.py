"""The definitions of the r_recommender pipelines, as a process of its own builds them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from pipelines.r_recommender import settings
from tests.unit.pipelines import test_definitions as shapes

PIPELINES = ("r_recommender", "r_recommender.endpoint")
FLAGS = (
    *("--role-arn", "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole"),
    *("--default-bucket", "sagemaker-us-east-1-123456789012", "--region", "us-east-1"),
)


@pytest.fixture(scope="module")
def definitions() -> dict[str, dict[str, Any]]:
    program = str(Path(sys.executable).parent / "get-pipeline-definition")
    found = {}
    for name in PIPELINES:
        command = [program, "--pipeline", name, *FLAGS]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found[name] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def steps(definitions: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {step["Name"]: step for step in shapes.all_steps(definitions["r_recommender"]["Steps"])}


@pytest.mark.parametrize("name", PIPELINES)
def test_arguments_of_each_step_are_a_request_that_sagemaker_takes(
    definitions: dict[str, Any], name: str
) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    faults: list[str] = []
    for step in shapes.all_steps(definitions[name]["Steps"]):
        if step["Type"] not in shapes.REQUEST:
            continue
        operation, made_up = shapes.REQUEST[step["Type"]]
        shape = model.operation_model(operation).input_shape
        arguments = step["Arguments"] | ({made_up: "name"} if made_up else {})
        filled = shapes.fill(arguments, shape)
        report = ParamValidator().validate(filled, shape)
        faults += [report.generate_report()] if report.has_errors() else []
        faults += shapes.constraint_faults(filled, shape, step["Name"])
    assert faults == []


def test_all_steps_behind_prepare_run_the_image_of_the_code_that_was_packed(
    steps: dict[str, Any],
) -> None:
    (source,) = {
        entry["S3Input"]["S3Uri"]
        for entry in steps["Prepare"]["Arguments"]["ProcessingInputs"]
        if entry["InputName"] == "code"
    }
    tag = source.split("/")[-2]
    registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    expected = f"{registry}/{settings.REPOSITORY}:{tag}"
    train = steps["Train"]["Arguments"]["AlgorithmSpecification"]["TrainingImage"]
    evaluate = steps["Evaluate"]["Arguments"]["AppSpecification"]["ImageUri"]
    (container,) = steps["Register"]["Arguments"]["InferenceSpecification"]["Containers"]
    assert train == evaluate == container["Image"] == expected


def test_a_program_of_the_image_is_run_without_code_from_s3(steps: dict[str, Any]) -> None:
    arguments = steps["Evaluate"]["Arguments"]
    assert arguments["AppSpecification"]["ContainerEntrypoint"] == ["evaluate"]
    names = [entry["InputName"] for entry in arguments["ProcessingInputs"]]
    assert names == ["model", "shown", "hidden"]


def test_training_takes_the_algorithms_own_hyperparameters_and_none_of_script_mode(
    steps: dict[str, Any],
) -> None:
    hyperparameters = steps["Train"]["Arguments"]["HyperParameters"]
    assert set(hyperparameters) == {"method", "nn"}
    assert hyperparameters["method"] == {"Get": "Parameters.Method"}


def test_a_model_must_beat_popularity_and_the_users_means_or_the_numbers_are_told(
    steps: dict[str, Any],
) -> None:
    conditions = steps["CheckQuality"]["Arguments"]["Conditions"]
    told = steps["QualityTooLow"]["Arguments"]["ErrorMessage"]["Std:Join"]["Values"]
    compared = {
        condition["Type"]: (condition["LeftValue"], condition["RightValue"])
        for condition in conditions
    }
    paths = {
        kind: tuple(value.get("Std:JsonGet", {}).get("Path") for value in values)
        for kind, values in compared.items()
    }
    assert paths == {
        "GreaterThan": (
            "recommender_metrics.precision_at_5.value",
            "baselines.most_popular.precision_at_5.value",
        ),
        "GreaterThanOrEqualTo": ("recommender_metrics.precision_at_5.value", None),
        "LessThan": ("recommender_metrics.rmse.value", "baselines.user_mean.rmse.value"),
    }
    assert all(value in told for values in compared.values() for value in values)
