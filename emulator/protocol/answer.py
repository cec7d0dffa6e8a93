"""An operation's answer, or its error, into an HTTP response."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from botocore.model import OperationModel, ServiceModel

from emulator.errors import AwsError
from emulator.protocol import query

_NO_CONTENT = 204


@dataclass(frozen=True)
class HttpResponse:
    """What goes back over the wire."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answer(operation: OperationModel, result: dict[str, Any]) -> HttpResponse:
    """The response to a call that succeeded; members that its shape does not know are left out."""
    members = operation.output_shape.members if operation.output_shape else {}
    result = {name: result[name] for name in members if result.get(name) is not None}
    protocol = operation.service_model.metadata["protocol"]
    if protocol == "rest-json":
        return _rest_answer(operation, result)
    if protocol == "query":
        body = query.write_answer(operation, result, str(uuid4()))
        return _response(200, body, query.CONTENT_TYPE)
    return _response(200, _dump(result), _json_type(operation.service_model))


def error_answer(service: ServiceModel, error: AwsError) -> HttpResponse:
    """The response to a call that failed, where boto3 finds its code and its message."""
    if service.metadata["protocol"] == "query":
        xml = query.write_error(service, error.code, error.message, str(uuid4()))
        return _response(error.status, xml, query.CONTENT_TYPE)
    members = {name: value for name, value in error.members.items() if value is not None}
    body = {"__type": error.code, "message": error.message, "Message": error.message, **members}
    kind = ("x-amzn-errortype", error.code)
    return _response(error.status, _dump(body), _json_type(service), (kind,))


def _rest_answer(operation: OperationModel, result: dict[str, Any]) -> HttpResponse:
    shape = operation.output_shape
    status = operation.http.get("responseCode", 200)
    if shape is None:
        return _response(status, b"", "application/json")
    payload = shape.serialization.get("payload")
    content_type = "application/json"
    headers: list[tuple[str, str]] = []
    body: dict[str, Any] = {}
    for name, value in result.items():
        member = shape.members[name]
        key = member.serialization.get("name", name)
        location = member.serialization.get("location")
        if location == "header" and key.lower() == "content-type":
            content_type = value
        elif location == "header":
            headers.append((key.lower(), str(value)))
        elif location == "statusCode":
            status = value
        elif name != payload:
            body[key] = value
    content = _payload(result.get(payload)) if payload else _dump(body)
    if status == _NO_CONTENT:
        content = b""  # a body here would be read as the beginning of the next answer
    return _response(status, content, content_type, tuple(headers))


def _payload(value: Any) -> bytes:
    if value is None:
        return b""
    return value if isinstance(value, bytes) else _dump(value)


def _response(
    status: int, body: bytes, content_type: str, headers: tuple[tuple[str, str], ...] = ()
) -> HttpResponse:
    common = (
        ("content-type", content_type),
        ("content-length", str(len(body))),
        ("x-amzn-requestid", str(uuid4())),
    )
    return HttpResponse(status, common + headers, body)


def _json_type(service: ServiceModel) -> str:
    version = service.metadata.get("jsonVersion")
    return f"application/x-amz-json-{version}" if version else "application/json"


def _dump(value: Any) -> bytes:
    return json.dumps(value, default=_base64, separators=(",", ":")).encode()


def _base64(value: Any) -> str:
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    raise TypeError(f"an answer cannot hold a {type(value).__name__}")
