"""Where the values of a hyperparameter stand on an axis, and what its ticks say.

Both drawing libraries get positions on a plain axis and ticks with their text, so a logarithmic
range looks the same on the page and in a picture.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from model_build.tuning.job import CATEGORICAL, Definition, Range

LOGARITHMIC = "Logarithmic"
REVERSE_LOGARITHMIC = "ReverseLogarithmic"
# What is around the data, as a share of the axis.
_MARGIN = 0.05
_TICKS = 5
_TICKS_MIN = 3
# Of so many decades only the powers of ten have a tick.
_DECADES_MAX = 2
# The golden ratio's fractional part spreads numbers evenly, and the same way every time.
_GOLDEN = 0.6180339887


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high`, in positions.

    Attributes:
        position: Gives where a value stands; None if it cannot stand on this axis.
        ticks: Position and text of each.
    """

    name: str
    scaling: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    position: Callable[[str], float | None]
    is_categorical: bool = False

    @property
    def title(self) -> str:
        """The hyperparameter's name, and its scale if that is not linear."""
        words = {LOGARITHMIC: "log scale", REVERSE_LOGARITHMIC: "log scale towards 1"}
        return f"{self.name} ({words[self.scaling]})" if self.scaling in words else self.name


def axes_of(definition: Definition) -> list[Axis]:
    """One axis for each tuned hyperparameter: those with a range, then what Autotune has added."""
    ranges = {item.name: item for item in definition.ranges}
    tried = {name for job in definition.jobs for name in job.hyperparameters}
    return [
        _axis(name, ranges.get(name), [job.hyperparameters.get(name) for job in definition.jobs])
        for name in [*ranges, *sorted(tried - set(ranges))]
    ]


def spread(number: int) -> float:
    """A shift in [-0.25, 0.25) for the number-th point of a strip, so that equals do not cover."""
    return (number * _GOLDEN % 1 - 0.5) / 2


def number_axis(name: str, values: Iterable[float]) -> Axis:
    """A linear axis that holds the values."""
    return _number_axis(name, "Linear", list(values), is_whole=False)


def _axis(name: str, found: Range | None, tried: Sequence[str | None]) -> Axis:
    texts = [text for text in tried if text is not None]
    if found is not None and found.kind == CATEGORICAL:
        return _categories(name, [*found.values, *texts])
    numbers = [number for number in map(_number, texts) if number is not None]
    if found is None:
        if len(numbers) < len(texts) or not numbers:
            return _categories(name, texts)
        return _number_axis(name, "Linear", numbers, all(n.is_integer() for n in numbers))
    ends = [*numbers, found.minimum, found.maximum]
    return _number_axis(name, found.scaling, ends, found.kind == "Integer")


def _categories(name: str, texts: Iterable[str]) -> Axis:
    values = list(dict.fromkeys(texts))
    places = {value: float(place) for place, value in enumerate(values)}
    return Axis(
        name,
        "Linear",
        -0.5,
        max(len(values), 1) - 0.5,
        tuple((place, value) for value, place in places.items()),
        places.get,
        is_categorical=True,
    )


def _number_axis(name: str, scaling: str, values: Sequence[float], is_whole: bool) -> Axis:
    place = _SCALES.get(scaling, float)
    places = [found for found in map(place, values) if found is not None]
    low, high = min(places, default=0.0), max(places, default=1.0)
    margin = _MARGIN * (high - low) or 0.5
    low, high = low - margin, high + margin
    ticks = tuple(
        (position, text)
        for position, text in _ticks(scaling, low, high, is_whole)
        if low <= position <= high
    )

    def position(text: str) -> float | None:
        number = _number(text)
        return None if number is None else place(number)

    return Axis(name, scaling if scaling in _SCALES else "Linear", low, high, ticks, position)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _logarithm(value: float) -> float | None:
    return math.log10(value) if value > 0 else None


def _reverse_logarithm(value: float) -> float | None:
    return -math.log10(1 - value) if value < 1 else None


_SCALES: dict[str, Callable[[float], float | None]] = {
    LOGARITHMIC: _logarithm,
    REVERSE_LOGARITHMIC: _reverse_logarithm,
}


def _ticks(scaling: str, low: float, high: float, is_whole: bool) -> list[tuple[float, str]]:
    from matplotlib.ticker import LogLocator, MaxNLocator

    even = MaxNLocator(_TICKS, integer=is_whole, steps=[1, 2, 2.5, 5, 10])
    if scaling not in _SCALES:
        return [(float(tick), f"{tick:.6g}") for tick in even.tick_values(low, high)]
    if scaling == REVERSE_LOGARITHMIC:
        found = _ticks(LOGARITHMIC, -high, -low, is_whole)
        return [(-position, f"{1 - 10**position:.10g}") for position, _ in found]
    steps = (1.0, 2.0, 5.0) if high - low < _DECADES_MAX else (1.0,)
    locator = LogLocator(subs=steps, numticks=_TICKS * 3)
    places = [
        tick for tick in locator.tick_values(10**low, 10**high) if 10**low <= tick <= 10**high
    ]
    if len(places) < _TICKS_MIN:  # less than a decade
        places = [tick for tick in even.tick_values(10**low, 10**high) if tick > 0]
    return [(math.log10(tick), f"{tick:.6g}") for tick in places]
