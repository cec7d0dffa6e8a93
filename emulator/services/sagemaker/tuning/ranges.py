"""ParameterRanges as data."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.services.sagemaker.jobs.checks import Faults

LINEAR = "Linear"
LOGARITHMIC = "Logarithmic"
REVERSE_LOGARITHMIC = "ReverseLogarithmic"
_AUTO = "Auto"

# Auto takes the logarithmic scale for a range over three or more orders of magnitude: there a
# linear one would hardly ever try the lower ones. AWS does not say how it chooses.
_AUTO_LOGARITHMIC_RATIO = 1000.0


@dataclass(frozen=True)
class NumberRange:
    """An integer or continuous range.

    Attributes:
        scaling: Linear, Logarithmic or ReverseLogarithmic; Auto is resolved.
    """

    name: str
    low: float
    high: float
    scaling: str
    is_integer: bool

    def text(self, value: float) -> str:
        """The value as a hyperparameter."""
        return str(round(value)) if self.is_integer else repr(float(value))

    def parse(self, text: str) -> float | None:
        """A hyperparameter as a value of this range; None outside of it."""
        try:
            value = float(text.strip('"'))
        except ValueError:
            return None
        return value if self.low <= value <= self.high else None


@dataclass(frozen=True)
class CategoricalRange:
    """A list of values."""

    name: str
    values: tuple[str, ...]

    def text(self, value: str) -> str:
        """The value as a hyperparameter."""
        return value

    def parse(self, text: str) -> str | None:
        """A hyperparameter as a value of this range; None if it is not one of them."""
        return text if text in self.values else None


Range = NumberRange | CategoricalRange


def parse_ranges(parameter_ranges: Mapping[str, Any], where: str, faults: Faults) -> list[Range]:
    """Read ParameterRanges; what is wrong with them goes to the faults."""
    if parameter_ranges.get("AutoParameters"):
        faults.add_unsupported(f"{where}: AutoParameters is not supported by the emulator")
    found: list[Range | None] = [
        *_numbers(parameter_ranges.get("IntegerParameterRanges", ()), where, faults, int),
        *_numbers(parameter_ranges.get("ContinuousParameterRanges", ()), where, faults, float),
        *(
            CategoricalRange(item["Name"], tuple(item["Values"]))
            for item in parameter_ranges.get("CategoricalParameterRanges", ())
        ),
    ]
    return [item for item in found if item is not None]


def _numbers(
    items: Sequence[Mapping[str, str]],
    where: str,
    faults: Faults,
    number: Callable[[str], float],
) -> list[NumberRange | None]:
    return [_number_range(item, where, faults, number) for item in items]


def _number_range(
    item: Mapping[str, str], where: str, faults: Faults, number: Callable[[str], float]
) -> NumberRange | None:
    name = item["Name"]
    kind = "an integer" if number is int else "a number"
    try:
        low, high = number(item["MinValue"]), number(item["MaxValue"])
    except ValueError:
        faults.add(
            f"{where}: range of '{name}': MinValue {item['MinValue']!r} and MaxValue "
            f"{item['MaxValue']!r} must each be {kind}"
        )
        return None
    if not (math.isfinite(low) and math.isfinite(high)) or low > high:
        faults.add(
            f"{where}: range of '{name}': MinValue {item['MinValue']} must not be greater than "
            f"MaxValue {item['MaxValue']}"
        )
        return None
    scaling = _scaling(item.get("ScalingType", _AUTO), low, high)
    fault = _scaling_fault(scaling, low, high, number is int)
    if fault:
        faults.add(f"{where}: range of '{name}': {fault}")
        return None
    return NumberRange(name, low, high, scaling, number is int)


def _scaling(scaling: str, low: float, high: float) -> str:
    if scaling != _AUTO:
        return scaling
    return LOGARITHMIC if low > 0 and high / low >= _AUTO_LOGARITHMIC_RATIO else LINEAR


def _scaling_fault(scaling: str, low: float, high: float, is_integer: bool) -> str | None:
    """Source: "Hyperparameter scaling" in the SageMaker developer guide."""
    if scaling == LOGARITHMIC and low <= 0:
        return f"Logarithmic scaling works only for values greater than 0, got MinValue {low}"
    if scaling == REVERSE_LOGARITHMIC and is_integer:
        return "ReverseLogarithmic scaling works only for continuous ranges"
    if scaling == REVERSE_LOGARITHMIC and not (low >= 0 and high < 1):
        return f"ReverseLogarithmic scaling works only within 0 <= x < 1.0, got {low} to {high}"
    return None
