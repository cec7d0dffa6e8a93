"""Requests that no operation can make sense of: each is the caller's fault and leaves nothing."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import botocore.loaders
import botocore.model
import pytest

from tests.contract.wire import Wire, made_up, places, replaced

Unique = Callable[[str], str]
NOT_VALID = "failed to satisfy constraint: "


@pytest.fixture
def wire(emulator: Any) -> Iterator[Wire]:
    connection = Wire(emulator.url)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def model() -> botocore.model.ServiceModel:
    """SageMaker's model, as botocore ships it."""
    description = botocore.loaders.Loader().load_service_model("sagemaker", "service-2")
    return botocore.model.ServiceModel(description, "sagemaker")


def test_every_operation_that_is_not_emulated_says_so(
    wire: Wire, model: botocore.model.ServiceModel
) -> None:
    """Whatever else may be wrong with it: first of all the emulator cannot do it."""
    unsupported, others = [], []
    for operation in model.operation_names:
        for parameters in (made_up(model.operation_model(operation).input_shape), {}):
            status, answer = wire.call(operation, parameters)
            assert status < 500, (operation, answer)
            is_unsupported = answer.get("__type") == "UnsupportedByEmulator"
            if is_unsupported:
                text = f"The emulator does not support sagemaker {operation}."
                assert (status, answer["message"]) == (400, text)
            (unsupported if is_unsupported else others).append(operation)
    assert not set(unsupported) & set(others)
    assert {"CreateAutoMLJobV2", "CreateDomain", "ListWorkforces"} <= set(unsupported)
    assert {"CreateTrainingJob", "CreateEndpoint", "RetryPipelineExecution"} <= set(others)


WRONG = (
    *(None, "", 0, -1, 2**70, 1.5, True, [], {}, [[]], {"a": {}}, float("nan"), float("inf")),
    *("\ud800", "\u00e9\0\u2028", "a" * 70_000, "../../etc/passwd", "NaN"),
)


def test_no_value_in_any_place_of_a_request_is_a_fault_of_the_emulator(
    wire: Wire, model: botocore.model.ServiceModel
) -> None:
    """boto3 would try again after a 5xx, and hide what is wrong."""
    wrong = itertools.cycle(WRONG)
    calls = 0
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        if shape is None or wire.call(operation, {})[1].get("__type") == "UnsupportedByEmulator":
            continue
        for is_full in (False, True):
            whole = made_up(shape, is_full=is_full)
            for place in places(whole):
                value = next(wrong)
                status, answer = wire.call(operation, replaced(whole, place, value))
                assert status < 500, (operation, place, value, answer)
                calls += 1
    assert calls > 1_000


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (
            b'{"a":' * 100_000,
            "SerializationException",
            "The body is not JSON: it is nested too deeply",
        ),
        (b'{"MaxResults":' + b"[" * 100_000, "SerializationException", "nested too deeply"),
        (b'{"MaxResults":1', "SerializationException", "The body is not JSON: "),
        (b'{"NameContains":"\xff"}', "SerializationException", "The body is not JSON: "),
        (b"null", "SerializationException", "The body must be a JSON object"),
        (b'{"MaxResults":NaN}', "ValidationException", "at 'maxResults' " + NOT_VALID),
        (b'{"MaxResults":' + b"9" * 4_000 + b"}", "ValidationException", "or equal to 100"),
        (b'{"MaxResults":' + b"9" * 9_000 + b"}", "SerializationException", "is not JSON"),
        (b'{"CreationTimeAfter":Infinity}', "ValidationException", "must be a timestamp"),
        (b'{"CreationTimeAfter":1e300}', "ValidationException", "must be a timestamp"),
        (b'{"CreationTimeAfter":' + b"9" * 400 + b"}", "ValidationException", "a timestamp"),
        (b'{"NameContains":"\\ud83c"}', "ValidationException", "must be valid Unicode"),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else None,
)
def test_a_body_that_cannot_be_read_is_refused(
    wire: Wire, body: bytes, code: str, message: str
) -> None:
    status, answer = wire.post(body, "SageMaker.ListModels")

    assert (status, answer["__type"]) == (400, code)
    assert message in answer["message"]
    assert len(answer["message"]) < 1_000


