"""Endpoints: real servers behind the statuses that boto3 sees."""

import contextlib
import errno
import io
import socket
import tarfile
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import EmulatorProcess
from tests.contract.model_images import (
    IMAGE,
    add_recipe,
    archive,
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
ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/"


@pytest.fixture(autouse=True)
def recipe(emulator: EmulatorProcess) -> None:
    add_recipe(emulator)


@pytest.fixture
def model(client: Client, unique: Unique) -> str:
    return create_model(client, unique("model"))


@pytest.fixture
def cleaned(client: Client) -> Any:
    """Names of endpoints to delete at the end."""
    names: list[str] = []
    yield names
    for name in names:
        client("sagemaker").delete_endpoint(EndpointName=name)


def config(client: Client, name: str, *variants: Any, **members: Any) -> str:
    client("sagemaker").create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=list(variants), **members
    )
    return name


def ended(port: int) -> bool:
    """Whether nothing listens on the port any more, at the latest in a moment."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED:
                return True
        time.sleep(0.02)
    return False


def test_an_endpoint_serves_the_unpacked_model_data_and_is_described(
    client: Client, unique: Unique, bucket: str, cleaned: list[str]
) -> None:
    client("s3").put_object(Bucket=bucket, Key="model.tar.gz", Body=archive(weights__txt="1 2 3"))
    name = create_model(client, unique("model"), ModelDataUrl=f"s3://{bucket}/model.tar.gz")
    cleaned.append(deploy(client, unique("Served"), variant(name, InitialVariantWeight=2.0)))

    found = client("sagemaker").describe_endpoint(EndpointName=cleaned[0])

    assert invoke(client, cleaned[0])["files"] == {"weights.txt": "1 2 3"}
    assert found["EndpointArn"] == ARN + cleaned[0]
    assert found["EndpointConfigName"] == cleaned[0]
    (described,) = found["ProductionVariants"]
    assert described["VariantName"] == "AllTraffic"
    assert described["CurrentWeight"] == described["DesiredWeight"] == 2.0
    assert described["CurrentInstanceCount"] == described["DesiredInstanceCount"] == 1
    assert described["DeployedImages"][0]["SpecifiedImage"] == IMAGE


def test_model_data_can_be_a_prefix_of_files(
    client: Client, unique: Unique, bucket: str, cleaned: list[str]
) -> None:
    client("s3").put_object(Bucket=bucket, Key="model/weights.txt", Body=b"loose")
    source = {
        "S3DataSource": {
            "S3Uri": f"s3://{bucket}/model/",
            "S3DataType": "S3Prefix",
            "CompressionType": "None",
        }
    }
    name = create_model(client, unique("model"), ModelDataSource=source)
    cleaned.append(deploy(client, unique("endpoint"), variant(name)))

    assert invoke(client, cleaned[0])["files"] == {"weights.txt": "loose"}


def test_an_endpoint_serves_a_registered_package_once_it_is_approved(
    client: Client, unique: Unique, cleaned: list[str]
) -> None:
    group = unique("group")
    client("sagemaker").create_model_package_group(ModelPackageGroupName=group)
    container = {"Image": IMAGE, "Environment": {"VERSION": "from the package"}}
    package = client("sagemaker").create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    name = unique("model")
    client("sagemaker").create_model(ModelName=name, PrimaryContainer={"ModelPackageName": package})
    # Source: ModelApprovalStatus of CreateModelPackage in the API reference: "the value of this
    # parameter must be set to Approved to deploy the model".
    with pytest.raises(ClientError) as caught:
        deploy(client, unique("endpoint"), variant(name))
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert package in error["Message"]
    assert "PendingManualApproval" in error["Message"]

    client("sagemaker").update_model_package(
        ModelPackageArn=package, ModelApprovalStatus="Approved"
    )
    cleaned.append(deploy(client, unique("endpoint"), variant(name)))
    assert invoke(client, cleaned[0])["version"] == "from the package"


def test_an_update_shifts_the_traffic_and_then_ends_the_old_server(
    client: Client, unique: Unique, model: str, cleaned: list[str]
) -> None:
    cleaned.append(deploy(client, unique("endpoint"), variant(model)))
    old = invoke(client, cleaned[0])
    newer = create_model(client, unique("model"), Environment={"VERSION": "2"})
    next_config = config(client, unique("next"), variant(newer))

    client("sagemaker").update_endpoint(EndpointName=cleaned[0], EndpointConfigName=next_config)
    during = client("sagemaker").describe_endpoint(EndpointName=cleaned[0])
    wait(client, cleaned[0])
    new = invoke(client, cleaned[0])

    assert during["EndpointStatus"] == "Updating"
    assert during["PendingDeploymentSummary"]["EndpointConfigName"] == next_config
    (pending,) = during["PendingDeploymentSummary"]["ProductionVariants"]
    assert (pending["VariantName"], pending["DesiredInstanceCount"]) == ("AllTraffic", 1)
    assert (old["version"], new["version"]) == (None, "2")
    assert ended(old["port"])
    found = client("sagemaker").describe_endpoint(EndpointName=cleaned[0])
    assert found["EndpointConfigName"] == next_config
    assert "PendingDeploymentSummary" not in found


def test_a_request_under_way_during_an_update_is_answered(
    client: Client, emulator: EmulatorProcess, unique: Unique, model: str, cleaned: list[str]
) -> None:
    cleaned.append(deploy(client, unique("endpoint"), variant(model)))
    next_config = config(client, unique("next"), variant(model))
    before = invoke(client, cleaned[0])["server"]
    answers: list[Any] = []
    slow = threading.Thread(
        target=lambda: answers.append(invoke(client, cleaned[0], {"do": "sleep", "seconds": 0.8}))
    )
    slow.start()
    client("sagemaker").update_endpoint(EndpointName=cleaned[0], EndpointConfigName=next_config)
    wait(client, cleaned[0])
    slow.join()

    assert [answer["server"] for answer in answers] == [before]
    assert invoke(client, cleaned[0])["server"] != before


def test_a_container_that_exits_makes_the_endpoint_fail_in_awss_words(
    client: Client, unique: Unique, cleaned: list[str]
) -> None:
    # Source: https://github.com/awslabs/llm-hosting-container/issues/18
    broken = create_model(client, unique("model"), Environment={"EXIT_AT_START": "3"})
    name = unique("endpoint")
    cleaned.append(name)
    config(client, name, variant(broken, "main"))
    client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=name)

    found = wait_for_status(client, name, "Failed", "InService")

    assert found["FailureReason"] == (
        "The primary container for production variant main did not pass the ping health check."
        " Please check CloudWatch logs for this endpoint. The container exited with code 3."
    )


def test_a_container_that_never_passes_ping_can_be_deleted_while_creating(
    client: Client, unique: Unique
) -> None:
    never = create_model(client, unique("model"), Environment={"PING": "500"})
    name = unique("endpoint")
    config(client, name, variant(never))
    client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=name)

    client("sagemaker").delete_endpoint(EndpointName=name)
    wait(client, name, "deleted")

    with pytest.raises(ClientError) as caught:
        client("sagemaker").describe_endpoint(EndpointName=name)
    assert caught.value.response["Error"]["Message"] == (f'Could not find endpoint "{ARN}{name}".')


def outside_archive() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../../outside.txt"))
        link = tarfile.TarInfo("shadow")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/shadow"
        tar.addfile(link)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [(outside_archive(), ["'../../outside.txt'", "'shadow'"]), (b"not a tar", ["valid tar.gz"])],
    # An archive holds the time that it was made at: in a test's name it would differ by worker.
    ids=["outside", "no archive"],
)
def test_a_model_archive_that_cannot_be_unpacked_safely_makes_the_endpoint_fail(
    client: Client,
    unique: Unique,
    bucket: str,
    cleaned: list[str],
    content: bytes,
    said: list[str],
) -> None:
    # Source: https://github.com/aws/deep-learning-containers/pull/569, the reason's beginning.
    client("s3").put_object(Bucket=bucket, Key="model.tar.gz", Body=content)
    name = create_model(client, unique("model"), ModelDataUrl=f"s3://{bucket}/model.tar.gz")
    cleaned.append(config(client, unique("endpoint"), variant(name)))
    client("sagemaker").create_endpoint(EndpointName=cleaned[0], EndpointConfigName=cleaned[0])

    found = wait_for_status(client, cleaned[0], "Failed", "InService")

    assert found["EndpointStatus"] == "Failed"
    assert found["FailureReason"].startswith(
        f'Failed to extract model data archive for container "container_1" from URL'
        f' "s3://{bucket}/model.tar.gz".'
    )
    assert all(text in found["FailureReason"] for text in said)


def test_model_data_that_is_gone_makes_the_endpoint_fail(
    client: Client, unique: Unique, bucket: str, cleaned: list[str]
) -> None:
    # Source: aws-solutions-library-samples/fraud-detection-using-machine-learning issue 9.
    client("s3").put_object(Bucket=bucket, Key="model.tar.gz", Body=archive())
    name = create_model(client, unique("model"), ModelDataUrl=f"s3://{bucket}/model.tar.gz")
    client("s3").delete_object(Bucket=bucket, Key="model.tar.gz")
    cleaned.append(config(client, unique("endpoint"), variant(name)))
    client("sagemaker").create_endpoint(EndpointName=cleaned[0], EndpointConfigName=cleaned[0])

    found = wait_for_status(client, cleaned[0], "Failed", "InService")

    assert found["FailureReason"].startswith(
        f'Failed to download model data for container "container_1" from URL:'
        f' "s3://{bucket}/model.tar.gz". Please ensure that there is an object located at the URL'
    )


def test_a_failed_endpoint_can_be_updated_to_one_that_works(
    client: Client, unique: Unique, model: str, cleaned: list[str]
) -> None:
    broken = create_model(client, unique("model"), Environment={"EXIT_AT_START": "1"})
    cleaned.append(config(client, unique("endpoint"), variant(broken)))
    client("sagemaker").create_endpoint(EndpointName=cleaned[0], EndpointConfigName=cleaned[0])
    wait_for_status(client, cleaned[0], "Failed")
    works = config(client, unique("works"), variant(model))

    client("sagemaker").update_endpoint(EndpointName=cleaned[0], EndpointConfigName=works)
    wait(client, cleaned[0])

    assert "server" in invoke(client, cleaned[0])
    found = client("sagemaker").describe_endpoint(EndpointName=cleaned[0])
    assert "FailureReason" not in found


def test_instances_are_processes_of_their_own_and_can_be_made_more_and_fewer(
    client: Client, unique: Unique, model: str, cleaned: list[str]
) -> None:
    cleaned.append(deploy(client, unique("endpoint"), variant(model)))

    def scale(count: int) -> set[int]:
        client("sagemaker").update_endpoint_weights_and_capacities(
            EndpointName=cleaned[0],
            DesiredWeightsAndCapacities=[
                {"VariantName": "AllTraffic", "DesiredInstanceCount": count}
            ],
        )
        wait(client, cleaned[0])
        found = client("sagemaker").describe_endpoint(EndpointName=cleaned[0])
        assert found["ProductionVariants"][0]["CurrentInstanceCount"] == count
        return servers_seen(client, cleaned[0])

    first = servers_seen(client, cleaned[0])

    assert len(scale(2)) == 2
    assert scale(1) == first


def servers_seen(client: Client, endpoint_name: str) -> set[str]:
    """The servers that answer when two requests are under way."""
    seen: set[str] = set()

    def ask(body: Any) -> None:
        seen.add(invoke(client, endpoint_name, body)["server"])

    busy = threading.Thread(target=ask, args=({"do": "sleep", "seconds": 0.4},))
    busy.start()
    while busy.is_alive():
        ask("")
    return seen


def test_weights_can_be_changed_while_serving(
    client: Client, unique: Unique, model: str, cleaned: list[str]
) -> None:
    cleaned.append(
        deploy(
            client,
            unique("endpoint"),
            variant(model, "old", InitialVariantWeight=1.0),
            variant(model, "new", InitialVariantWeight=0.0),
        )
    )

    def serving() -> set[str]:
        answers = [
            client("sagemaker-runtime").invoke_endpoint(EndpointName=cleaned[0], Body=b"1")
            for _ in range(10)
        ]
        return {answer["InvokedProductionVariant"] for answer in answers}

    before = serving()
    client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=cleaned[0],
        DesiredWeightsAndCapacities=[
            {"VariantName": "old", "DesiredWeight": 0.0},
            {"VariantName": "new", "DesiredWeight": 3.0},
        ],
    )
    wait(client, cleaned[0])

    assert before == {"old"}
    assert serving() == {"new"}


def test_a_dead_server_is_started_again(
    client: Client, unique: Unique, model: str, cleaned: list[str]
) -> None:
    cleaned.append(deploy(client, unique("endpoint"), variant(model)))
    first = invoke(client, cleaned[0])["server"]
    model_error = client("sagemaker-runtime").exceptions.ModelError
    with pytest.raises(model_error):
        invoke(client, cleaned[0], {"do": "die"})

    # What comes in while the server still dies can be lost with it.
    second, deadline = None, time.monotonic() + 30
    while second is None and time.monotonic() < deadline:
        with contextlib.suppress(model_error):
            second = invoke(client, cleaned[0])["server"]
    assert second not in (None, first)


def test_a_deleted_endpoint_ends_its_server(client: Client, unique: Unique, model: str) -> None:
    name = deploy(client, unique("endpoint"), variant(model))
    port = invoke(client, name)["port"]

    client("sagemaker").delete_endpoint(EndpointName=name)
    wait(client, name, "deleted")

    assert ended(port)


def test_a_taken_name_is_refused_in_awss_words(
    client: Client, unique: Unique, model: str, cleaned: list[str]
) -> None:
    # Source: https://github.com/aws/sagemaker-python-sdk/issues/101
    cleaned.append(deploy(client, unique("endpoint"), variant(model)))

    with pytest.raises(ClientError) as caught:
        client("sagemaker").create_endpoint(EndpointName=cleaned[0], EndpointConfigName=cleaned[0])

    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f'Cannot create already existing endpoint "{ARN}{cleaned[0]}".',
    }


def test_an_endpoint_in_progress_cannot_be_updated(
    client: Client, unique: Unique, model: str, cleaned: list[str]
) -> None:
    slow = create_model(client, unique("model"), Environment={"PING": "500"})
    cleaned.append(config(client, unique("endpoint"), variant(slow)))
    client("sagemaker").create_endpoint(EndpointName=cleaned[0], EndpointConfigName=cleaned[0])

    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        client("sagemaker").update_endpoint(EndpointName=cleaned[0], EndpointConfigName=cleaned[0])


def test_a_missing_config_is_said_to_be(client: Client, unique: Unique) -> None:
    with pytest.raises(ClientError) as caught:
        client("sagemaker").create_endpoint(
            EndpointName=unique("endpoint"), EndpointConfigName="no-such-config"
        )

    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert "Could not find endpoint configuration" in caught.value.response["Error"]["Message"]


def test_endpoints_are_listed_by_status(
    client: Client, unique: Unique, model: str, cleaned: list[str]
) -> None:
    cleaned.append(deploy(client, unique("endpoint"), variant(model)))

    found = client("sagemaker").list_endpoints(StatusEquals="InService", NameContains=cleaned[0])
    failed = client("sagemaker").list_endpoints(StatusEquals="Failed", NameContains=cleaned[0])

    assert [summary["EndpointName"] for summary in found["Endpoints"]] == cleaned
    assert failed["Endpoints"] == []


@pytest.mark.parametrize("way", ["kill", "stop"])
def test_an_endpoint_is_served_again_after_the_emulator_ended(
    own_emulator: EmulatorProcess, way: str
) -> None:
    add_recipe(own_emulator)
    client = own_emulator.client
    deploy(client, "lasting", variant(create_model(client, "model", Environment={"VERSION": "1"})))
    before = invoke(client, "lasting")

    getattr(own_emulator, way)()
    own_emulator.start()
    after = invoke(client, "lasting")

    assert ended(before["port"]) or before["server"] != after["server"]
    assert after["version"] == "1"
    found = client("sagemaker").describe_endpoint(EndpointName="lasting")
    assert found["EndpointStatus"] == "InService"


def test_an_endpoint_that_was_being_created_is_created_after_kill_9(
    own_emulator: EmulatorProcess,
) -> None:
    add_recipe(own_emulator)
    client = own_emulator.client
    may_start = flag_for(own_emulator, "may-start")
    model = create_model(client, "model", Environment={"WAIT_FOR": str(may_start)})
    config(client, "endpoint", variant(model))
    client("sagemaker").create_endpoint(EndpointName="endpoint", EndpointConfigName="endpoint")

    own_emulator.kill()
    may_start.touch()
    own_emulator.start()
    wait(client, "endpoint")

    assert "server" in invoke(client, "endpoint")


def test_an_update_under_way_serves_the_old_and_then_the_new_after_kill_9(
    own_emulator: EmulatorProcess,
) -> None:
    add_recipe(own_emulator)
    client = own_emulator.client
    may_start = flag_for(own_emulator, "may-start")
    old = create_model(client, "old", Environment={"VERSION": "old"})
    deploy(client, "endpoint", variant(old))
    new = create_model(client, "new", Environment={"VERSION": "new", "WAIT_FOR": str(may_start)})
    config(client, "new", variant(new))
    client("sagemaker").update_endpoint(EndpointName="endpoint", EndpointConfigName="new")

    own_emulator.kill()
    own_emulator.start()
    during = invoke(client, "endpoint")["version"]
    may_start.touch()
    wait(client, "endpoint")

    assert during == "old"
    assert invoke(client, "endpoint")["version"] == "new"


def test_an_endpoint_that_cannot_be_served_again_is_failed_with_the_reason(
    own_emulator: EmulatorProcess,
) -> None:
    add_recipe(own_emulator)
    client = own_emulator.client
    client("s3").create_bucket(Bucket="models")
    client("s3").put_object(Bucket="models", Key="model.tar.gz", Body=archive())
    model = create_model(client, "model", ModelDataUrl="s3://models/model.tar.gz")
    deploy(client, "endpoint", variant(model))
    client("s3").delete_object(Bucket="models", Key="model.tar.gz")

    own_emulator.stop()
    own_emulator.start()

    found = wait_for_status(client, "endpoint", "Failed")
    assert "Failed to download model data" in found["FailureReason"]


def test_the_servers_output_is_in_the_endpoints_log_group(
    client: Client, unique: Unique, model: str, cleaned: list[str]
) -> None:
    # Source: the SageMaker developer guide, "Log groups and streams": VARIANT/INSTANCE-ID.
    cleaned.append(deploy(client, unique("endpoint"), variant(model)))
    invoke(client, cleaned[0], {"do": "print", "text": "a line of the model's"})
    group = f"/aws/sagemaker/Endpoints/{cleaned[0]}"

    (stream,) = client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    messages: list[str] = []
    deadline = time.monotonic() + 10
    while "a line of the model's" not in messages and time.monotonic() < deadline:
        events = client("logs").get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"]
        )
        messages = [event["message"] for event in events["events"]]
        time.sleep(0.02)

    assert stream["logStreamName"].startswith("AllTraffic/i-")
    assert "a line of the model's" in messages


def test_capacities_and_weights_that_leave_nothing_serving_are_refused_at_once(
    client: Client, unique: Unique, model: str, cleaned: list[str]
) -> None:
    cleaned.append(deploy(client, unique("endpoint"), variant(model)))

    def refusal(*changes: dict[str, Any]) -> str:
        with pytest.raises(ClientError) as caught:
            client("sagemaker").update_endpoint_weights_and_capacities(
                EndpointName=cleaned[0], DesiredWeightsAndCapacities=list(changes)
            )
        assert caught.value.response["Error"]["Code"] == "ValidationException"
        return str(caught.value.response["Error"]["Message"])

    both = refusal(
        {"VariantName": "AllTraffic", "DesiredInstanceCount": 0}, {"VariantName": "green"}
    )
    assert 'Variant "AllTraffic" needs from 1 to 8 instances.' in both
    assert 'The endpoint has no variant "green".' in both
    assert "weight greater than 0" in refusal({"VariantName": "AllTraffic", "DesiredWeight": 0.0})
    assert "server" in invoke(client, cleaned[0])
