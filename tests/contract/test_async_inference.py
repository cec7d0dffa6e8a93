"""Asynchronous inference: requests that wait in a queue, and answers in S3.

Source: "Asynchronous inference" in the developer guide; InvokeEndpointAsync in the API reference.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator
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
)

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


def config(bucket: str, concurrency: int = 4, **notification: Any) -> dict[str, Any]:
    """An AsyncInferenceConfig."""
    output: dict[str, Any] = {
        "S3OutputPath": f"s3://{bucket}/answers",
        "S3FailurePath": f"s3://{bucket}/failures",
    }
    if notification:
        output["NotificationConfig"] = notification
    return {
        "OutputConfig": output,
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": concurrency},
    }


def ask(client: Client, endpoint: str, body: Any = "", **members: Any) -> Any:
    """InvokeEndpointAsync with an inline body."""
    given = {"Body": json.dumps(body).encode(), "ContentType": "application/json"} | members
    return client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=endpoint, **{key: value for key, value in given.items() if value is not None}
    )


def content(client: Client, s3_uri: str) -> bytes:
    """The object, once it is there."""
    bucket, _, key = s3_uri.removeprefix("s3://").partition("/")
    deadline = time.monotonic() + 30
    while client("s3").list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"] == 0:
        assert time.monotonic() < deadline, s3_uri
        time.sleep(0.02)
    body: bytes = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


@pytest.fixture
def topic(client: Client, unique: Unique) -> tuple[str, Callable[[], Any]]:
    """A topic, and a function that gives the next message published to it."""
    arn = client("sns").create_topic(Name=unique("topic"))["TopicArn"]
    queue = client("sqs").create_queue(QueueName=unique("queue"))["QueueUrl"]
    queue_arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])[
        "Attributes"
    ]["QueueArn"]
    client("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)

    def receive() -> Any:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = client("sqs").receive_message(QueueUrl=queue).get("Messages", [])
            if found:
                return json.loads(json.loads(found[0]["Body"])["Message"])
            time.sleep(0.05)
        raise AssertionError("no notification")

    return arn, receive


def test_the_answer_to_an_object_in_s3_is_an_object_in_s3(
    client: Client, unique: Unique, bucket: str, cleaned: list[str]
) -> None:
    model = create_model(client, unique("model"))
    cleaned.append(
        deploy(client, unique("endpoint"), variant(model), AsyncInferenceConfig=config(bucket))
    )
    client("s3").put_object(Bucket=bucket, Key="in/request.csv", Body=b"1,2")

    told = ask(
        client,
        cleaned[0],
        Body=None,
        InputLocation=f"s3://{bucket}/in/request.csv",
        ContentType="text/csv",
        CustomAttributes="mine",
        InferenceId="one",
    )
    answer = json.loads(content(client, told["OutputLocation"]))

    assert told["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert told["InferenceId"] == "one"
    assert told["OutputLocation"] == f"s3://{bucket}/answers/one.out"
    assert told["FailureLocation"].startswith(f"s3://{bucket}/failures/one")
    assert answer["body"] == "1,2"
    assert answer["headers"]["content-type"] == "text/csv"
    assert answer["headers"]["x-amzn-sagemaker-custom-attributes"] == "mine"
    found = client("sagemaker").describe_endpoint(EndpointName=cleaned[0])
    assert found["AsyncInferenceConfig"] == config(bucket)


def test_the_caller_can_name_the_answer(
    client: Client, unique: Unique, bucket: str, cleaned: list[str]
) -> None:
    model = create_model(client, unique("model"))
    cleaned.append(
        deploy(client, unique("endpoint"), variant(model), AsyncInferenceConfig=config(bucket))
    )

    told = ask(client, cleaned[0], Filename="mine.json", S3OutputPathExtension="of/today")

    assert told["OutputLocation"] == f"s3://{bucket}/answers/of/today/mine.json"
    assert content(client, told["OutputLocation"])


def test_ends_are_published_in_awss_words(
    client: Client,
    unique: Unique,
    bucket: str,
    cleaned: list[str],
    topic: tuple[str, Callable[[], Any]],
) -> None:
    arn, receive = topic
    included = ["SUCCESS_NOTIFICATION_TOPIC"]
    notified = config(bucket, SuccessTopic=arn, ErrorTopic=arn, IncludeInferenceResponseIn=included)
    model = create_model(client, unique("model"))
    cleaned.append(
        deploy(client, unique("endpoint"), variant(model), AsyncInferenceConfig=notified)
    )

    told = ask(client, cleaned[0], {"do": "bytes", "count": 3}, Accept="text/csv")
    success = receive()
    failing = ask(client, cleaned[0], {"do": "fail", "status": 500, "message": "no"})
    failure = receive()

    # Source: notifications that AWS's samples have recorded, for members and words.
    for message in (success, failure):
        assert message.pop("eventTime") >= message.pop("receivedTime")
    assert success.pop("responseBody")["content"] == base64.b64encode(b"xxx").decode()
    assert success == {
        "awsRegion": "us-east-1",
        "invocationStatus": "Completed",
        "requestParameters": {
            "accept": "text/csv",
            "contentType": "application/json",
            "endpointName": cleaned[0],
        },
        "responseParameters": {
            "contentType": "application/octet-stream",
            "outputLocation": told["OutputLocation"],
        },
        "inferenceId": told["InferenceId"],
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    assert failure["invocationStatus"] == "Failed"
    assert failure["failureReason"] == (
        "ClientError: Received server error (500) from model. See the SageMaker Endpoint logs in"
        " your account for more information."
    )
    assert failure["inferenceId"] == failing["InferenceId"]
    assert "responseParameters" not in failure
    assert content(client, failing["FailureLocation"]) == b"no"


def test_an_input_that_is_not_there_and_an_answer_that_takes_too_long_fail(
    client: Client, unique: Unique, bucket: str, cleaned: list[str]
) -> None:
    model = create_model(client, unique("model"))
    cleaned.append(
        deploy(client, unique("endpoint"), variant(model), AsyncInferenceConfig=config(bucket))
    )

    missing = ask(client, cleaned[0], Body=None, InputLocation=f"s3://{bucket}/no/such")
    slow = ask(client, cleaned[0], {"do": "sleep", "seconds": 20}, InvocationTimeoutSeconds=1)

    assert b"Failed to download the request" in content(client, missing["FailureLocation"])
    assert b"no answer in 1 seconds" in content(client, slow["FailureLocation"])


def test_an_endpoint_without_instances_queues_until_there_is_one(
    client: Client, unique: Unique, bucket: str, cleaned: list[str]
) -> None:
    model = create_model(client, unique("model"))
    cleaned.append(
        deploy(client, unique("endpoint"), variant(model), AsyncInferenceConfig=config(bucket))
    )

    def scale(count: int) -> None:
        client("sagemaker").update_endpoint_weights_and_capacities(
            EndpointName=cleaned[0],
            DesiredWeightsAndCapacities=[
                {"VariantName": "AllTraffic", "DesiredInstanceCount": count}
            ],
        )
        wait(client, cleaned[0])

    scale(0)
    told = [ask(client, cleaned[0], {"number": number}) for number in range(3)]
    found = client("sagemaker").describe_endpoint(EndpointName=cleaned[0])
    when_measured(client, cleaned[0], "HasBacklogWithoutCapacity", 1)
    objects = client("s3").list_objects_v2(Bucket=bucket, Prefix="answers/")
    scale(1)
    answers = [json.loads(content(client, each["OutputLocation"])) for each in told]

    assert found["EndpointStatus"] == "InService"
    assert found["ProductionVariants"][0]["CurrentInstanceCount"] == 0
    assert objects["KeyCount"] == 0
    assert [json.loads(answer["body"]) for answer in answers] == [
        {"number": number} for number in range(3)
    ]


def when_measured(client: Client, endpoint: str, metric: str, maximum: float) -> None:
    """Wait until the endpoint's metric has reached a value."""
    deadline = time.monotonic() + 30
    while True:
        now = time.time()
        points = client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{"Name": "EndpointName", "Value": endpoint}],
            StartTime=now - 3600,
            EndTime=now + 3600,
            Period=86_400,
            Statistics=["Maximum"],
        )["Datapoints"]
        if any(point["Maximum"] >= maximum for point in points):
            return
        assert time.monotonic() < deadline, points
        time.sleep(0.1)


