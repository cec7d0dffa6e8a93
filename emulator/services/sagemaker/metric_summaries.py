"""What is kept of a metric's values: the extremes, the last, the count, the mean and the spread."""

import math
from collections.abc import Mapping
from typing import Any

Summary = dict[str, Any]


def observed(name: str, summary: Mapping[str, Any] | None, value: float, at: float) -> Summary:
    """The summary of a metric with one more value; ``summary`` is None for the first one.

    StdDev is that of all values seen, so 0 after the first one. Source: API_
    TrialComponentMetricSummary.
    """
    if summary is None:
        same = dict.fromkeys(("Max", "Min", "Last", "Avg"), value)
        return {"MetricName": name, "TimeStamp": at, **same, "Count": 1, "StdDev": 0.0}
    count = summary["Count"] + 1
    mean = summary["Avg"] + (value - summary["Avg"]) / count
    # Welford's update: the sum of squared deviations grows by a product that is never negative.
    squares = summary["StdDev"] ** 2 * summary["Count"] + (value - summary["Avg"]) * (value - mean)
    return {
        **summary,
        "TimeStamp": at,
        "Max": max(summary["Max"], value),
        "Min": min(summary["Min"], value),
        "Last": value,
        "Count": count,
        "Avg": mean,
        "StdDev": math.sqrt(max(0.0, squares) / count),
    }
