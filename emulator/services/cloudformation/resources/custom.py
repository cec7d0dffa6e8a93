"""Custom resources: a Lambda function makes them and answers to an address in S3.

Source: "Custom resource request objects", "response objects" and "cfn-response module" in the
CloudFormation User Guide; AWS::CloudFormation::CustomResource in the template reference.
"""

import json
import threading
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emulator.errors import AwsError
from emulator.services.cloudformation.resources.failures import is_gone
from emulator.services.cloudformation.resources.own_bucket import presigned_put, take
from emulator.services.cloudformation.resources.provider import (
    Provider,
    ResourceFailed,
    Work,
)

_DEFAULT_TIMEOUT_SECONDS = 3600
_NOT_PASSED = ("ServiceTimeout",)


def _texts(value: Any) -> Any:
    """Scalars reach the function as texts, as CloudFormation sends them."""
    if isinstance(value, Mapping):
        return {key: _texts(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_texts(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _passed(properties: Mapping[str, Any]) -> Any:
    return _texts({key: each for key, each in properties.items() if key not in _NOT_PASSED})


def _event(work: Work, request_type: str) -> dict[str, Any]:
    request_id = str(uuid.uuid4())
    event = {
        "RequestType": request_type,
        "ServiceToken": work.properties["ServiceToken"],
        "ResponseURL": presigned_put(work, request_id, _timeout_seconds(work)),
        "StackId": work.stack["StackId"],
        "RequestId": request_id,
        "LogicalResourceId": work.logical_id,
        "ResourceType": work.type_name,
        "ResourceProperties": _passed(work.properties),
    }
    if request_type != "Create":
        event["PhysicalResourceId"] = work.physical_id
    if request_type == "Update":
        event["OldResourceProperties"] = _passed(work.before)
    return event


def _timeout_seconds(work: Work) -> int:
    return int(work.properties.get("ServiceTimeout", _DEFAULT_TIMEOUT_SECONDS))


def _ask(work: Work, request_type: str) -> Mapping[str, Any]:
    """Invoke the function and wait for its answer.

    Raises:
        ResourceFailed: It answers that it failed, fails without an answer, or does not answer.
    """
    token = str(work.properties["ServiceToken"])
    if ":lambda:" not in token:
        raise ResourceFailed(
            f"ServiceToken {token} is no Lambda function; others are not emulated."
        )
    event = _event(work, request_type)
    failure: list[str] = []
    has_ended = threading.Event()
    arguments = (work, token, event, failure, has_ended)
    work.context.workers.start(f"custom resource {work.logical_id}", _invoke, *arguments)
    answer = _await(work, event["RequestId"], failure, has_ended)
    if request_type == "Create" and answer.get("PhysicalResourceId"):
        work.made(str(answer["PhysicalResourceId"]))
    if answer.get("Status") != "SUCCESS":
        raise ResourceFailed(
            f"Received response status [{answer.get('Status')}] from custom resource. Message "
            f"returned: {answer.get('Reason', '')} (RequestId: {event['RequestId']})"
        )
    if not answer.get("PhysicalResourceId"):
        raise ResourceFailed("Invalid PhysicalResourceId: the custom resource's answer has none.")
    return answer


def _invoke(
    work: Work,
    token: str,
    event: Mapping[str, Any],
    failure: list[str],
    has_ended: threading.Event,
) -> None:
    """Within the process: an invocation may take longer than a client waits."""
    payload = json.dumps(event).encode()
    try:
        answer = work.context.api.call("lambda", "Invoke", FunctionName=token, Payload=payload)
        if answer.get("FunctionError"):
            failure.append(f"The function failed: {_text(answer.get('Payload'))}")
    except AwsError as error:
        failure.append(error.message)
    finally:
        has_ended.set()


def _text(payload: Any) -> str:
    return payload.decode(errors="replace") if isinstance(payload, bytes) else str(payload)


def _await(
    work: Work, request_id: str, failure: list[str], has_ended: threading.Event
) -> Mapping[str, Any]:
    """The answer. A function that has failed cannot answer any more, so that is not waited for."""
    found: list[bytes] = []
    end = work.context.clock() + _timeout_seconds(work)

    def has_answered() -> bool:
        is_last_look = has_ended.is_set() and bool(failure)
        try:
            found.append(take(work, request_id))
        except ClientError as error:
            if not is_gone(error):
                raise
        return bool(found) or is_last_look or work.context.clock() > end

    work.wait(has_answered)
    if not found:
        raise ResourceFailed(
            failure[0]
            if failure
            else "CloudFormation did not receive a response from your Custom Resource within "
            f"{_timeout_seconds(work)} seconds."
        )
    return _read(found[0])


def _read(content: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(content)
    except ValueError as error:
        raise ResourceFailed(f"Invalid response object: it is no JSON: {error}") from error
    if not isinstance(answer, dict):
        raise ResourceFailed("Invalid response object: it is no JSON object.")
    return answer


def _create(work: Work) -> str:
    answer = _ask(work, "Create")
    work.keep(answer.get("Data") or {})
    return str(answer["PhysicalResourceId"])


def _update(work: Work) -> str:
    answer = _ask(work, "Update")
    work.keep(answer.get("Data") or {})
    return str(answer["PhysicalResourceId"])


def _delete(work: Work) -> None:
    _ask(work, "Delete")


CUSTOM_RESOURCE = Provider(
    properties=None,
    create=_create,
    update=_update,
    delete=_delete,
    attributes=lambda work: work.attributes,
)
