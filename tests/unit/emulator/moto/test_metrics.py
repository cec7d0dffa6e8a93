"""Metric values that wait for somebody to ask CloudWatch."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emulator.moto.metrics import add, answer, hand_over, keep, remember
from emulator.moto.recent_metrics import Metric, Repeated, recent_metrics
from emulator.moto.requests import MotoRequest, Response, query_request
from emulator.store import Store


@dataclass
class Waiting:
    """A context with a store of its own, and what was put."""

    context: Any
    put: list[dict[str, str]] = field(default_factory=list)

    def hand_over(self) -> list[dict[str, str]]:
        def take(request: MotoRequest) -> None:
            self.put.append(request.form())

        hand_over(self.context, take)
        return self.put

    def put_ahead_of(self, operation: str) -> list[str]:
        """The operations that moto runs for a request of this one."""
        ran = []

        def run(request: MotoRequest) -> Response:
            ran.append(request.operation)
            return 200, (), b""

        answer(self.context, run, query_request("monitoring", "eu-west-1", operation))
        return ran


@pytest.fixture
def waiting(tmp_path: Path) -> Any:
    store = Store(tmp_path / "store.sqlite")
    yield Waiting(SimpleNamespace(store=store, settings=SimpleNamespace(region="eu-west-1")))
    store.close()


def test_what_was_kept_is_put_once_with_its_time_and_its_dimension(waiting: Waiting) -> None:
    keep(waiting.context, "/aws/x", {"TrainingJobName": "job"}, {"loss": {1_000: [2.0, 1.5]}})
    (form,) = waiting.hand_over()
    # Source: the query protocol of API_PutMetricData.
    assert {name: form[name] for name in form if name != "Version"} == {
        "Action": "PutMetricData",
        "Namespace": "/aws/x",
        "MetricData.member.1.MetricName": "loss",
        "MetricData.member.1.Timestamp": "1970-01-01T00:16:40+00:00",
        "MetricData.member.1.Dimensions.member.1.Name": "TrainingJobName",
        "MetricData.member.1.Dimensions.member.1.Value": "job",
        "MetricData.member.1.Values.member.1": "2.0",
        "MetricData.member.1.Values.member.2": "1.5",
    }
    assert len(waiting.hand_over()) == 1


def test_a_job_without_values_leaves_nothing_to_put(waiting: Waiting) -> None:
    keep(waiting.context, "/aws/x", {"TrainingJobName": "job"}, {})
    assert waiting.hand_over() == []


@pytest.mark.parametrize("operation", ["GetMetricData", "GetMetricStatistics", "ListMetrics"])
def test_who_reads_metrics_gets_what_waits(waiting: Waiting, operation: str) -> None:
    keep(waiting.context, "/aws/x", {"J": "j"}, {"loss": {1_000: [2.0]}})
    assert waiting.put_ahead_of(operation) == ["PutMetricData", operation]
    assert waiting.put_ahead_of(operation) == [operation]


# Alarms are described each second: else each second would leave an entry in moto's journal.
@pytest.mark.parametrize("operation", ["DescribeAlarms", "SetAlarmState", "PutMetricAlarm"])
def test_who_reads_no_metrics_leaves_what_waits(waiting: Waiting, operation: str) -> None:
    keep(waiting.context, "/aws/x", {"J": "j"}, {"loss": {1_000: [2.0]}})
    assert waiting.put_ahead_of(operation) == [operation]
    assert len(waiting.hand_over()) == 1


# Source: API_PutMetricData, "up to 1000 different metrics" in a request.
def test_many_values_are_put_in_requests_that_cloudwatch_takes(waiting: Waiting) -> None:
    keep(waiting.context, "/aws/x", {"J": "j"}, {"loss": {second: [1.0] for second in range(1201)}})
    forms = waiting.hand_over()
    sizes = [sum(name.endswith(".MetricName") for name in form) for form in forms]
    assert sum(sizes) == 1201
    assert max(sizes) <= 1000


def test_statistics_of_a_minute_wait_together_and_are_put_as_such(waiting: Waiting) -> None:
    dimensions = {"EndpointName": "e"}
    add(waiting.context, "/aws/x", dimensions, {"Load": {1_200: Repeated({1.0: 2, 4.0: 1})}})
    add(waiting.context, "/aws/x", dimensions, {"Load": {1_201: Repeated({5.0: 1})}})
    (form,) = waiting.hand_over()
    # Source: StatisticSet in the API reference of CloudWatch.
    first = {name: form[name] for name in form if name.startswith("MetricData.member.1.Stat")}
    assert first == {
        "MetricData.member.1.StatisticValues.SampleCount": "3",
        "MetricData.member.1.StatisticValues.Sum": "6.0",
        "MetricData.member.1.StatisticValues.Minimum": "1.0",
        "MetricData.member.1.StatisticValues.Maximum": "4.0",
    }
    assert form["MetricData.member.2.StatisticValues.Sum"] == "5.0"
    assert len(waiting.hand_over()) == 1


def test_alarms_see_every_value_and_after_a_restart_what_has_its_statistics(
    waiting: Waiting, tmp_path: Path
) -> None:
    dimensions = {"EndpointName": "e"}
    metric = Metric.of("/aws/x", "Load", dimensions)
    add(waiting.context, "/aws/x", dimensions, {"Load": {7: Repeated({1.0: 2, 4.0: 1, 6.0: 1})}})

    assert recent_metrics(waiting.context).between(metric, 0, 10) == [1, 1, 4, 6]
    store = Store(tmp_path / "store.sqlite")
    again: Any = SimpleNamespace(store=store)
    remember(again)
    remembered = recent_metrics(again).between(metric, 0, 10)
    store.close()
    assert (len(remembered), sum(remembered)) == (4, 12)
    assert (min(remembered), max(remembered)) == (1, 6)


def test_repeated_values_are_a_sequence_of_them_all() -> None:
    values = Repeated({2.0: 3, 1.0: 2})

    assert list(values) == [2, 2, 2, 1, 1]
    assert [values[place] for place in (0, 2, 3, -1)] == [2, 2, 1, 1]
    assert list(values[1:4]) == [2, 2, 1]
    assert len(Repeated({})) == 0
