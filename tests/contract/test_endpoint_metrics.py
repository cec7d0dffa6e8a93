"""Metrics of endpoints, as CloudWatch tells them.

Source: "SageMaker endpoint invocation metrics" and "SageMaker jobs and endpoint metrics" in the
developer guide.
"""

import datetime
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import EmulatorProcess
from tests.contract.model_images import add_recipe, create_model, deploy, invoke, variant

Client = Callable[[str], Any]
Unique = Callable[[str], str]


@pytest.fixture
def endpoint(client: Client, emulator: EmulatorProcess, unique: Unique) -> Any:
    add_recipe(emulator)
    name = deploy(client, unique("measured"), variant(create_model(client, unique("model"))))
    yield name
    client("sagemaker").delete_endpoint(EndpointName=name)


def total(client: Client, endpoint: str, metric: str, **query: Any) -> dict[str, float]:
    """The sum and the number of the metric's values so far."""
    now = datetime.datetime.now(datetime.UTC)
    dimensions = {"EndpointName": endpoint, "VariantName": "AllTraffic"} | query.pop("more", {})
    found = client("cloudwatch").get_metric_statistics(
        **{"Namespace": "AWS/SageMaker", "Period": 86_400} | query,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - datetime.timedelta(hours=1),
        EndTime=now + datetime.timedelta(hours=1),
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    return {name: sum(point[name] for point in found) for name in ("Sum", "SampleCount")}


def when(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_invocations_and_their_errors_are_counted(client: Client, endpoint: str) -> None:
    for _ in range(3):
        invoke(client, endpoint)
    for status in (400, 500):
        with pytest.raises(client("sagemaker-runtime").exceptions.ModelError):
            invoke(client, endpoint, {"do": "fail", "status": status, "message": "no"})

    when(lambda: total(client, endpoint, "Invocations")["Sum"] == 5)

    assert total(client, endpoint, "Invocation4XXErrors") == {"Sum": 1, "SampleCount": 5}
    assert total(client, endpoint, "Invocation5XXErrors") == {"Sum": 1, "SampleCount": 5}
    assert total(client, endpoint, "InvocationsPerInstance")["Sum"] == 5
    config = {"EndpointConfigName": endpoint}
    assert total(client, endpoint, "Invocations", more=config)["Sum"] == 5


def test_latencies_are_told_in_microseconds(client: Client, endpoint: str) -> None:
    invoke(client, endpoint, {"do": "sleep", "seconds": 0.3})

    when(lambda: total(client, endpoint, "ModelLatency")["SampleCount"] == 1)

    assert 300_000 <= total(client, endpoint, "ModelLatency")["Sum"] < 10_000_000
    assert 0 < total(client, endpoint, "OverheadLatency")["Sum"] < 10_000_000


def test_the_servers_share_of_the_machine_is_sampled(client: Client, endpoint: str) -> None:
    namespace = "/aws/sagemaker/Endpoints"

    def sampled(metric: str) -> dict[str, float]:
        return total(client, endpoint, metric, Namespace=namespace)

    when(lambda: sampled("CPUUtilization")["SampleCount"] >= 1)

    memory = sampled("MemoryUtilization")
    assert 0 < memory["Sum"] / memory["SampleCount"] <= 100
