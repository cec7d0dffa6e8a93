"""Shadow variants: copies of requests, whose answers nobody waits for.

Source: "Shadow variants" in the developer guide; ShadowProductionVariants in the API reference.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import EmulatorProcess
from tests.contract.load import load_on
from tests.contract.model_images import add_recipe, create_model, deploy, invoke, variant, wait

Client = Callable[[str], Any]
Unique = Callable[[str], str]


@pytest.fixture(autouse=True)
def recipe(emulator: EmulatorProcess) -> None:
    add_recipe(emulator)


@pytest.fixture
def cleaned(client: Client) -> Iterator[list[str]]:
    """Names of endpoints to delete at the end."""
    names: list[str] = []
    yield names
    for name in names:
        client("sagemaker").delete_endpoint(EndpointName=name)


def of_version(client: Client, unique: Unique, version: str, **environment: str) -> str:
    return create_model(client, unique("model"), Environment={"VERSION": version} | environment)


def capture(bucket: str) -> dict[str, Any]:
    return {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{bucket}/captured",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
    }


def captured(client: Client, bucket: str, endpoint: str, variant_name: str) -> list[Any]:
    """What has been captured of a variant so far."""
    prefix = f"captured/{endpoint}/{variant_name}/"
    found = client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    bodies = [client("s3").get_object(Bucket=bucket, Key=each["Key"])["Body"] for each in found]
    return [json.loads(line) for body in bodies for line in body.read().splitlines()]


def when_captured(
    client: Client, bucket: str, endpoint: str, variant_name: str, count: int
) -> list[Any]:
    deadline = time.monotonic() + 30
    while len(lines := captured(client, bucket, endpoint, variant_name)) < count:
        assert time.monotonic() < deadline, lines
        time.sleep(0.05)
    return lines


def test_a_shadow_gets_a_copy_of_each_request_and_its_answer_is_captured(
    client: Client, unique: Unique, bucket: str, cleaned: list[str]
) -> None:
    shadow = variant(of_version(client, unique, "shadow"), "shadow")
    cleaned.append(
        deploy(
            client,
            unique("endpoint"),
            variant(of_version(client, unique, "production"), "production"),
            ShadowProductionVariants=[shadow],
            DataCaptureConfig=capture(bucket),
        )
    )

    answers = [invoke(client, cleaned[0], {"number": number}) for number in range(3)]
    of_shadow = when_captured(client, bucket, cleaned[0], "shadow", 3)

    assert {answer["version"] for answer in answers} == {"production"}
    seen = [json.loads(line["captureData"]["endpointOutput"]["data"]) for line in of_shadow]
    assert {each["version"] for each in seen} == {"shadow"}
    asked = sorted(line["captureData"]["endpointInput"]["data"] for line in of_shadow)
    assert asked == [json.dumps({"number": number}) for number in range(3)]
    found = client("sagemaker").describe_endpoint(EndpointName=cleaned[0])
    (described,) = found["ShadowProductionVariants"]
    assert (described["VariantName"], described["CurrentInstanceCount"]) == ("shadow", 1)
    assert [each["VariantName"] for each in found["ProductionVariants"]] == ["production"]


def test_a_shadow_gets_its_share_of_the_requests(
    client: Client, unique: Unique, cleaned: list[str]
) -> None:
    shadow = variant(of_version(client, unique, "shadow"), "shadow", InitialVariantWeight=0.25)
    cleaned.append(
        deploy(
            client,
            unique("endpoint"),
            variant(of_version(client, unique, "production"), "production"),
            ShadowProductionVariants=[shadow],
        )
    )

    for _ in range(400):
        invoke(client, cleaned[0])

    def sum_of(variant_name: str) -> float:
        now = time.time()
        dimensions = {"EndpointName": cleaned[0], "VariantName": variant_name}
        points = client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName="Invocations",
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - 3600,
            EndTime=now + 3600,
            Period=86_400,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)

    deadline = time.monotonic() + 30
    while sum_of("production") < 400 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert sum_of("production") == 400
    # Four standard deviations of a binomial distribution around its mean of 100.
    assert 65 <= sum_of("shadow") <= 135


@pytest.mark.parametrize("fault", ["slow", "broken"])
def test_a_shadow_neither_delays_nor_fails_the_caller(
    client: Client, unique: Unique, cleaned: list[str], fault: str
) -> None:
    body = (
        {"do": "sleep", "seconds": 20}
        if fault == "slow"
        else {"do": "fail", "status": 500, "message": "no"}
    )
    shadow = variant(of_version(client, unique, "shadow"), "shadow")
    production = of_version(client, unique, "production", IGNORE_DO="1")
    cleaned.append(
        deploy(
            client,
            unique("endpoint"),
            variant(production, "production"),
            ShadowProductionVariants=[shadow],
        )
    )
    began = time.monotonic()

    answers = [invoke(client, cleaned[0], body) for _ in range(3)]

    assert [answer["version"] for answer in answers] == ["production"] * 3
    assert time.monotonic() - began < 15


def test_an_endpoint_gets_and_loses_its_shadow_by_an_update_without_losing_a_request(
    client: Client, unique: Unique, cleaned: list[str]
) -> None:
    production = variant(of_version(client, unique, "production"), "production")
    cleaned.append(deploy(client, unique("endpoint"), production))
    shadow = variant(of_version(client, unique, "shadow"), "shadow")
    config_name = unique("with-shadow")
    client("sagemaker").create_endpoint_config(
        EndpointConfigName=config_name,
        ProductionVariants=[production],
        ShadowProductionVariants=[shadow],
    )

    with load_on(client, cleaned[0]) as load:
        seen = []
        for name in (config_name, cleaned[0]):
            client("sagemaker").update_endpoint(EndpointName=cleaned[0], EndpointConfigName=name)
            wait(client, cleaned[0])
            found = client("sagemaker").describe_endpoint(EndpointName=cleaned[0])
            seen.append(len(found.get("ShadowProductionVariants", [])))

    assert seen == [1, 0]
    assert load.errors == []
    assert set(load.versions) == {"production"}


def test_there_can_be_one_production_variant_and_one_shadow(client: Client, unique: Unique) -> None:
    model = of_version(client, unique, "1")

    with pytest.raises(ClientError) as caught:
        client("sagemaker").create_endpoint_config(
            EndpointConfigName=unique("config"),
            ProductionVariants=[variant(model, "a"), variant(model, "b")],
            ShadowProductionVariants=[variant("no-such-model", "a")],
        )

    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert "only one production variant and one shadow variant; got 2 and 1" in error["Message"]
    assert 'Duplicate variant name "a".' in error["Message"]
    assert "no-such-model" in error["Message"]


def test_inference_experiments_are_named_as_not_emulated(client: Client) -> None:
    with pytest.raises(ClientError) as caught:
        client("sagemaker").list_inference_experiments()

    assert caught.value.response["Error"]["Code"] == "UnsupportedByEmulator"
