from typing import Any

import pytest

from emulator.engine.arguments import fitted, input_shape


@pytest.mark.parametrize(
    ("step_type", "given", "wanted"),
    [
        ("Training", {"HyperParameters": {"a": 5}}, {"HyperParameters": {"a": "5"}}),
        ("Training", {"HyperParameters": {"a": 0.1}}, {"HyperParameters": {"a": "0.1"}}),
        ("Training", {"HyperParameters": {"a": True}}, {"HyperParameters": {"a": "true"}}),
        (
            "Training",
            {"ResourceConfig": {"InstanceCount": "2"}},
            {"ResourceConfig": {"InstanceCount": 2}},
        ),
        (
            "Training",
            {"EnableNetworkIsolation": "True"},
            {"EnableNetworkIsolation": True},
        ),
        (
            "Processing",
            {"AppSpecification": {"ContainerArguments": ["--n", 5]}},
            {"AppSpecification": {"ContainerArguments": ["--n", "5"]}},
        ),
        (
            "EndpointConfig",
            {"ProductionVariants": [{"InitialVariantWeight": "0.5"}]},
            {"ProductionVariants": [{"InitialVariantWeight": 0.5}]},
        ),
        (
            "Training",
            {"ResourceConfig": {"InstanceCount": "two"}, "Unknown": [1]},
            {"ResourceConfig": {"InstanceCount": "two"}, "Unknown": [1]},
        ),
    ],
)
def test_resolved_scalars_take_the_type_that_the_api_wants(
    step_type: str, given: dict[str, Any], wanted: dict[str, Any]
) -> None:
    shape = input_shape(step_type)
    assert shape is not None

    assert fitted(shape, given) == wanted


@pytest.mark.parametrize("step_type", ["Condition", "Fail", "Lambda"])
def test_steps_without_a_sagemaker_call_have_no_shape(step_type: str) -> None:
    assert input_shape(step_type) is None
