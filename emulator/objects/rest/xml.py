"""Values of botocore's shapes as S3's XML, both ways.

Source: botocore's rest-xml serialiser and parser name elements by the same rules.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from botocore.model import ListShape, Shape, StructureShape

from emulator.errors import AwsError

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_INSTANCE_NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance"
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}
# A parser would turn a carriage return into a newline, and S3 writes control characters so too.
_ESCAPES |= {code: f"&#x{code:x};" for code in range(32) if chr(code) not in "\t\n"}


def document(root: str, content: str) -> bytes:
    """A whole answer of one root element, whose content is XML already."""
    opening = f'{root} xmlns="{NAMESPACE}"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{opening}>{content}</{root}>'.encode()


def escape(text: str) -> str:
    """Text as an element's content or an attribute's value."""
    return text.translate(_ESCAPES)


def write_members(shape: StructureShape, value: Mapping[str, Any]) -> str:
    """The elements of a structure's members, without an element of its own."""
    return "".join(
        _write(_element_name(shape.members[name], name), shape.members[name], value[name])
        for name in shape.members
        if value.get(name) is not None and not _is_attribute(shape.members[name])
    )


def _write(name: str, shape: Shape, value: Any) -> str:
    if isinstance(shape, StructureShape):
        return f"<{name}{_attributes(shape, value)}>{write_members(shape, value)}</{name}>"
    if isinstance(shape, ListShape):
        if shape.serialization.get("flattened"):
            return "".join(_write(name, shape.member, element) for element in value)
        member = shape.member.serialization.get("name", "member")
        content = "".join(_write(member, shape.member, element) for element in value)
        return f"<{name}>{content}</{name}>"
    return f"<{name}>{escape(write_scalar(shape, value))}</{name}>"


def _attributes(shape: StructureShape, value: Mapping[str, Any]) -> str:
    written = "".join(
        f' {member.serialization["name"]}="{escape(str(value[name]))}"'
        for name, member in shape.members.items()
        if _is_attribute(member) and name in value
    )
    return f' xmlns:xsi="{_INSTANCE_NAMESPACE}"{written}' if written else ""


def write_scalar(shape: Shape, value: Any) -> str:
    """A string, number, boolean or time as the body has it."""
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if shape.type_name == "timestamp":
        return iso8601(value)
    return str(value)


def iso8601(epoch_seconds: float) -> str:
    """A time as S3's bodies have it."""
    return f"{datetime.fromtimestamp(int(epoch_seconds), UTC):%Y-%m-%dT%H:%M:%S}.000Z"


class _Builder(ElementTree.TreeBuilder):
    """Refuses what nobody sends to S3 but to have entities expanded, in whatever encoding."""

    def doctype(self, name: str, public_id: str, system: str) -> None:
        raise ValueError("a document type is not allowed")


def read_document(shape: Shape, body: bytes) -> Any:
    """The value of a request's body.

    Raises:
        AwsError: MalformedXML.
    """
    parser = ElementTree.XMLParser(target=_Builder())  # noqa: S314
    try:
        return _read(shape, ElementTree.fromstring(body, parser))  # noqa: S314
    except (ElementTree.ParseError, ValueError, UnicodeDecodeError) as error:
        raise malformed_xml(str(error)) from error


def malformed_xml(fault: str) -> AwsError:
    """The answer to a body that is not what the operation takes."""
    return AwsError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published"
        f" schema: {fault}",
    )


def _read(shape: Shape, element: ElementTree.Element) -> Any:
    if isinstance(shape, StructureShape):
        return dict(_read_members(shape, element))
    if isinstance(shape, ListShape):
        return [_read(shape.member, child) for child in element]
    return read_scalar(shape, element.text or "")


def _read_members(shape: StructureShape, element: ElementTree.Element) -> Iterator[tuple[str, Any]]:
    for name, member in shape.members.items():
        if _is_attribute(member):
            local_name = member.serialization["name"].partition(":")[2]
            text = element.get(f"{{{_INSTANCE_NAMESPACE}}}{local_name}")
            if text is not None:
                yield name, text
            continue
        expected = _element_name(member, name)
        found = [child for child in element if child.tag.rpartition("}")[2] == expected]
        if found and isinstance(member, ListShape) and member.serialization.get("flattened"):
            yield name, [_read(member.member, child) for child in found]
        elif found:
            yield name, _read(member, found[0])


def read_scalar(shape: Shape, text: str) -> Any:
    """A string, number, boolean or time in epoch seconds.

    Raises:
        ValueError: It is none.
    """
    if shape.type_name in ("integer", "long"):
        return int(text)
    if shape.type_name == "boolean":
        if text.lower() not in ("true", "false"):
            raise ValueError(f"{text!r} is no boolean")
        return text.lower() == "true"
    if shape.type_name == "timestamp":
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return text


def _element_name(shape: Shape, member_name: str) -> str:
    name: str | None = None
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        name = shape.member.serialization.get("name")
    return name or shape.serialization.get("name") or member_name


def _is_attribute(shape: Shape) -> bool:
    return bool(shape.serialization.get("xmlAttribute"))
