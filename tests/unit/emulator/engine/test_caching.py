import json
from typing import Any

import pytest

from emulator.engine import caching
from emulator.engine.definition import CacheConfig, Step
from emulator.engine.executions import step_key
from emulator.engine.step_types import EMULATED
from emulator.protocol.models import load_service

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p"

# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
KEYS = {
    "Processing": {"AppSpecification", "Environment", "ProcessingInputs"},
    "Training": {
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    },
    "Tuning": {
        "HyperParameterTuningJobConfig",
        "TrainingJobDefinition.AlgorithmSpecification",
        "TrainingJobDefinition.HyperParameterRanges",
        "TrainingJobDefinition.InputDataConfig",
        "TrainingJobDefinition.StaticHyperParameters",
        "TrainingJobDefinition.TuningObjective",
        "TrainingJobDefinitions",
    },
    "Transform": {"DataProcessing", "Environment", "ModelName", "TransformInput"},
}


def all_members(step_type: str) -> dict[str, Any]:
    """Arguments with every member of the API call, and of a tuning job's definition."""
    operation = EMULATED[step_type].operation
    shape = load_service("sagemaker").operation_model(operation).input_shape
    arguments: dict[str, Any] = dict.fromkeys(shape.members, "given")
    if step_type == "Tuning":
        inner = shape.members["TrainingJobDefinition"].members
        arguments["TrainingJobDefinition"] = dict.fromkeys(inner, "given")
    return arguments


@pytest.mark.parametrize("step_type", KEYS)
def test_the_key_has_the_attributes_that_aws_documents(step_type: str) -> None:
    found = caching.key_attributes(Step("A", step_type), None, all_members(step_type))

    assert set(found) == KEYS[step_type]


def test_a_lambda_steps_key_is_its_function_and_its_event() -> None:
    found = caching.key_attributes(Step("A", "Lambda"), "arn:f", {"n": 1})

    assert found == {"Target": "arn:f", "n": 1}


def step(**cache: Any) -> Step:
    config = CacheConfig(True, cache.get("expire_after_seconds"))
    return Step("A", "Processing", cache=config)


def remember(engine: Any, attributes: dict[str, Any], execution: str) -> None:
    entry = {
        "PipelineExecutionArn": f"{ARN}/execution/{execution}",
        "EndTime": engine.clock(),
        "Metadata": execution,
    }
    caching.remember(engine.context, ARN, step(), attributes, entry)


def test_the_newest_of_several_equal_runs_is_found(engine: Any) -> None:
    for execution in ("first", "second"):
        remember(engine, {"Environment": {"a": "1"}}, execution)

    found = caching.find(engine.context, ARN, step(), {"Environment": {"a": "1"}})

    assert found.entry is not None
    assert found.entry["Metadata"] == "second"


def test_the_order_of_members_is_no_change(engine: Any) -> None:
    remember(engine, {"Environment": {"a": "1", "b": "2"}}, "first")

    found = caching.find(engine.context, ARN, step(), {"Environment": {"b": "2", "a": "1"}})

    assert found.entry is not None


def test_every_change_is_named_and_the_rest_counted(engine: Any) -> None:
    before = {"HyperParameters": {"a": "1", "b": "2", "gone": "3"}, "InputDataConfig": ["x"]}
    now = {"HyperParameters": {"a": "9", "b": "8", "new": "4"}, "InputDataConfig": ["y", "z"]}
    remember(engine, before, "first")

    found = caching.find(engine.context, ARN, step(), now)

    assert found.entry is None
    assert found.reason == (
        'changed since execution first: HyperParameters.a was "1", is "9";'
        ' HyperParameters.b was "2", is "8"; HyperParameters.gone is gone, was "3" and 3 more'
    )


def test_old_entries_make_room_for_new_ones(engine: Any) -> None:
    for number in range(120):
        remember(engine, {"Environment": {"n": str(number)}}, str(number))

    kept = engine.context.store.get(caching.KIND, step_key(ARN, "A"))["Entries"]

    assert len(kept) == 100
    assert {entry["Metadata"] for entry in kept.values()} == {str(n) for n in range(20, 120)}
    json.dumps(kept)


def test_a_forgotten_pipeline_has_no_entries(engine: Any) -> None:
    remember(engine, {"Environment": {}}, "first")

    caching.forget(engine.context, ARN)

    found = caching.find(engine.context, ARN, step(), {"Environment": {}})
    assert found.reason == "this step has not succeeded in this pipeline before"
