"""The query protocol: requests as forms, answers as XML. CloudFormation speaks it.

Source: the AWS query protocol of the Smithy documentation, and botocore's serialiser for it.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StructureShape,
)

from emulator.protocol.xml import escape, write_members

CONTENT_TYPE = "text/xml"
Form = dict[str, Any]
"""A form by the parts of its keys: ``Tags.member.1.Key`` is four levels deep."""

_NUMBER = re.compile(r"[1-9]\d*")


def read_form(body: bytes) -> Form:
    """The form of a request; a key that is also the beginning of another loses its own value."""
    form: Form = {}
    for key, text in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        *parents, last = key.split(".")
        place = form
        for part in parents:
            inner = place.get(part)
            if not isinstance(inner, dict):
                inner = place[part] = {}
            place = inner
        if not isinstance(place.get(last), dict):
            place[last] = text
    return form


def read_members(shape: StructureShape, form: Mapping[str, Any]) -> dict[str, Any]:
    """The raw parameters of a structure; what does not convert is left to validation."""
    members = {}
    for name, member in shape.members.items():
        value = form.get(_form_name(member, name))
        if value is not None:
            members[name] = _read(member, value)
    return members


def _form_name(shape: Shape, member_name: str) -> str:
    name: str = shape.serialization.get("name", member_name)
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        name = shape.member.serialization.get("name", name)
    return name


def _read(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape):
        return read_members(shape, value) if isinstance(value, dict) else value
    if isinstance(shape, ListShape):
        return _read_list(shape, value)
    if isinstance(shape, MapShape):
        return _read_map(shape, value)
    return _read_scalar(shape, value)


def _read_list(shape: ListShape, value: Any) -> Any:
    if value == "":
        return []  # how a list without elements is sent
    member = shape.member.serialization.get("name", "member")
    numbered = value if shape.serialization.get("flattened") else _inner(value, member)
    return [_read(shape.member, each) for each in _in_order(numbered)]


def _read_map(shape: MapShape, value: Any) -> Any:
    if value == "":
        return {}
    numbered = value if shape.serialization.get("flattened") else _inner(value, "entry")
    key, element = (part.serialization.get("name") for part in (shape.key, shape.value))
    return {
        each.get(key or "key"): _read(shape.value, each.get(element or "value"))
        for each in _in_order(numbered)
        if isinstance(each, dict)
    }


def _inner(value: Any, name: str) -> Any:
    return value.get(name, {}) if isinstance(value, dict) else {}


def _in_order(numbered: Any) -> list[Any]:
    if not isinstance(numbered, dict):
        return []
    numbers = sorted((int(key), key) for key in numbered if _NUMBER.fullmatch(key))
    return [numbered[key] for _, key in numbers]


def _read_scalar(shape: Shape, text: Any) -> Any:
    try:
        if shape.type_name in ("integer", "long"):
            return int(text)
        if shape.type_name in ("float", "double"):
            return float(text)
    except (TypeError, ValueError):
        return text
    if shape.type_name == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def write_answer(operation: OperationModel, result: Mapping[str, Any], request_id: str) -> bytes:
    """The body of an answer: the result in the operation's wrapper."""
    shape = operation.output_shape
    content = ""
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
        content = f"<{wrapper}>{write_members(shape, result)}</{wrapper}>"
    metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    return _document(operation.service_model, f"{operation.name}Response", content + metadata)


def write_error(service: ServiceModel, code: str, message: str, request_id: str) -> bytes:
    """The body of an error, with the code by which the service's model knows it."""
    content = (
        f"<Error><Type>Sender</Type><Code>{escape(_code_on_the_wire(service, code))}</Code>"
        f"<Message>{escape(message)}</Message></Error><RequestId>{request_id}</RequestId>"
    )
    return _document(service, "ErrorResponse", content)


def _code_on_the_wire(service: ServiceModel, code: str) -> str:
    """Source: the error trait of a shape, e.g. ChangeSetNotFoundException is ChangeSetNotFound."""
    if code not in service.shape_names:
        return code
    found: str = service.shape_for(code).metadata.get("error", {}).get("code", code)
    return found


def _document(service: ServiceModel, root: str, content: str) -> bytes:
    namespace = service.metadata["xmlNamespace"]
    return f'<{root} xmlns="{namespace}">{content}</{root}>'.encode()
