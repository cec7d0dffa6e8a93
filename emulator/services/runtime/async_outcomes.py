"""What becomes of an asynchronous request: an object in S3 and a notification.

Source: "Check prediction results" in the developer guide; AsyncInferenceNotificationConfig in the
API reference; messages that AWS's own samples have recorded, e.g. aws-samples' SNS handlers.
"""

import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.clients import client
from emulator.services.runtime.async_requests import AsyncRequest

logger = logging.getLogger(__name__)

# Source: IncludeInferenceResponseIn: "if the response size is less than or equal to 128 KB".
_INCLUDED_BYTES_AT_MOST = 128 * 1024


@dataclass(frozen=True)
class Outcome:
    """How a request ended.

    Attributes:
        failure: Why it failed; None if it has not.
        body: The container's answer; empty if there was none.
    """

    failure: str | None
    body: bytes = b""
    content_type: str | None = None


def deliver(context: Context, request: AsyncRequest, outcome: Outcome) -> Outcome:
    """Put the answer where the request's caller looks for it; gives what came of that."""
    if outcome.failure is None:
        try:
            _put(context, request["OutputLocation"], outcome.body)
        except AwsError as error:
            return Outcome(f"ClientError: Failed to upload the response: {error.message}")
        return outcome
    try:
        _put(context, request["FailureLocation"], outcome.body or outcome.failure.encode())
    except AwsError as error:
        logger.warning("inference %s: %s", request["InferenceId"], error.message)
    return outcome


def _put(context: Context, s3_uri: str | None, content: bytes) -> None:
    if s3_uri is not None:
        location = urlsplit(s3_uri, allow_fragments=False)
        context.objects.put_bytes(location.netloc, location.path.removeprefix("/"), content)


def notify(context: Context, request: AsyncRequest, outcome: Outcome) -> bool:
    """Publish to the topic that the endpoint has for such an end; False if that failed."""
    config = request["NotificationConfig"]
    has_failed = outcome.failure is not None
    topic = config.get("ErrorTopic" if has_failed else "SuccessTopic")
    if topic is None:
        return True
    kind = "ERROR_NOTIFICATION_TOPIC" if has_failed else "SUCCESS_NOTIFICATION_TOPIC"
    is_included = kind in config.get("IncludeInferenceResponseIn", [])
    message = _message(context, request, outcome, is_included)
    try:
        client(context, "sns").publish(TopicArn=topic, Message=json.dumps(message))
    except Exception:  # the boundary to the topic, which can be gone: the answer is there
        logger.exception("inference %s: no notification to %s", request["InferenceId"], topic)
        return False
    return True


def _message(
    context: Context, request: AsyncRequest, outcome: Outcome, is_included: bool
) -> dict[str, Any]:
    message: dict[str, Any] = {
        "awsRegion": context.settings.region,
        "eventTime": _moment(context.clock()),
        "receivedTime": _moment(request["ReceivedTime"]),
        "invocationStatus": "Completed" if outcome.failure is None else "Failed",
        "requestParameters": _request_parameters(request),
    }
    if outcome.failure is not None:
        message["failureReason"] = outcome.failure
    else:
        where = {"contentType": outcome.content_type, "outputLocation": request["OutputLocation"]}
        message["responseParameters"] = {key: value for key, value in where.items() if value}
    if is_included and len(outcome.body) <= _INCLUDED_BYTES_AT_MOST:
        message["responseBody"] = {
            "content": base64.b64encode(outcome.body).decode(),
            "message": "The response is in S3 as well, if the endpoint config has a path for it.",
            "encoding": "BASE64",
        }
    return message | {
        "inferenceId": request["InferenceId"],
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def _request_parameters(request: AsyncRequest) -> Mapping[str, str]:
    names = {
        "accept": "Accept",
        "contentType": "ContentType",
        "customAttributes": "CustomAttributes",
        "endpointName": "EndpointName",
        "inputLocation": "InputLocation",
    }
    return {name: request[key] for name, key in names.items() if key in request}


def _moment(seconds: float) -> str:
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
