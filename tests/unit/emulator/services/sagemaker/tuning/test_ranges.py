from typing import Any

import pytest

from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.sagemaker.tuning.ranges import CategoricalRange, NumberRange, parse_ranges


def parse(**ranges: Any) -> tuple[list[Any], list[str]]:
    faults = Faults()
    return parse_ranges(ranges, "Definition", faults), faults.of_the_caller


def continuous(low: str, high: str, scaling: str = "Auto") -> dict[str, str]:
    return {"Name": "x", "MinValue": low, "MaxValue": high, "ScalingType": scaling}


def test_ranges_of_each_type_are_read() -> None:
    found, faults = parse(
        IntegerParameterRanges=[{"Name": "depth", "MinValue": "2", "MaxValue": "9"}],
        ContinuousParameterRanges=[continuous("0.1", "0.9", "Linear")],
        CategoricalParameterRanges=[{"Name": "booster", "Values": ["gbtree", "dart"]}],
    )
    assert faults == []
    assert found == [
        NumberRange("depth", 2, 9, "Linear", is_integer=True),
        NumberRange("x", 0.1, 0.9, "Linear", is_integer=False),
        CategoricalRange("booster", ("gbtree", "dart")),
    ]


@pytest.mark.parametrize(
    ("low", "high", "scaling"),
    [
        ("1e-6", "1", "Logarithmic"),
        ("0.1", "0.9", "Linear"),
        ("0", "1", "Linear"),
        ("-5", "5", "Linear"),
    ],
)
def test_auto_scaling_is_logarithmic_only_over_orders_of_magnitude(
    low: str, high: str, scaling: str
) -> None:
    ((found,), _) = parse(ContinuousParameterRanges=[continuous(low, high)])
    assert found.scaling == scaling


# Source: "Hyperparameter scaling" in the SageMaker developer guide.
@pytest.mark.parametrize(
    ("low", "high", "scaling", "words"),
    [
        ("0", "1", "Logarithmic", "greater than 0"),
        ("-1", "1", "Logarithmic", "greater than 0"),
        ("0", "1", "ReverseLogarithmic", "0 <= x < 1.0"),
        ("-0.1", "0.9", "ReverseLogarithmic", "0 <= x < 1.0"),
        ("2", "1", "Linear", "must not be greater than MaxValue"),
        ("nan", "1", "Linear", "must not be greater than MaxValue"),
        ("low", "1", "Linear", "must each be a number"),
    ],
)
def test_a_range_that_cannot_be_searched_is_a_fault(
    low: str, high: str, scaling: str, words: str
) -> None:
    found, faults = parse(ContinuousParameterRanges=[continuous(low, high, scaling)])
    assert found == []
    assert len(faults) == 1
    assert words in faults[0]
    assert "'x'" in faults[0]


def test_an_integer_range_takes_whole_numbers_only() -> None:
    ranges = [{"Name": "depth", "MinValue": "1.5", "MaxValue": "3"}]
    _, faults = parse(IntegerParameterRanges=ranges)
    assert "must each be an integer" in faults[0]


def test_values_go_to_hyperparameters_and_back() -> None:
    depth = NumberRange("depth", 2, 9, "Linear", is_integer=True)
    eta = NumberRange("eta", 0.1, 0.9, "Linear", is_integer=False)
    assert (depth.text(3.0), depth.parse("3"), depth.parse("10")) == ("3", 3.0, None)
    value = 0.1 + 0.2
    assert eta.parse(eta.text(value)) == value
    assert eta.parse("high") is None
