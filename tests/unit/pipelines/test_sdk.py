"""What the functions around the SageMaker SDK write, for whoever's pipeline uses them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.engine.checking import load_definition

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def built() -> str:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HERE.parents[2])}
    command = [sys.executable, HERE / "build_numbers.py"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout


def test_a_number_that_is_a_parameter_is_text_to_a_script_and_a_number_to_its_instances(
    built: str,
) -> None:
    # Source of what SageMaker takes: https://github.com/aws/sagemaker-python-sdk/issues/4867
    process, train, *_ = json.loads(built)["Steps"]

    count, rate = {"Get": "Parameters.Count"}, {"Get": "Parameters.Rate"}
    arguments = process["Arguments"]["AppSpecification"]["ContainerArguments"]
    assert arguments == ["--count", {"Std:Join": {"On": "", "Values": [count]}}]
    assert train["Arguments"]["HyperParameters"]["rate"] == {
        "Std:Join": {"On": "", "Values": [rate]}
    }
    assert train["Arguments"]["HyperParameters"]["rounds"] == "10"
    assert train["Arguments"]["ResourceConfig"]["InstanceCount"] == count
    load_definition(built)


def test_an_image_that_trains_by_itself_is_given_its_hyperparameters_and_no_script(
    built: str,
) -> None:
    arguments = json.loads(built)["Steps"][2]["Arguments"]

    assert arguments["HyperParameters"] == {"words": "3"}
    assert arguments["Environment"] == {"A": "b"}
    assert arguments["AlgorithmSpecification"] == {
        "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/counter:1",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "count", "Regex": "count=([0-9]+)"}],
    }


def test_numbers_are_compared_in_each_way(built: str) -> None:
    choose = json.loads(built)["Steps"][-1]

    # Source: SageMaker's pipeline definition JSON schema, ConditionType.
    assert [condition["Type"] for condition in choose["Arguments"]["Conditions"]] == [
        "LessThan",
        "LessThanOrEqualTo",
        "GreaterThan",
        "GreaterThanOrEqualTo",
    ]
