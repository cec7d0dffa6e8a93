"""The metric values of the last hours, by second, for alarms to look at.

Alarms are evaluated each second, and moto walks through all that it ever got for each answer. So
what CloudWatch gets, from callers or from the emulator's own services, is kept here as well, in
memory and for as long as an alarm can look back.
"""

import threading
import weakref
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, repeat
from typing import Any

from emulator.context import Context
from emulator.store import Store

# Source: EvaluationPeriods of PutMetricAlarm, whose product with Period is a day at most, or seven
# days for periods of an hour. What alarms of endpoints look at are minutes.
KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Metric:
    """Which metric: dimensions in any order are the same."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> "Metric":
        """The metric with these dimensions."""
        return cls(namespace, name, frozenset(dimensions.items()))


class Repeated(Sequence[float]):
    """Values of which many are equal, in the room of the different ones."""

    def __init__(self, counts: Mapping[float, int]) -> None:
        self._values = tuple(counts)
        self._ends = tuple(accumulate(counts.values()))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        return self._values[bisect_right(self._ends, place % len(self))]

    def __iter__(self) -> Iterator[float]:
        begin = 0
        for value, end in zip(self._values, self._ends, strict=True):
            yield from repeat(value, end - begin)
            begin = end

    def statistics(self) -> tuple[float, float, float, float]:
        """SampleCount, Sum, Minimum and Maximum."""
        return len(self), sum(self), min(self._values), max(self._values)


@dataclass
class _Series:
    seconds: list[float] = field(default_factory=list)
    values: list[Sequence[float]] = field(default_factory=list)


class RecentMetrics:
    """The values, by metric; thread-safe."""

    def __init__(self) -> None:
        self._series: dict[Metric, _Series] = {}
        self._lock = threading.Lock()

    def add(self, metric: Metric, second: float, values: Sequence[float]) -> None:
        """Keep what was measured at a time, in epoch seconds; what is too old is forgotten."""
        with self._lock:
            series = self._series.setdefault(metric, _Series())
            place = bisect_left(series.seconds, second)
            series.seconds.insert(place, second)
            kept = values if isinstance(values, Repeated) else tuple(values)
            series.values.insert(place, kept)
            first = bisect_left(series.seconds, series.seconds[-1] - KEPT_SECONDS)
            del series.seconds[:first], series.values[:first]

    def between(self, metric: Metric, start: float, end: float) -> list[float]:
        """What was measured from a time on and before another."""
        with self._lock:
            series = self._series.get(metric)
            if series is None:
                return []
            first, beyond = bisect_left(series.seconds, start), bisect_left(series.seconds, end)
            return [value for values in series.values[first:beyond] for value in values]


_RECENT: weakref.WeakKeyDictionary[Store, RecentMetrics] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()


def recent_metrics(context: Context) -> RecentMetrics:
    """Those of the emulator that the context is of."""
    with _LOCK:
        return _RECENT.setdefault(context.store, RecentMetrics())


def add_all(context: Context, data: Iterable[tuple[Metric, float, Sequence[float]]]) -> None:
    """Keep many values."""
    recent = recent_metrics(context)
    for metric, second, values in data:
        recent.add(metric, second, values)