@pytest.mark.parametrize(
    ("service", "target", "path"),
    [
        ("lambda", None, "/2015-03-31/functions"),
        ("logs", "Logs_20140328.DescribeLogGroups", "/"),
    ],
)
def test_deep_bodies_are_refused_by_every_service(
    wire: Wire, service: str, target: str | None, path: str
) -> None:
    status, answer = wire.post(b'{"a":' * 100_000, target, service, path)

    assert (status, answer["__type"]) == (400, "SerializationException")


def test_ten_thousand_faults_are_told_by_the_first_hundred(wire: Wire) -> None:
    tags = [{"Key": "k", "Value": "a" * 300}] * 10_000
    request = {"ModelPackageGroupName": "never-made", "Tags": tags}

    status, answer = wire.call("CreateModelPackageGroup", request)

    assert (status, answer["__type"]) == (400, "ValidationException")
    # One more than the tags: 50 is the most that a list of tags may hold.
    assert answer["message"].startswith("10001 validation errors detected: ")
    assert answer["message"].endswith("... and 9901 more")
    assert wire.call("DescribeModelPackageGroup", {"ModelPackageGroupName": "never-made"})[0] == 400


LISTS = (
    *("ListModels", "ListEndpoints", "ListEndpointConfigs", "ListPipelines", "ListModelPackages"),
    *("ListTrainingJobs", "ListProcessingJobs", "ListTransformJobs", "ListModelPackageGroups"),
    "ListHyperParameterTuningJobs",
)


@pytest.mark.parametrize("token", ["garbage", "-5", "9999999", "Zm9v", "\u00e9", "{}", "W10="])
def test_a_token_that_no_operation_gave_is_refused(wire: Wire, token: str) -> None:
    for operation in LISTS:
        status, answer = wire.call(operation, {"NextToken": token})
        assert (status, answer["__type"]) == (400, "ValidationException"), operation
        assert token in answer["message"]


def test_missing_mistyped_long_misspelt_and_unknown_values_are_told_together(wire: Wire) -> None:
    request = {
        "ProcessingJobName": "a" * 64,
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": "one", "InstanceType": "ml.big", "VolumeSizeInGB": 0}
        },
        "RoleArn": "nobody",
        "StoppingCondition": {},
    }

    status, answer = wire.call("CreateProcessingJob", request)

    assert (status, answer["__type"]) == (400, "ValidationException")
    message = answer["message"]
    assert message.startswith("9 validation errors detected: ")
    cluster = "processingResources.clusterConfig"
    for place, constraint in (
        ("processingJobName", "Member must have length less than or equal to 63"),
        ("processingJobName", "Member must satisfy regular expression pattern: "),
        (f"{cluster}.instanceCount", "Member must be an integer"),
        (f"{cluster}.instanceType", "Member must satisfy enum value set: ["),
        (f"{cluster}.volumeSizeInGB", "Member must have value greater than or equal to 1"),
        ("appSpecification", "Member must not be null"),
        ("roleArn", "Member must have length greater than or equal to 20"),
        ("roleArn", "Member must satisfy regular expression pattern: "),
        ("stoppingCondition.maxRuntimeInSeconds", "Member must not be null"),
    ):
        assert f"at '{place}' {NOT_VALID}{constraint}" in message
    jobs = wire.call("ListProcessingJobs", {"NameContains": "a" * 63})[1]
    assert jobs["ProcessingJobSummaries"] == []


def test_a_request_of_many_megabytes_is_refused_by_its_size(wire: Wire) -> None:
    status, answer = wire.post(b" " * (71 * 1024 * 1024), "SageMaker.ListModels")

    assert (status, answer["__type"]) == (413, "RequestEntityTooLargeException")
    assert "sagemaker takes 73400320" in answer["message"]
    assert (
        json.dumps(wire.call("ListModels", {"NameContains": "never-made"})[1]) == '{"Models": []}'
    )
