"""Serverless endpoints: servers that are there while they are needed.

Source: "Deploy models with Amazon SageMaker Serverless Inference" in the developer guide.
"""

import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import EmulatorProcess
from tests.contract.model_images import (
    add_recipe,
    create_model,
    deploy,
    flag_for,
    invoke,
    variant,
    wait,
    wait_for_status,
)

Client = Callable[[str], Any]
Unique = Callable[[str], str]


@pytest.fixture(scope="module")
def thrifty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    """An emulator that ends a serverless endpoint's server half a second after a request."""
    limits = ("--serverless-idle-seconds", "0.5")
    running = EmulatorProcess(tmp_path_factory.mktemp("thrifty") / "data", limits)
    running.start()
    add_recipe(running)
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def recipe(emulator: EmulatorProcess) -> None:
    add_recipe(emulator)


def serverless(model: str, concurrency: int = 5, **config: Any) -> dict[str, Any]:
    """A serverless production variant."""
    settings = {"MemorySizeInMB": 2048, "MaxConcurrency": concurrency} | config
    return {"VariantName": "AllTraffic", "ModelName": model, "ServerlessConfig": settings}


def has_ended(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def when(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_serverless_endpoint_is_described_and_answers(client: Client, unique: Unique) -> None:
    model = create_model(client, unique("model"))
    name = deploy(client, unique("endpoint"), serverless(model))

    found = client("sagemaker").describe_endpoint(EndpointName=name)
    answer = invoke(client, name, "hello")

    (described,) = found["ProductionVariants"]
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    assert described["CurrentServerlessConfig"] == described["DesiredServerlessConfig"] == config
    assert "server" in answer
    client("sagemaker").delete_endpoint(EndpointName=name)
    wait(client, name, "deleted")
    assert has_ended(answer["port"])


def test_an_idle_endpoint_has_no_server_and_the_next_request_starts_one(
    thrifty: EmulatorProcess, unique: Unique
) -> None:
    client = thrifty.client
    name = deploy(client, unique("endpoint"), serverless(create_model(client, unique("model"))))
    first = invoke(client, name)

    when(lambda: has_ended(first["port"]))
    second = invoke(client, name)

    assert second["server"] != first["server"]


def test_a_request_under_way_keeps_the_server(thrifty: EmulatorProcess, unique: Unique) -> None:
    client = thrifty.client
    name = deploy(client, unique("endpoint"), serverless(create_model(client, unique("model"))))

    answer = invoke(client, name, {"do": "sleep", "seconds": 1.2})

    assert "server" in answer


def test_a_provisioned_concurrency_keeps_the_server(
    thrifty: EmulatorProcess, unique: Unique
) -> None:
    client = thrifty.client
    idle = serverless(create_model(client, unique("model")))
    kept = serverless(create_model(client, unique("model")), ProvisionedConcurrency=1)
    idle_name, kept_name = (deploy(client, unique("endpoint"), each) for each in (idle, kept))
    idle_port, before = invoke(client, idle_name)["port"], invoke(client, kept_name)

    when(lambda: has_ended(idle_port))

    assert invoke(client, kept_name)["server"] == before["server"]


def test_a_cold_start_makes_the_first_requests_wait_for_one_server(
    thrifty: EmulatorProcess, unique: Unique
) -> None:
    client, may_start = thrifty.client, flag_for(thrifty, unique("may-start"))
    may_start.touch()
    model = create_model(client, unique("model"), Environment={"WAIT_FOR": str(may_start)})
    name = deploy(client, unique("endpoint"), serverless(model))
    port = invoke(client, name)["port"]
    when(lambda: has_ended(port))
    may_start.unlink()
    answers: list[str] = []
    askers = [
        threading.Thread(target=lambda: answers.append(invoke(client, name)["server"]))
        for _ in range(3)
    ]

    for asker in askers:
        asker.start()
    assert answers == []
    may_start.touch()
    for asker in askers:
        asker.join()

    assert len(answers) == 3
    assert len(set(answers)) == 1


def test_requests_beyond_the_maximum_concurrency_are_throttled(
    client: Client, unique: Unique
) -> None:
    name = deploy(client, unique("endpoint"), serverless(create_model(client, unique("model")), 1))
    client("sagemaker-runtime")

    def ask(_: int) -> str:
        try:
            invoke(client, name, {"do": "sleep", "seconds": 2})
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "answered"

    with ThreadPoolExecutor(3) as askers:
        answers = sorted(askers.map(ask, range(3)))

    # Source: the common errors of the API reference: ThrottlingException, HTTP status code 400.
    assert answers == ["ThrottlingException", "ThrottlingException", "answered"]
    assert "server" in invoke(client, name)


def test_the_concurrency_can_be_changed_while_serving(client: Client, unique: Unique) -> None:
    name = deploy(client, unique("endpoint"), serverless(create_model(client, unique("model")), 1))
    before = invoke(client, name)["server"]

    def change(**config: int) -> None:
        client("sagemaker").update_endpoint_weights_and_capacities(
            EndpointName=name,
            DesiredWeightsAndCapacities=[
                {"VariantName": "AllTraffic", "ServerlessUpdateConfig": config}
            ],
        )

    change(MaxConcurrency=7, ProvisionedConcurrency=2)
    wait(client, name)
    with pytest.raises(ClientError, match="ProvisionedConcurrency must be at most MaxConcurrency"):
        change(MaxConcurrency=1)

    found = client("sagemaker").describe_endpoint(EndpointName=name)
    assert found["ProductionVariants"][0]["CurrentServerlessConfig"] == {
        "MemorySizeInMB": 2048,
        "MaxConcurrency": 7,
        "ProvisionedConcurrency": 2,
    }
    assert invoke(client, name)["server"] == before


def test_a_body_over_4_mb_is_refused(client: Client, unique: Unique) -> None:
    name = deploy(client, unique("endpoint"), serverless(create_model(client, unique("model"))))
    runtime = client("sagemaker-runtime")

    runtime.invoke_endpoint(EndpointName=name, Body=b"x" * 4 * 1024 * 1024)
    with pytest.raises(ClientError) as caught:
        runtime.invoke_endpoint(EndpointName=name, Body=b"x" * (4 * 1024 * 1024 + 1))

    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert "4194304" in caught.value.response["Error"]["Message"]


def test_a_container_that_does_not_start_makes_the_endpoint_fail(
    client: Client, unique: Unique
) -> None:
    broken = create_model(client, unique("model"), Environment={"EXIT_AT_START": "3"})
    name = unique("endpoint")
    client("sagemaker").create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[serverless(broken)]
    )
    client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=name)

    found = wait_for_status(client, name, "Failed", "InService")

    assert "did not pass the ping health check" in found["FailureReason"]


