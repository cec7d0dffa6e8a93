"""A period's values as one data point.

Source: "CloudWatch statistics definitions" of the CloudWatch user guide.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")

_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "SampleCount": lambda values: float(len(values)),
    "Sum": math.fsum,
    "Average": lambda values: math.fsum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
}


def is_known(statistic: str) -> bool:
    """Whether data points can be made by the statistic."""
    return statistic in _STATISTICS or _PERCENTILE.fullmatch(statistic) is not None


def data_point(statistic: str, values: Sequence[float]) -> float | None:
    """The statistic of the values; None, a missing data point, if there are none."""
    if not values:
        return None
    if statistic in _STATISTICS:
        return _STATISTICS[statistic](values)
    return _percentile(sorted(values), float(statistic[1:]))


def _percentile(ordered: Sequence[float], percent: float) -> float:
    """The value below or at which so many percent of the values are, between two the nearer ones.

    Linear between the closest ranks; CloudWatch's own estimate is not documented.
    """
    rank = (len(ordered) - 1) * percent / 100
    below = math.floor(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (rank - below)
