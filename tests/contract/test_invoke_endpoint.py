"""InvokeEndpoint: what the container gets, what the caller gets, and what is captured."""

import base64
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import EmulatorProcess
from tests.contract.model_images import add_recipe, create_model, deploy, invoke, variant, wait

Client = Callable[[str], Any]
Unique = Callable[[str], str]
LIMIT_BYTES = 6_291_456


@pytest.fixture(scope="module")
def module_client(emulator: EmulatorProcess) -> Client:
    add_recipe(emulator)
    return emulator.client


@pytest.fixture(scope="module")
def endpoint(module_client: Client) -> Iterator[str]:
    """An endpoint of two variants for all tests of the module."""
    model = create_model(module_client, f"invoked-{time.monotonic_ns()}")
    name = deploy(
        module_client,
        model,
        variant(model, "most", InitialVariantWeight=3.0),
        variant(model, "least", InitialVariantWeight=1.0),
    )
    yield name
    module_client("sagemaker").delete_endpoint(EndpointName=name)
    wait(module_client, name, "deleted")


@pytest.fixture
def runtime(module_client: Client) -> Any:
    return module_client("sagemaker-runtime")


def test_the_container_gets_the_body_and_the_headers(client: Client, endpoint: str) -> None:
    seen = invoke(
        client,
        endpoint,
        {"instances": [1.5]},
        ContentType="application/json",
        Accept="text/csv",
        CustomAttributes="trace=7",
        InferenceId="request-1",
    )

    assert json.loads(seen["body"]) == {"instances": [1.5]}
    assert seen["headers"]["content-type"] == "application/json"
    assert seen["headers"]["accept"] == "text/csv"
    assert seen["headers"]["x-amzn-sagemaker-custom-attributes"] == "trace=7"
    assert seen["headers"]["x-amzn-sagemaker-inference-id"] == "request-1"


def test_the_caller_gets_the_containers_content_type_and_attributes(
    runtime: Any, endpoint: str
) -> None:
    answer = runtime.invoke_endpoint(
        EndpointName=endpoint, Body=b"1", TargetVariant="least", CustomAttributes="trace=7"
    )

    assert answer["ContentType"] == "application/json"
    assert answer["CustomAttributes"] == "trace=7"
    assert answer["InvokedProductionVariant"] == "least"


def test_binary_bodies_go_through_unchanged(client: Client, runtime: Any, endpoint: str) -> None:
    body = bytes(range(256)) * 16
    answer = runtime.invoke_endpoint(EndpointName=endpoint, Body=body)

    assert json.loads(answer["Body"].read())["body"].encode("latin-1") == body


def test_traffic_is_shared_by_weight(runtime: Any, endpoint: str) -> None:
    # 3 : 1. Of 200 requests 150 are expected; 5 standard deviations are 31.
    answers = (runtime.invoke_endpoint(EndpointName=endpoint, Body=b"1") for _ in range(200))
    counts = Counter(answer["InvokedProductionVariant"] for answer in answers)

    assert 119 <= counts["most"] <= 181
    assert counts["most"] + counts["least"] == 200


@pytest.mark.parametrize(("status", "whose"), [(400, "client"), (415, "client"), (503, "server")])
def test_an_error_of_the_container_is_a_model_error(
    runtime: Any, endpoint: str, status: int, whose: str
) -> None:
    # Source: the shape ModelError in botocore; its message as AWS words it.
    body = json.dumps({"do": "fail", "status": status, "message": "user_id is missing"})
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        runtime.invoke_endpoint(EndpointName=endpoint, Body=body)

    error = caught.value.response
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert error["OriginalStatusCode"] == status
    assert error["OriginalMessage"] == "user_id is missing"
    assert error["LogStreamArn"] == f"arn:aws:logs:us-east-1:123456789012:log-group:{group}"
    assert error["Error"]["Message"].startswith(
        f'Received {whose} error ({status}) from primary with message "user_id is missing". See '
    )


