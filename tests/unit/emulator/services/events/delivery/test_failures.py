"""Source: the error codes of dead letters in the EventBridge user guide."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from emulator.errors import AwsError
from emulator.services.events.delivery.failures import DeliveryFailed, failure_of


def client_error(code, status):
    answer = {
        "Error": {"Code": code, "Message": "why"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "Operation")


@pytest.mark.parametrize(
    ("error", "code", "is_retriable"),
    [
        (AwsError("ResourceNotFoundException", "gone", 404), "NO_RESOURCE", False),
        (AwsError("PipelineNotFoundException", "gone"), "NO_RESOURCE", False),
        (client_error("AWS.SimpleQueueService.NonExistentQueue", 400), "NO_RESOURCE", False),
        (client_error("AccessDenied", 403), "NO_PERMISSIONS", False),
        (client_error("ThrottlingException", 400), "THROTTLING", True),
        (AwsError("TooManyRequestsException", "wait", 429), "THROTTLING", True),
        (AwsError("AccountLimitExceededException", "full"), "RESOURCE_LIMIT_EXCEEDED", True),
        (AwsError("ValidationException", "bad"), "INVALID_PARAMETER", False),
        (client_error("InternalFailure", 500), "ERROR_FROM_TARGET", True),
        (EndpointConnectionError(endpoint_url="http://x"), "CONNECTION_FAILURE", True),
        (RuntimeError("ours"), "INTERNAL_ERROR", True),
    ],
)
def test_an_error_tells_whether_to_try_again(error, code, is_retriable):
    failure = failure_of(error)
    assert (failure.code, failure.is_retriable) == (code, is_retriable)


def test_a_failure_stays_what_it_is():
    failure = DeliveryFailed("NO_PERMISSIONS", "no")
    assert failure_of(failure) is failure
