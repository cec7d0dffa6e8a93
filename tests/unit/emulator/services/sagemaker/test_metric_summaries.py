"""Summaries against Python's own statistics."""

import random
import statistics
from typing import Any

import pytest

from emulator.services.sagemaker.metric_summaries import observed


def summary_of(values: list[float]) -> dict[str, Any]:
    summary = None
    for at, value in enumerate(values):
        summary = observed("loss", summary, value, float(at))
    assert summary is not None
    return summary


@pytest.mark.parametrize("offset", [0.0, 1e6, -3.5])
def test_a_summary_agrees_with_all_the_values_at_once(offset: float) -> None:
    values = [random.Random(7).gauss(offset, 2) for _ in range(500)]
    values += [random.Random(seed).gauss(offset, 1) for seed in range(100)]
    summary = summary_of(values)
    assert summary["Avg"] == pytest.approx(statistics.fmean(values))
    assert summary["StdDev"] == pytest.approx(statistics.pstdev(values), rel=1e-6)
    assert (summary["Min"], summary["Max"]) == (min(values), max(values))
    assert (summary["Last"], summary["Count"], summary["TimeStamp"]) == (values[-1], 600, 599.0)


def test_equal_values_have_no_spread() -> None:
    assert summary_of([0.1] * 1000)["StdDev"] == pytest.approx(0, abs=1e-12)