def test_a_container_that_hangs_up_is_a_model_error(runtime: Any, endpoint: str) -> None:
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        runtime.invoke_endpoint(EndpointName=endpoint, Body=json.dumps({"do": "hang up"}))

    assert "the connection was lost" in caught.value.response["Error"]["Message"]


def test_a_large_answer_comes_whole_and_one_over_the_limit_is_an_error(
    runtime: Any, endpoint: str
) -> None:
    def ask(count: int) -> bytes:
        body = json.dumps({"do": "bytes", "count": count})
        answer = runtime.invoke_endpoint(EndpointName=endpoint, Body=body)
        content: bytes = answer["Body"].read()
        return content

    assert len(ask(LIMIT_BYTES)) == LIMIT_BYTES
    with pytest.raises(runtime.exceptions.ModelError, match=f"more than {LIMIT_BYTES} bytes"):
        ask(LIMIT_BYTES + 1)


def test_a_body_at_the_limit_is_taken_and_one_over_it_is_not(runtime: Any, endpoint: str) -> None:
    # Source: the shape BodyBlob of sagemaker-runtime in botocore.
    answer = runtime.invoke_endpoint(EndpointName=endpoint, Body=b"x" * LIMIT_BYTES)

    assert json.loads(answer["Body"].read()) == {"count": LIMIT_BYTES}
    with pytest.raises(ClientError) as caught:
        runtime.invoke_endpoint(EndpointName=endpoint, Body=b"x" * (LIMIT_BYTES + 1))

    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert f"less than or equal to {LIMIT_BYTES}" in caught.value.response["Error"]["Message"]


def test_a_missing_endpoint_is_a_validation_error_in_awss_words(runtime: Any) -> None:
    # Source: https://github.com/aws/amazon-sagemaker-examples/issues/293
    with pytest.raises(runtime.exceptions.ValidationError) as caught:
        runtime.invoke_endpoint(EndpointName="no-such-endpoint", Body=b"1")

    assert caught.value.response["Error"]["Message"] == (
        "Endpoint no-such-endpoint of account 123456789012 not found."
    )


def test_an_endpoint_that_does_not_serve_yet_says_its_status(
    client: Client, runtime: Any, unique: Unique
) -> None:
    name = unique("endpoint")
    model = create_model(client, unique("model"), Environment={"PING": "500"})
    client("sagemaker").create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[variant(model)]
    )
    client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=name)

    with pytest.raises(runtime.exceptions.ValidationError, match="Its status is Creating"):
        runtime.invoke_endpoint(EndpointName=name, Body=b"1")

    client("sagemaker").delete_endpoint(EndpointName=name)


def test_an_unknown_target_variant_is_a_validation_error(runtime: Any, endpoint: str) -> None:
    with pytest.raises(runtime.exceptions.ValidationError) as caught:
        runtime.invoke_endpoint(EndpointName=endpoint, Body=b"1", TargetVariant="green")

    assert caught.value.response["Error"]["Message"].startswith(
        "Variant green not found for Request."
    )


@pytest.mark.parametrize(
    ("operation", "members", "named"),
    [
        ("invoke_endpoint", {"Body": b"1", "TargetModel": "a.tar.gz"}, "TargetModel"),
        (
            "invoke_endpoint_with_response_stream",
            {"Body": b"1"},
            "InvokeEndpointWithResponseStream",
        ),
    ],
)
def test_what_is_not_emulated_is_named(
    runtime: Any, endpoint: str, operation: str, members: dict[str, Any], named: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(runtime, operation)(EndpointName=endpoint, **members)

    assert caught.value.response["Error"]["Code"] == "UnsupportedByEmulator"
    assert named in caught.value.response["Error"]["Message"]


def captured(client: Client, bucket: str, count: int) -> list[tuple[str, dict[str, Any]]]:
    """The keys and lines in the bucket, when there are as many as expected."""
    deadline = time.monotonic() + 20
    while True:
        found = []
        for item in client("s3").list_objects_v2(Bucket=bucket).get("Contents", []):
            body = client("s3").get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            found += [(item["Key"], json.loads(line)) for line in body.splitlines()]
        if len(found) >= count or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def capture_config(bucket: str, **members: Any) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{bucket}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json"],
        },
    } | members


