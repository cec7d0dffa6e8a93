"""The definition that title_embeddings builds, as SageMaker will read it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tests.unit.pipelines.test_definitions import (
    REQUEST,
    all_steps,
    constraint_faults,
    expressions,
    fill,
)

ROOT = Path(__file__).resolve().parents[3]
# A process of its own, because importing the SageMaker SDK takes seconds and changes the process.
BUILD = """
import json, sys
from pipelines.build import build
from pipelines.target import Target
role = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole"
target = Target(role_arn=role, bucket="sagemaker-eu-west-1-123456789012", region="eu-west-1")
names = ("title_embeddings", "title_embeddings.endpoint")
print(json.dumps({name: json.loads(build(name, target).definition) for name in names}))
"""
# Source: the registry of AWS Deep Learning Containers.
IMAGES = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/mxnet-{}:1.9.0-cpu-py38"


@pytest.fixture(scope="module")
def definitions() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", BUILD],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    built: dict[str, Any] = json.loads(done.stdout)
    return built


@pytest.fixture
def steps(definitions: dict[str, Any]) -> dict[str, Any]:
    return {step["Name"]: step for step in all_steps(definitions["title_embeddings"]["Steps"])}


def checked(definitions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for definition in definitions.values():
        yield from (step for step in all_steps(definition["Steps"]) if step["Type"] in REQUEST)


def test_arguments_of_each_step_are_a_request_that_sagemaker_takes(
    definitions: dict[str, Any],
) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    faults = []
    for step in checked(definitions):
        operation, made_up = REQUEST[step["Type"]]
        shape = model.operation_model(operation).input_shape
        arguments = {**step["Arguments"], **({made_up: "name"} if made_up else {})}
        filled = fill(arguments, shape)
        report = ParamValidator().validate(filled, shape)
        faults += [f"{step['Name']}: {report.generate_report()}"] if report.has_errors() else []
        faults += [f"{step['Name']}: {fault}" for fault in constraint_faults(filled, shape, "")]
    assert faults == []


def test_steps_run_in_the_training_image_and_the_model_in_the_inference_image(
    steps: dict[str, Any],
) -> None:
    for name in ("Prepare", "Evaluate"):
        assert steps[name]["Arguments"]["AppSpecification"]["ImageUri"] == IMAGES.format("training")
    algorithm = steps["Train"]["Arguments"]["AlgorithmSpecification"]
    assert algorithm["TrainingImage"] == IMAGES.format("training")
    (package,) = [step for step in steps.values() if step["Type"] == "RegisterModel"]
    (container,) = package["Arguments"]["InferenceSpecification"]["Containers"]
    assert container["Image"] == IMAGES.format("inference")


def test_only_the_titles_must_be_given(definitions: dict[str, Any]) -> None:
    parameters = definitions["title_embeddings"]["Parameters"]
    assert [p["Name"] for p in parameters if "DefaultValue" not in p] == ["TitlesS3Uri"]


def test_without_vectors_of_ones_own_their_channel_has_the_code(
    definitions: dict[str, Any], steps: dict[str, Any]
) -> None:
    parameters = {p["Name"]: p for p in definitions["title_embeddings"]["Parameters"]}
    train = steps["Train"]["Arguments"]
    code = train["HyperParameters"]["sagemaker_submit_directory"]
    assert parameters["VectorsS3Uri"]["DefaultValue"] == code.strip('"')
    channels = {channel["ChannelName"]: channel for channel in train["InputDataConfig"]}
    source = channels["vectors"]["DataSource"]["S3DataSource"]["S3Uri"]
    assert source == {"Get": "Parameters.VectorsS3Uri"}


def test_the_metrics_are_read_off_the_lines_that_training_prints(steps: dict[str, Any]) -> None:
    printed = "word coverage: 0.9843;\ntitle coverage: 1.0000;\n"
    definitions = steps["Train"]["Arguments"]["AlgorithmSpecification"]["MetricDefinitions"]
    found = {each["Name"]: re.findall(each["Regex"], printed) for each in definitions}
    assert found == {"word_coverage": ["0.9843"], "title_coverage": ["1.0000"]}


def test_a_model_must_beat_chance_by_the_minimum_lift_or_the_numbers_are_told(
    steps: dict[str, Any],
) -> None:
    check = steps["CheckQuality"]["Arguments"]
    above, at_least = check["Conditions"]
    assert above["Type"] == "GreaterThan"
    assert above["LeftValue"]["Std:JsonGet"]["Path"] == "retrieval_metrics.related_at_10.value"
    assert above["RightValue"]["Std:JsonGet"]["Path"] == "baselines.random.related_at_10.value"
    assert at_least["Type"] == "GreaterThanOrEqualTo"
    lift = at_least["LeftValue"]
    assert lift["Std:JsonGet"]["Path"] == "retrieval_metrics.lift_over_random.value"
    assert at_least["RightValue"] == {"Get": "Parameters.MinimumLift"}
    told = steps["QualityTooLow"]["Arguments"]["ErrorMessage"]["Std:Join"]["Values"]
    for number in (above["LeftValue"], above["RightValue"], lift, at_least["RightValue"]):
        assert number in told


def test_a_cached_argument_does_not_differ_by_execution_and_each_output_does(
    steps: dict[str, Any],
) -> None:
    # SageMaker's cache key has no outputs in it, but it has all of these.
    # Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
    keys = ("AppSpecification", "Environment", "ProcessingInputs", "HyperParameters")
    for name in ("Prepare", "Train", "Evaluate"):
        arguments = steps[name]["Arguments"]
        assert steps[name]["CacheConfig"]["Enabled"] is True
        for key in (*keys, "AlgorithmSpecification", "InputDataConfig"):
            assert "Execution." not in json.dumps(arguments.get(key, {}))
        for output in arguments.get("ProcessingOutputConfig", {}).get("Outputs", []):
            assert {"Get": "Execution.PipelineExecutionId"} in expressions(output)
