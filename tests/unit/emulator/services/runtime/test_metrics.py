"""What endpoints are measured by.

Source: "SageMaker endpoint invocation metrics" in the developer guide.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from emulator.context import Context
from emulator.moto.recent_metrics import Metric, recent_metrics
from emulator.services.runtime.metrics import (
    INVOCATIONS,
    Invocation,
    count,
    metrics_of,
    values_of,
)
from emulator.store import Store


@pytest.fixture
def context(tmp_path: Path) -> Any:
    store = Store(tmp_path / "store.sqlite")
    yield cast(Context, SimpleNamespace(store=store))
    store.close()


def invocation(status: int = 200, **members: Any) -> Invocation:
    given = {"model_seconds": 0.25, "overhead_seconds": 0.001, "instance_count": 4} | members
    return Invocation("e", "v", "c", status, **given)


def test_latencies_are_in_microseconds_and_a_request_counts_by_the_instances() -> None:
    assert dict(values_of(invocation())) == {
        "Invocations": 1,
        "InvocationsPerInstance": 0.25,
        "Invocation4XXErrors": 0,
        "Invocation5XXErrors": 0,
        "ModelLatency": pytest.approx(250_000),
        "OverheadLatency": pytest.approx(1_000),
    }


@pytest.mark.parametrize(
    ("status", "client_errors", "server_errors"), [(404, 1, 0), (500, 0, 1), (0, 0, 1), (204, 0, 0)]
)
def test_errors_are_told_apart_and_no_answer_is_the_servers(
    status: int, client_errors: int, server_errors: int
) -> None:
    values = dict(values_of(invocation(status)))

    assert values["Invocation4XXErrors"] == client_errors
    assert values["Invocation5XXErrors"] == server_errors


def values(context: Context, name: str, **dimensions: str) -> list[float]:
    """What alarms see of a metric once all has been handed over."""
    metrics_of(context).close(context)
    return recent_metrics(context).between(Metric.of(INVOCATIONS, name, dimensions), 0, 1e12)


def test_what_was_measured_is_there_with_and_without_the_config(context: Context) -> None:
    for status in (200, 500, 500):
        count(metrics_of(context), invocation(status))

    name, variant = "Invocation5XXErrors", {"EndpointName": "e", "VariantName": "v"}
    assert sorted(values(context, name, **variant)) == [0, 1, 1]
    assert sorted(values(context, name, **variant, EndpointConfigName="c")) == [0, 1, 1]
    assert values(context, name, EndpointName="e", VariantName="w") == []


def test_many_requests_are_few_different_values(context: Context) -> None:
    for number in range(5_000):
        measured = (("ModelLatency", 1_000 + number / 1_000),)
        metrics_of(context).append((7, INVOCATIONS, "e", "v", "", measured))

    assert values(context, "ModelLatency", EndpointName="e", VariantName="v") == [1_000] * 5_000


def test_a_serverless_variant_has_no_invocations_per_instance() -> None:
    assert "InvocationsPerInstance" not in dict(values_of(invocation(instance_count=0)))


def test_what_is_left_at_the_end_waits_for_cloudwatch(context: Context) -> None:
    count(metrics_of(context), invocation())
    metrics_of(context).close(context)

    waiting = context.store.list("WaitingMetrics")

    assert {"EndpointName": "e", "VariantName": "v"} in [each["Dimensions"] for each in waiting]