def test_requests_and_answers_are_captured_as_json_lines(
    client: Client, unique: Unique, bucket: str
) -> None:
    # Source: the SageMaker developer guide, "Capture data from real-time endpoint".
    model = create_model(client, unique("model"))
    name = deploy(client, model, variant(model), DataCaptureConfig=capture_config(bucket))
    runtime = client("sagemaker-runtime")
    runtime.invoke_endpoint(
        EndpointName=name,
        Body=b"132,25",
        ContentType="text/csv; charset=utf-8",
        InferenceId="id-1",
    )
    runtime.invoke_endpoint(EndpointName=name, Body=b"\xff\x00", ContentType="image/png")

    (key, first), (_, second) = sorted(
        captured(client, bucket, 2),
        key=lambda found: "inferenceId" not in found[1]["eventMetadata"],
    )
    found = client("sagemaker").describe_endpoint(EndpointName=name)["DataCaptureConfig"]
    client("sagemaker").delete_endpoint(EndpointName=name)

    assert re.fullmatch(rf"captured/{name}/AllTraffic/\d{{4}}/\d\d/\d\d/\d\d/[^/]+\.jsonl", key)
    assert first["eventVersion"] == "0"
    assert first["captureData"]["endpointInput"] == {
        "observedContentType": "text/csv; charset=utf-8",
        "mode": "INPUT",
        "data": "132,25",
        "encoding": "CSV",
    }
    output = first["captureData"]["endpointOutput"]
    assert (output["mode"], output["encoding"]) == ("OUTPUT", "JSON")
    assert json.loads(output["data"])["body"] == "132,25"
    assert first["eventMetadata"]["inferenceId"] == "id-1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["eventMetadata"]["inferenceTime"])
    assert second["captureData"]["endpointInput"]["encoding"] == "BASE64"
    assert base64.b64decode(second["captureData"]["endpointInput"]["data"]) == b"\xff\x00"
    assert found["CaptureStatus"] == "Started"
    assert found["CurrentSamplingPercentage"] == 100


def test_captured_data_is_written_when_the_emulator_ends(own_emulator: EmulatorProcess) -> None:
    add_recipe(own_emulator)
    client = own_emulator.client
    client("s3").create_bucket(Bucket="captures")
    model = create_model(client, "model")
    config = capture_config("captures", CaptureOptions=[{"CaptureMode": "Output"}])
    deploy(client, "endpoint", variant(model), DataCaptureConfig=config)
    for _ in range(20):
        invoke(client, "endpoint")

    own_emulator.stop()
    own_emulator.start()

    found = captured(own_emulator.client, "captures", 20)
    assert len(found) == 20
    assert all(list(line["captureData"]) == ["endpointOutput"] for _, line in found)


def test_nothing_is_captured_at_zero_percent(client: Client, unique: Unique, bucket: str) -> None:
    model = create_model(client, unique("model"))
    config = capture_config(bucket, InitialSamplingPercentage=0)
    name = deploy(client, model, variant(model), DataCaptureConfig=config)
    for _ in range(5):
        invoke(client, name)
    other = capture_config(bucket)
    second = deploy(client, unique("second"), variant(model), DataCaptureConfig=other)
    invoke(client, second)

    keys = [key for key, _ in captured(client, bucket, 1)]
    for each in (name, second):
        client("sagemaker").delete_endpoint(EndpointName=each)

    assert [key.split("/")[1] for key in keys] == [second]
