"""Why a target did not take an event.

Source: the error codes in "Using dead-letter queues to process undelivered events" of the
EventBridge user guide, which also says that missing permissions and resources are not retried.
"""

import logging

from botocore.exceptions import BotoCoreError, ClientError

from emulator.errors import AwsError

logger = logging.getLogger(__name__)

_FIRST_SERVER_FAULT = 500
_NO_RESOURCE = ("NotFound", "NonExistentQueue", "DoesNotExist")
_NO_PERMISSIONS = ("AccessDenied", "AuthorizationError", "NotAuthorized")
_THROTTLING = ("Throttl", "TooManyRequests", "ConcurrentModification", "RequestLimitExceeded")
_LIMITS = ("LimitExceeded",)


class DeliveryFailed(Exception):
    """The target did not take the event.

    Attributes:
        code: EventBridge's ERROR_CODE.
        is_retriable: Whether it may take it later.
    """

    def __init__(self, code: str, message: str, *, is_retriable: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.is_retriable = is_retriable


def failure_of(error: Exception) -> DeliveryFailed:
    """What an attempt's error means for the delivery."""
    if isinstance(error, DeliveryFailed):
        return error
    if isinstance(error, AwsError):
        return _of_answer(error.code, error.message, error.status)
    if isinstance(error, ClientError):
        answer = error.response
        told = answer.get("Error", {})
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        return _of_answer(told.get("Code", ""), told.get("Message", ""), status)
    if isinstance(error, BotoCoreError):
        return DeliveryFailed("CONNECTION_FAILURE", str(error), is_retriable=True)
    logger.error("a delivery failed", exc_info=error)
    message = f"{type(error).__name__}: {error}"
    return DeliveryFailed("INTERNAL_ERROR", message, is_retriable=True)


def _of_answer(code: str, message: str, status: int) -> DeliveryFailed:
    told = f"{code}: {message}"
    for signs, meaning, is_retriable in (
        (_NO_RESOURCE, "NO_RESOURCE", False),
        (_NO_PERMISSIONS, "NO_PERMISSIONS", False),
        (_THROTTLING, "THROTTLING", True),
        (_LIMITS, "RESOURCE_LIMIT_EXCEEDED", True),
    ):
        if any(sign in code for sign in signs):
            return DeliveryFailed(meaning, told, is_retriable=is_retriable)
    if status >= _FIRST_SERVER_FAULT:
        return DeliveryFailed("ERROR_FROM_TARGET", told, is_retriable=True)
    return DeliveryFailed("INVALID_PARAMETER", told)