def test_what_a_serverless_variant_cannot_have_is_said_at_once(
    client: Client, unique: Unique, bucket: str
) -> None:
    model = create_model(client, unique("model"))
    one = serverless(model, 1, MemorySizeInMB=1500, ProvisionedConcurrency=2)
    capture = {
        "InitialSamplingPercentage": 1,
        "DestinationS3Uri": f"s3://{bucket}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    with pytest.raises(ClientError) as caught:
        client("sagemaker").create_endpoint_config(
            EndpointConfigName=unique("config"),
            ProductionVariants=[one | {"InstanceType": "ml.t2.medium"}, variant(model, "other")],
            DataCaptureConfig=capture,
        )

    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    for said in (
        "InstanceType cannot be given with ServerlessConfig",
        "MemorySizeInMB must be in steps of 1024",
        "ProvisionedConcurrency must be at most MaxConcurrency",
        "Multiple production variants are not supported",
        "DataCaptureConfig (data capture) is not supported",
    ):
        assert said in error["Message"]


def test_a_real_time_endpoint_cannot_become_serverless_but_the_other_way_it_can(
    client: Client, unique: Unique
) -> None:
    model = create_model(client, unique("model"))
    real_time = deploy(client, unique("real-time"), variant(model))
    on_demand = deploy(client, unique("serverless"), serverless(model))

    with pytest.raises(ClientError) as caught:
        client("sagemaker").update_endpoint(EndpointName=real_time, EndpointConfigName=on_demand)
    client("sagemaker").update_endpoint(EndpointName=on_demand, EndpointConfigName=real_time)
    wait(client, on_demand)

    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert "cannot be updated to a serverless one" in caught.value.response["Error"]["Message"]
    found = client("sagemaker").describe_endpoint(EndpointName=on_demand)
    assert found["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    assert "server" in invoke(client, on_demand)


def test_guardrails_do_not_apply_and_all_traffic_shifts_at_once(
    client: Client, unique: Unique
) -> None:
    # Source: "Deployment guardrails" and their "Exclusions" in the developer guide: serverless
    # endpoints have none, and rolling updates are not supported.
    models = [create_model(client, unique("model"), Environment={"VERSION": each}) for each in "12"]
    name, config_name = deploy(client, unique("endpoint"), serverless(models[0])), unique("next")
    client("sagemaker").create_endpoint_config(
        EndpointConfigName=config_name, ProductionVariants=[serverless(models[1])]
    )
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 3600}
    size = {"Type": "CAPACITY_PERCENT", "Value": 50}
    policies = (
        {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 0}},
        {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": routing,
                "TerminationWaitInSeconds": 3600,
            }
        },
    )

    def update(policy: Any) -> None:
        client("sagemaker").update_endpoint(
            EndpointName=name, EndpointConfigName=config_name, DeploymentConfig=policy
        )

    with pytest.raises(ClientError, match="not supported for serverless endpoints"):
        update(policies[0])
    update(policies[1])
    wait(client, name)

    assert invoke(client, name)["version"] == "2"


def test_after_kill_9_a_serverless_endpoint_starts_with_its_first_request(
    own_emulator: EmulatorProcess,
) -> None:
    add_recipe(own_emulator)
    client = own_emulator.client
    deploy(client, "endpoint", serverless(create_model(client, "model")))
    before = invoke(client, "endpoint")

    own_emulator.kill()
    own_emulator.start()
    after = invoke(client, "endpoint")

    assert after["server"] != before["server"]
    found = client("sagemaker").describe_endpoint(EndpointName="endpoint")
    assert found["EndpointStatus"] == "InService"
