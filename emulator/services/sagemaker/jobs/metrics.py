"""Metric values out of a job's output lines."""

import math
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.sagemaker.metric_summaries import Summary, observed

# Private member of a training job's document, which its trial component tells.
SUMMARIES_KEY = "_MetricSummaries"


@dataclass(frozen=True)
class MetricPattern:
    """One metric definition, compiled."""

    name: str
    regex: re.Pattern[str]


def compile_definitions(
    definitions: Sequence[Mapping[str, str]], faults: Faults
) -> list[MetricPattern]:
    """Compile MetricDefinitions; each needs one group, which captures the value."""
    patterns = []
    for definition in definitions:
        name, text = definition["Name"], definition["Regex"]
        try:
            regex = re.compile(text)
        except re.error as error:
            faults.add(f"MetricDefinition '{name}': the Regex {text!r} is not valid: {error}")
            continue
        if regex.groups < 1:
            faults.add(
                f"MetricDefinition '{name}': the Regex {text!r} has no group; put the value in "
                "parentheses"
            )
            continue
        patterns.append(MetricPattern(name, regex))
    return patterns


# Of more values in one second the rest are left out, for a job that prints without end.
# Source: API_MetricDatum, Values: "up to 150 unique values".
_VALUES_PER_SECOND_MAX = 150


class MetricReader:
    """Reads lines as they come; keeps a summary of each metric, and its values by the second."""

    def __init__(
        self,
        patterns: Sequence[MetricPattern],
        clock: Callable[[], float],
        tell: Callable[[str, float], None],
    ) -> None:
        self._patterns = patterns
        self._clock = clock
        self._tell = tell
        self._lock = threading.Lock()
        self._summaries: dict[str, Summary] = {}
        self._by_second: dict[str, dict[int, list[float]]] = {}

    def read(self, line: str) -> None:
        """Find the metrics of one line."""
        for pattern in self._patterns:
            found = pattern.regex.search(line)
            value = _number(found.group(1)) if found else None
            if value is None:
                continue
            now = self._clock()
            with self._lock:
                before = self._summaries.get(pattern.name)
                self._summaries[pattern.name] = observed(pattern.name, before, value, now)
                second = self._by_second.setdefault(pattern.name, {}).setdefault(int(now), [])
                if len(second) < _VALUES_PER_SECOND_MAX:
                    second.append(value)
            self._tell(pattern.name, value)

    def final(self) -> list[dict[str, Any]]:
        """FinalMetricDataList: the last value of each metric that was seen."""
        return [
            {
                "MetricName": summary["MetricName"],
                "Value": summary["Last"],
                "Timestamp": summary["TimeStamp"],
            }
            for summary in self.summaries()
        ]

    def summaries(self) -> list[Summary]:
        """A TrialComponentMetricSummary of each metric that was seen."""
        with self._lock:
            return list(self._summaries.values())

    def by_second(self) -> dict[str, dict[int, list[float]]]:
        """The values of each metric by the second of the epoch in which they were printed."""
        with self._lock:
            return {
                name: {second: list(values) for second, values in seconds.items()}
                for name, seconds in self._by_second.items()
            }


def _number(text: str | None) -> float | None:
    """The value, unless it is none that a metric can have: not a number, or not finite."""
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None
