"""An HTTP request into the operation it names and the operation's parameters.

Source: the AWS JSON 1.0/1.1, AWS restJson1 and AWS query protocols of the Smithy documentation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.model import OperationModel, ServiceModel, Shape

from emulator.errors import AwsError
from emulator.json_text import read_json
from emulator.protocol import query
from emulator.protocol.models import routes


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came over the wire; header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def parse(service: ServiceModel, request: HttpRequest) -> tuple[OperationModel, dict[str, Any]]:
    """The operation and its raw parameters, not yet validated.

    Raises:
        AwsError: UnknownOperationException, or SerializationException for a body that is not JSON.
    """
    protocol = service.metadata["protocol"]
    if protocol == "rest-json":
        return _parse_rest(service, request)
    if protocol == "query":
        return _parse_query(service, request)
    return _parse_json(service, request)


def _parse_query(
    service: ServiceModel, request: HttpRequest
) -> tuple[OperationModel, dict[str, Any]]:
    form = query.read_form(request.body)
    name = form.get("Action")
    if name not in service.operation_names:
        raise AwsError(
            "InvalidAction", f"Could not find operation {name} for {service.api_version}"
        )
    operation = service.operation_model(name)
    shape = operation.input_shape
    return operation, {} if shape is None else query.read_members(shape, form)


def _parse_json(
    service: ServiceModel, request: HttpRequest
) -> tuple[OperationModel, dict[str, Any]]:
    target = request.headers.get("x-amz-target", "")
    prefix, _, name = target.rpartition(".")
    if prefix != service.metadata.get("targetPrefix") or name not in service.operation_names:
        raise _unknown_operation(service, f"the header X-Amz-Target says {target!r}")
    return service.operation_model(name), _json_object(request.body)


def _parse_rest(
    service: ServiceModel, request: HttpRequest
) -> tuple[OperationModel, dict[str, Any]]:
    for method, pattern, operation in routes(service.service_name):
        match = pattern.fullmatch(request.path) if method == request.method else None
        if match:
            return operation, _rest_parameters(operation, match.groupdict(), request)
    raise _unknown_operation(service, f"the request is {request.method} {request.path}")


def _rest_parameters(
    operation: OperationModel, labels: Mapping[str, str], request: HttpRequest
) -> dict[str, Any]:
    shape = operation.input_shape
    if shape is None:
        return {}
    payload = shape.serialization.get("payload")
    body: dict[str, Any] = {}
    if payload is None:
        body = _json_object(request.body)
    texts = parse_qs(request.query, keep_blank_values=True)
    parameters = {}
    for name, member in shape.members.items():
        key = member.serialization.get("name", name)
        location = member.serialization.get("location")
        if name == payload:
            value = _payload(member, request.body)
        elif location == "uri":
            value = unquote(labels[key])
        elif location == "querystring":
            value = _from_query(member, texts.get(key))
        elif location == "header":
            value = _from_text(member, request.headers.get(key.lower()))
        elif location == "headers":
            value = _prefixed(request.headers, key.lower())
        else:
            value = body.get(key)
        if value is not None:
            parameters[name] = value
    return parameters


def _payload(member: Shape, body: bytes) -> Any:
    if member.type_name == "blob":
        return body
    return _json_object(body) if body else None


def _from_query(member: Shape, values: list[str] | None) -> Any:
    if values is None:
        return None
    return values if member.type_name == "list" else _from_text(member, values[-1])


def _from_text(member: Shape, text: str | None) -> Any:
    """The typed value of a header or query text; what does not convert is left to validation."""
    if text is None:
        return None
    try:
        if member.type_name in ("integer", "long"):
            return int(text)
        if member.type_name in ("float", "double"):
            return float(text)
        if member.type_name == "timestamp":
            return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return text
    if member.type_name == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _prefixed(headers: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {
        name[len(prefix) :]: value for name, value in headers.items() if name.startswith(prefix)
    }


def _json_object(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        parsed = read_json(body)
    except ValueError as error:
        raise AwsError("SerializationException", f"The body is not JSON: {error}") from error
    if not isinstance(parsed, dict):
        kind = type(parsed).__name__
        raise AwsError("SerializationException", f"The body must be a JSON object, not a {kind}")
    return parsed


def _unknown_operation(service: ServiceModel, found: str) -> AwsError:
    return AwsError(
        "UnknownOperationException",
        f"{service.service_name} has no such operation in this version of botocore: {found}",
    )
