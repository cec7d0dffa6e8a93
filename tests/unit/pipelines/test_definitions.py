"""The definitions that the pipelines build, against golden files and against botocore's shapes."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape
from botocore.validate import ParamValidator

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
PIPELINES = ("book_ratings", "book_ratings.endpoint")
ROOT = HERE.parents[2]
# Pipelines that others have added are tested by their own tests.
OURS = ("pipelines/book_ratings", "steps/book_ratings")
CACHES = shutil.ignore_patterns("__pycache__")

# What SageMaker calls for a step of each type, and the name that it makes up itself.
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html
REQUEST = {
    "Processing": ("CreateProcessingJob", "ProcessingJobName"),
    "Training": ("CreateTrainingJob", "TrainingJobName"),
    "Tuning": ("CreateHyperParameterTuningJob", "HyperParameterTuningJobName"),
    "Model": ("CreateModel", "ModelName"),
    "RegisterModel": ("CreateModelPackage", None),
    "EndpointConfig": ("CreateEndpointConfig", None),
    "Endpoint": ("CreateEndpoint", None),
}
EXPRESSIONS = ({"Get"}, {"Std:Join"}, {"Std:JsonGet"})


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return document


def all_steps(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in steps:
        yield step
        yield from all_steps(step["Arguments"].get("IfSteps", []))
        yield from all_steps(step["Arguments"].get("ElseSteps", []))


def expressions(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if set(value) in EXPRESSIONS:
            yield value
        for item in value.values():
            yield from expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)


@pytest.fixture(scope="module")
def model() -> Any:
    return botocore.session.get_session().get_service_model("sagemaker")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a process has built all pipelines, a copy of book_ratings called my_model among them.

    The golden files were written by one process; this is another, as different as may be.
    """
    directory = tmp_path_factory.mktemp("built")
    for folder in ("pipelines/sdk", "pipelines/endpoint", *OURS):
        shutil.copytree(ROOT / folder, directory / folder, ignore=CACHES)
    for folder in OURS:
        shutil.copytree(ROOT / folder, directory / as_my_model(folder), ignore=CACHES)
    for path in (ROOT / "pipelines").glob("*.py"):
        shutil.copy(path, directory / "pipelines")
    # All that a copy must change: the names that its model and its endpoints get.
    for module in ("settings.py", "endpoint.py"):
        path = directory / "pipelines" / "my_model" / module
        path.write_text(path.read_text("utf-8").replace("book-ratings", "my-model"), "utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(directory),
        "PYTHONHASHSEED": "4711",
        "TZ": "Pacific/Auckland",
        "HOME": str(directory),
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    done = subprocess.run(
        [sys.executable, str(HERE / "build_definitions.py"), str(directory)],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return directory


def as_my_model(text: str) -> str:
    return text.replace("book_ratings", "my_model").replace("book-ratings", "my-model")


def test_two_processes_give_byte_identical_definitions(built: Path) -> None:
    for name in PIPELINES:
        assert (built / f"{name}.json").read_bytes() == (GOLDEN / f"{name}.json").read_bytes()


def test_a_copy_of_the_two_folders_under_another_name_is_a_pipeline(built: Path) -> None:
    for name in PIPELINES:
        expected = as_my_model((GOLDEN / f"{name}.json").read_text("utf-8"))
        assert (built / f"{as_my_model(name)}.json").read_text("utf-8") == expected


@pytest.mark.parametrize("name", PIPELINES)
def test_arguments_of_each_step_are_a_request_that_sagemaker_takes(name: str, model: Any) -> None:
    faults = []
    for step in all_steps(read(name)["Steps"]):
        if step["Type"] not in REQUEST:
            continue
        operation, made_up = REQUEST[step["Type"]]
        shape = model.operation_model(operation).input_shape
        arguments = dict(step["Arguments"])
        if made_up is not None:
            assert made_up not in arguments
            arguments[made_up] = "name"
        filled = fill(arguments, shape)
        report = ParamValidator().validate(filled, shape)
        faults += [f"{step['Name']}: {report.generate_report()}"] if report.has_errors() else []
        faults += [f"{step['Name']}: {fault}" for fault in constraint_faults(filled, shape, "")]
    assert faults == []


def fill(value: Any, shape: Shape) -> Any:
    """Puts a value that the shape takes where an expression stands."""
    if isinstance(value, dict) and set(value) in EXPRESSIONS:
        return sample(shape)
    if shape.type_name == "structure":
        members = shape.members
        return {key: fill(item, members[key]) for key, item in value.items() if key in members} | {
            key: item for key, item in value.items() if key not in members
        }
    if shape.type_name == "list":
        return [fill(item, shape.member) for item in value]
    if shape.type_name == "map":
        return {key: fill(item, shape.value) for key, item in value.items()}
    return value


def sample(shape: Shape) -> Any:
    if shape.type_name == "string":
        if "s3" in shape.metadata.get("pattern", ""):
            return "s3://bucket/key"
        return (getattr(shape, "enum", None) or ["x"])[0]
    return {"integer": shape.metadata.get("min", 1), "float": 1.0}[shape.type_name]


def constraint_faults(value: Any, shape: Shape, place: str) -> Iterator[str]:
    """What ParamValidator leaves out: patterns, enums and the longest text or list."""
    if isinstance(value, dict):
        for key, item in value.items():
            member = shape.value if shape.type_name == "map" else shape.members.get(key)
            if member is not None:
                yield from constraint_faults(item, member, f"{place}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from constraint_faults(item, shape.member, place)
    if isinstance(value, str | list) and len(value) > shape.metadata.get("max", len(value)):
        yield f"{place} is longer than {shape.metadata['max']}: {value}"
    if isinstance(value, str):
        enum = getattr(shape, "enum", None)
        if enum and value not in enum:
            yield f"{place}: {value} is not one of {enum}"
        pattern = shape.metadata.get("pattern")
        if pattern and "\\p{" not in pattern and not re.match(pattern, value):
            yield f"{place}: {value} does not match {pattern}"


@pytest.mark.parametrize("name", PIPELINES)
def test_each_reference_names_a_parameter_or_an_earlier_step(name: str) -> None:
    document = read(name)
    parameters = {parameter["Name"] for parameter in document["Parameters"]}
    seen: set[str] = set()
    faults = []
    for step in all_steps(document["Steps"]):
        arguments = {
            key: value
            for key, value in step["Arguments"].items()
            if key not in ("IfSteps", "ElseSteps")
        }
        for expression in expressions(arguments):
            kind, _, rest = expression.get("Get", "").partition(".")
            subject = re.split(r"[.\[]", rest)[0]
            known = {"Parameters": parameters, "Steps": seen}.get(kind)
            if known is not None and subject not in known:
                faults.append(f"{step['Name']}: {expression}")
        seen.add(step["Name"])
    assert faults == []


@pytest.mark.parametrize("name", PIPELINES)
def test_a_definition_keeps_to_the_limits_of_sagemaker(name: str) -> None:
    # Source: PipelineDefinition and StepName in botocore's sagemaker model.
    document = read(name)
    names = [step["Name"] for step in all_steps(document["Steps"])]
    assert document["Version"] == "2020-12-01"
    assert (GOLDEN / f"{name}.json").stat().st_size < 1_048_576
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[A-Za-z0-9\-_]{1,64}", step) for step in names)


def test_an_output_address_differs_by_execution_and_a_cached_argument_does_not() -> None:
    # SageMaker's cache key has no outputs in it, but it has all of these.
    # Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
    keys = {
        "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
        "Training": ("AlgorithmSpecification", "Environment", "HyperParameters", "InputDataConfig"),
        "Tuning": ("HyperParameterTuningJobConfig", "TrainingJobDefinition"),
    }
    cached = [step for step in read("book_ratings")["Steps"] if step["Type"] in keys]
    assert [step["Name"] for step in cached] == [
        *("Prepare", "Tune", "TrainDefault", "ValidateDefault", "Train", "Evaluate")
    ]
    for step in cached:
        assert step["CacheConfig"]["Enabled"] is True
        for key in keys[step["Type"]]:
            assert "Execution." not in json.dumps(step["Arguments"].get(key, {}))
        for output in step["Arguments"].get("ProcessingOutputConfig", {}).get("Outputs", []):
            assert {"Get": "Execution.PipelineExecutionId"} in expressions(output)


def test_the_final_model_trains_with_the_best_of_each_tuned_hyperparameter() -> None:
    steps = {step["Name"]: step for step in read("book_ratings")["Steps"]}
    ranges = steps["Tune"]["Arguments"]["HyperParameterTuningJobConfig"]["ParameterRanges"]
    tuned = {entry["Name"] for kind in ranges.values() for entry in kind}
    hyperparameters = steps["Train"]["Arguments"]["HyperParameters"]
    assert tuned == {
        *("num_round", "eta", "max_depth", "min_child_weight"),
        *("subsample", "colsample_bytree", "reg_lambda"),
    }
    for name in tuned:
        expected = {"Get": f"Steps.Tune.BestTrainingJob.TunedHyperParameters['{name}']"}
        assert hyperparameters[name] == expected


# Source: https://xgboost.readthedocs.io/en/stable/parameter.html, and n_estimators of its
# scikit-learn interface.
XGBOOST_DEFAULTS = {
    "eta": 0.3,
    "max_depth": 6,
    "min_child_weight": 1,
    "subsample": 1,
    "colsample_bytree": 1,
    "reg_lambda": 1,
    "num_round": 100,
}


def test_what_tuning_is_compared_with_has_xgboost_s_defaults_and_the_same_data() -> None:
    steps = {step["Name"]: step["Arguments"] for step in read("book_ratings")["Steps"]}
    tuned = steps["Tune"]["TrainingJobDefinition"]
    for name, compared in (("TrainDefault", steps["Train"]), ("ValidateDefault", tuned)):
        given = {k: v for k, v in steps[name]["HyperParameters"].items() if k in XGBOOST_DEFAULTS}
        assert {k: float(v.strip('"')) for k, v in given.items()} == XGBOOST_DEFAULTS
        own, other = (
            {channel["ChannelName"]: channel["DataSource"] for channel in each["InputDataConfig"]}
            for each in (steps[name], compared)
        )
        assert "train" in own
        assert own == {channel: other[channel] for channel in own}
    metrics = tuned["AlgorithmSpecification"]["MetricDefinitions"]
    assert steps["ValidateDefault"]["AlgorithmSpecification"]["MetricDefinitions"] == metrics


def test_the_rows_that_are_held_out_take_no_part_in_a_choice() -> None:
    steps = {step["Name"]: step["Arguments"] for step in read("book_ratings")["Steps"]}
    for name, arguments in steps.items():
        if name != "Evaluate":
            assert "Outputs['test']" not in json.dumps(arguments)
    assert "Outputs['test']" in json.dumps(steps["Evaluate"])


def test_the_metrics_are_read_from_the_lines_that_xgboost_prints() -> None:
    # Source: XGBoost's own evaluation lines, tab separated.
    steps = {step["Name"]: step["Arguments"] for step in read("book_ratings")["Steps"]}
    line = "[3]\ttrain-rmse:0.81234\tvalidation-rmse:0.92345"
    tuned = steps["Tune"]["TrainingJobDefinition"]["AlgorithmSpecification"]
    assert _read_metrics(tuned, line) == {"train:rmse": "0.81234", "validation:rmse": "0.92345"}
    trained = steps["Train"]["AlgorithmSpecification"]
    assert _read_metrics(trained, "[3]\ttrain-rmse:0.81234") == {"train:rmse": "0.81234"}


def _read_metrics(algorithm: dict[str, Any], line: str) -> dict[str, str]:
    found = {
        metric["Name"]: re.search(metric["Regex"], line)
        for metric in algorithm["MetricDefinitions"]
    }
    return {name: match.group(1) for name, match in found.items() if match is not None}


def test_a_model_must_beat_the_bias_baseline_and_the_threshold_or_the_numbers_are_told() -> None:
    (check,) = [s for s in read("book_ratings")["Steps"] if s["Type"] == "Condition"]
    conditions = check["Arguments"]["Conditions"]
    assert [condition["Type"] for condition in conditions] == ["LessThan", "LessThanOrEqualTo"]
    rmse = conditions[0]["LeftValue"]
    baseline = conditions[0]["RightValue"]
    assert rmse["Std:JsonGet"]["Path"] == "regression_metrics.rmse.value"
    assert baseline["Std:JsonGet"]["Path"] == "baselines.bias.rmse.value"
    assert conditions[1] == {
        "Type": "LessThanOrEqualTo",
        "LeftValue": rmse,
        "RightValue": {"Get": "Parameters.RmseThreshold"},
    }
    assert [step["Type"] for step in check["Arguments"]["IfSteps"]] == ["RegisterModel"]
    (fail,) = check["Arguments"]["ElseSteps"]
    told = fail["Arguments"]["ErrorMessage"]["Std:Join"]["Values"]
    assert rmse in told
    assert baseline in told
    assert {"Get": "Parameters.RmseThreshold"} in told


def test_a_deployment_names_its_configuration_by_execution_and_checks_that_one() -> None:
    document = read("book_ratings.endpoint")
    steps = {step["Name"]: step for step in document["Steps"]}
    config_name = steps["EndpointConfig"]["Arguments"]["EndpointConfigName"]
    assert {"Get": "Execution.PipelineExecutionId"} in expressions(config_name)
    checks = [step for step in document["Steps"] if step["Type"] == "Lambda"]
    assert checks
    for check in checks:
        arguments = check["Arguments"]
        assert arguments["EndpointName"] == {"Get": "Steps.Endpoint.EndpointName"}
        assert arguments["EndpointConfigName"] == {"Get": "Steps.EndpointConfig.EndpointConfigName"}
        # Lambda steps take text and numbers, no nested objects.
        literals = [value for value in arguments.values() if not isinstance(value, dict)]
        assert all(isinstance(value, str | int | float) for value in literals)


def test_input_and_output_names_of_a_processing_step_are_unique_together() -> None:
    # CreateProcessingJob refuses others: "Input and output names must be globally unique".
    for step in read("book_ratings")["Steps"]:
        if step["Type"] == "Processing":
            arguments = step["Arguments"]
            names = [entry["InputName"] for entry in arguments["ProcessingInputs"]]
            names += [o["OutputName"] for o in arguments["ProcessingOutputConfig"]["Outputs"]]
            assert len(names) == len(set(names)), step["Name"]