def test_an_instance_gets_no_more_requests_at_a_time_than_configured(
    client: Client, unique: Unique, bucket: str, cleaned: list[str]
) -> None:
    model = create_model(client, unique("model"))
    cleaned.append(
        deploy(client, unique("endpoint"), variant(model), AsyncInferenceConfig=config(bucket, 1))
    )
    began = time.monotonic()

    told = [ask(client, cleaned[0], {"do": "sleep", "seconds": 0.4}) for _ in range(3)]
    for each in told:
        content(client, each["OutputLocation"])

    assert time.monotonic() - began >= 3 * 0.4


def test_requests_under_way_during_an_update_are_answered(
    client: Client, unique: Unique, bucket: str, cleaned: list[str]
) -> None:
    model = create_model(client, unique("model"))
    cleaned.append(
        deploy(client, unique("endpoint"), variant(model), AsyncInferenceConfig=config(bucket))
    )
    told = [ask(client, cleaned[0], {"do": "sleep", "seconds": 0.5}) for _ in range(8)]

    client("sagemaker").update_endpoint(EndpointName=cleaned[0], EndpointConfigName=cleaned[0])
    wait(client, cleaned[0])
    told.append(ask(client, cleaned[0]))

    assert all(b"server" in content(client, each["OutputLocation"]) for each in told)


