"""S3's XML bodies: read into values of botocore's shapes, and wrapped as whole documents."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from botocore.model import ListShape, Shape, StructureShape

from emulator.errors import AwsError
from emulator.protocol.xml import INSTANCE_NAMESPACE, element_name, is_attribute

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def document(root: str, content: str) -> bytes:
    """A whole answer of one root element, whose content is XML already."""
    opening = f'{root} xmlns="{NAMESPACE}"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{opening}>{content}</{root}>'.encode()


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
        if is_attribute(member):
            local_name = member.serialization["name"].partition(":")[2]
            text = element.get(f"{{{INSTANCE_NAMESPACE}}}{local_name}")
            if text is not None:
                yield name, text
            continue
        expected = element_name(member, name)
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
