"""The graphs of spark_ratings: against golden files, botocore's shapes and each other."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
GRAPHS = ("spark_ratings", *(f"spark_ratings.{g}" for g in ("emr", "emr_serverless", "polars")))
# Builds all four in one process, because the SageMaker SDK takes seconds to load.
BUILD = """
import sys
from pathlib import Path
from pipelines.build import build
from pipelines.target import Target
role_arn = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole"
target = Target(role_arn, "sagemaker-us-east-1-123456789012", "us-east-1")
for name in sys.argv[2:]:
    built = build(name, target)
    definition = built.definition
    for archive in built.archives:
        assert archive.s3_uri in definition, archive.s3_uri
        definition = definition.replace(archive.sha256, "0" * 64)
    (Path(sys.argv[1]) / f"{name}.json").write_text(definition, encoding="utf-8")
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("built")
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "PYTHONHASHSEED": "7"}
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(directory), *GRAPHS],
        cwd=HERE.parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return directory


def steps(name: str) -> dict[str, dict[str, Any]]:
    document = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    return {step["Name"]: step for step in document["Steps"]}


def test_definitions_are_those_of_the_golden_files(built: Path) -> None:
    for name in GRAPHS:
        assert (built / f"{name}.json").read_text("utf-8") == (GOLDEN / f"{name}.json").read_text(
            "utf-8"
        )


@pytest.mark.parametrize("name", GRAPHS)
def test_only_the_selection_differs_and_the_model_waits_for_it(name: str) -> None:
    ours, spark = steps(name), steps("spark_ratings")
    assert list(ours) == ["SelectRatings", "Prepare", "Train", "Evaluate", "CheckQuality"]
    assert ours["Prepare"]["DependsOn"] == ["SelectRatings"]
    for step in ("Train", "Evaluate", "CheckQuality"):
        assert ours[step] == spark[step]


def validated(service: str, operation: str, request: dict[str, Any]) -> str:
    model = botocore.session.get_session().get_service_model(service)
    report = ParamValidator().validate(request, model.operation_model(operation).input_shape)
    return report.generate_report() if report.has_errors() else ""


def without_expressions(value: Any) -> Any:
    if isinstance(value, dict) and set(value) in ({"Get"}, {"Std:Join"}):
        return "known when it runs"
    if isinstance(value, dict):
        return {key: without_expressions(item) for key, item in value.items()}
    return [without_expressions(item) for item in value] if isinstance(value, list) else value


def test_the_emr_step_is_a_request_that_emr_takes_with_fleets_and_spot() -> None:
    arguments = without_expressions(steps("spark_ratings.emr")["SelectRatings"]["Arguments"])
    config = arguments["ClusterConfig"]
    step = {**arguments["StepConfig"], "Name": "given by SageMaker"}
    assert validated("emr", "RunJobFlow", {**config, "Name": "n", "Steps": [step]}) == ""
    fleets = {fleet["InstanceFleetType"]: fleet for fleet in config["Instances"]["InstanceFleets"]}
    assert list(fleets) == ["MASTER", "CORE", "TASK"]
    assert fleets["TASK"]["TargetSpotCapacity"] > 0
    assert fleets["TASK"]["LaunchSpecifications"]["SpotSpecification"]["TimeoutAction"] == (
        "SWITCH_TO_ON_DEMAND"
    )
    # Source: EMRStep of the SDK: SageMaker refuses these, because it ends the cluster itself.
    assert not {"Name", "Steps", "AutoTerminationPolicy"} & config.keys()


def test_the_serverless_step_is_two_requests_that_emr_serverless_takes() -> None:
    step = steps("spark_ratings.emr_serverless")["SelectRatings"]
    arguments = without_expressions(step["Arguments"])
    application = {**arguments["ApplicationConfig"], "clientToken": "t"}
    assert validated("emr-serverless", "CreateApplication", application) == ""
    job = {**arguments["JobConfig"], "applicationId": "00f5trm1fv0d3p09", "clientToken": "t"}
    assert validated("emr-serverless", "StartJobRun", job) == ""
    assert arguments["ExecutionRoleArn"] == job["executionRoleArn"]


def test_the_thresholds_are_parameters_of_every_graph() -> None:
    for name in GRAPHS:
        document = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
        parameters = [parameter["Name"] for parameter in document["Parameters"]]
        assert {"MinUserRatings", "MinBookRatings"} <= set(parameters)
        text = json.dumps(document["Steps"][0])
        assert "Parameters.MinUserRatings" in text
        assert "Parameters.MinBookRatings" in text