def test_the_two_kinds_of_endpoints_refuse_each_others_requests(
    client: Client, unique: Unique, bucket: str, cleaned: list[str]
) -> None:
    model = create_model(client, unique("model"))
    cleaned.append(
        deploy(client, unique("async"), variant(model), AsyncInferenceConfig=config(bucket))
    )
    cleaned.append(deploy(client, unique("real-time"), variant(model)))

    with pytest.raises(ClientError) as at_once:
        invoke(client, cleaned[0])
    with pytest.raises(ClientError) as later:
        ask(client, cleaned[1])

    for caught, said in ((at_once, "use InvokeEndpointAsync"), (later, "use InvokeEndpoint,")):
        assert caught.value.response["Error"]["Code"] == "ValidationError"
        assert said in caught.value.response["Error"]["Message"]


def test_a_request_has_exactly_one_input(
    client: Client, unique: Unique, bucket: str, cleaned: list[str]
) -> None:
    model = create_model(client, unique("model"))
    cleaned.append(
        deploy(client, unique("endpoint"), variant(model), AsyncInferenceConfig=config(bucket))
    )

    for members in ({"Body": None}, {"InputLocation": f"s3://{bucket}/a"}):
        with pytest.raises(ClientError, match="Exactly one of InputLocation and Body"):
            ask(client, cleaned[0], **members)


def test_faults_of_the_config_are_said_at_once(client: Client, unique: Unique) -> None:
    output = {"S3OutputPath": "s3://no-such-bucket-1/a", "S3FailurePath": "s3://no-such-bucket-2/"}
    model = create_model(client, unique("model"))

    with pytest.raises(ClientError) as caught:
        client("sagemaker").create_endpoint_config(
            EndpointConfigName=unique("config"),
            ProductionVariants=[variant(model, "a")],
            ShadowProductionVariants=[variant(model, "b")],
            AsyncInferenceConfig={"OutputConfig": output},
        )

    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    for said in ("no-such-bucket-1", "no-such-bucket-2", "ShadowProductionVariants are not"):
        assert said in error["Message"]


def test_what_was_queued_or_under_way_is_answered_after_kill_9(
    own_emulator: EmulatorProcess,
) -> None:
    add_recipe(own_emulator)
    client, may_start = own_emulator.client, flag_for(own_emulator, "may-start")
    may_start.touch()
    client("s3").create_bucket(Bucket="answers")
    model = create_model(client, "model", Environment={"WAIT_FOR": str(may_start)})
    deploy(client, "endpoint", variant(model), AsyncInferenceConfig=config("answers", 1))
    told = [ask(client, "endpoint", {"do": "sleep", "seconds": 1.5}) for _ in range(2)]

    own_emulator.kill()
    own_emulator.start()
    answers = [content(own_emulator.client, each["OutputLocation"]) for each in told]

    assert all(b"server" in answer for answer in answers)


@pytest.mark.parametrize("change", ["removed from", "added to"])
def test_an_endpoint_stays_asynchronous_or_not(
    client: Client, unique: Unique, bucket: str, cleaned: list[str], change: str
) -> None:
    """Source: the ValidationException in aws/sagemaker-python-sdk#3124; it is of "removed"."""
    model = variant(create_model(client, unique("model")))
    kinds: list[dict[str, Any]] = [{"AsyncInferenceConfig": config(bucket)}, {}]
    before, after = kinds if change == "removed from" else reversed(kinds)
    cleaned.append(deploy(client, unique("endpoint"), model, **before))
    next_config = unique("next")
    client("sagemaker").create_endpoint_config(
        EndpointConfigName=next_config, ProductionVariants=[model], **after
    )

    with pytest.raises(ClientError) as caught:
        client("sagemaker").update_endpoint(EndpointName=cleaned[0], EndpointConfigName=next_config)

    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith(
        f"The AsyncInferenceConfig parameter cannot be {change} this endpoint {cleaned[0]}."
    )
    found = client("sagemaker").describe_endpoint(EndpointName=cleaned[0])
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", cleaned[0])
