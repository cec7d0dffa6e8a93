"""Values of botocore's shapes as XML, as S3's bodies and the query protocol's answers have them.

Source: botocore's rest-xml serialiser and its parsers name elements by the same rules.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

INSTANCE_NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance"
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}
# A parser would turn a carriage return into a newline, and S3 writes control characters so too.
_ESCAPES |= {code: f"&#x{code:x};" for code in range(32) if chr(code) not in "\t\n"}


def escape(text: str) -> str:
    """Text as an element's content or an attribute's value."""
    return text.translate(_ESCAPES)


def write_members(shape: StructureShape, value: Mapping[str, Any]) -> str:
    """The elements of a structure's members, without an element of its own."""
    return "".join(
        _write(element_name(shape.members[name], name), shape.members[name], value[name])
        for name in shape.members
        if value.get(name) is not None and not is_attribute(shape.members[name])
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
    if isinstance(shape, MapShape):
        content = "".join(
            f"<entry>{_write('key', shape.key, key)}{_write('value', shape.value, element)}</entry>"
            for key, element in value.items()
        )
        return f"<{name}>{content}</{name}>"
    return f"<{name}>{escape(write_scalar(shape, value))}</{name}>"


def _attributes(shape: StructureShape, value: Mapping[str, Any]) -> str:
    written = "".join(
        f' {member.serialization["name"]}="{escape(str(value[name]))}"'
        for name, member in shape.members.items()
        if is_attribute(member) and name in value
    )
    return f' xmlns:xsi="{INSTANCE_NAMESPACE}"{written}' if written else ""


def write_scalar(shape: Shape, value: Any) -> str:
    """A string, number, boolean or time as the body has it."""
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if shape.type_name == "timestamp":
        return iso8601(value)
    return str(value)


def iso8601(epoch_seconds: float) -> str:
    """A time as bodies have it, to the second."""
    return f"{datetime.fromtimestamp(int(epoch_seconds), UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def element_name(shape: Shape, member_name: str) -> str:
    """What the element of a structure's member is called."""
    name: str | None = None
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        name = shape.member.serialization.get("name")
    return name or shape.serialization.get("name") or member_name


def is_attribute(shape: Shape) -> bool:
    """Whether the member is an attribute of its structure's element, and not an element."""
    return bool(shape.serialization.get("xmlAttribute"))
