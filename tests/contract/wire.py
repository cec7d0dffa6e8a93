"""Requests that boto3 would not send, and inputs made up from a service's model."""

import http.client
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from botocore.model import Shape

_AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/{}/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
# Between them they fit almost every pattern of SageMaker's model.
_TEXTS = (
    "a",
    "abc",
    "1",
    "arn:aws:sagemaker:us-east-1:123456789012:model/abc",
    "arn:aws:iam::123456789012:role/a",
    "s3://bucket/key",
    "https://example.com/",
    "d-abcdefgh",
    "a@b.co",
    "10.0.0.0/16",
    "1.0.0",
)


class Wire:
    """One connection, kept open, to an emulator."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)

    def close(self) -> None:
        self._connection.close()

    def post(
        self, body: bytes, target: str | None, service: str = "sagemaker", path: str = "/"
    ) -> tuple[int, dict[str, Any]]:
        """The status and the JSON of the answer."""
        headers = {"Authorization": _AUTHORIZATION.format(service)}
        if target is not None:
            headers["X-Amz-Target"] = target
        self._connection.request("POST", path, body, headers)
        answer = self._connection.getresponse()
        content: dict[str, Any] = json.loads(answer.read())
        return answer.status, content

    def post_xml(self, body: bytes, path: str) -> tuple[int, bytes]:
        """The status and the content of S3's answer."""
        headers = {"Authorization": _AUTHORIZATION.format("s3")}
        self._connection.request("POST", path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def call(self, operation: str, parameters: Any) -> tuple[int, dict[str, Any]]:
        """An operation of SageMaker with whatever parameters."""
        return self.post(json.dumps(parameters).encode(), f"SageMaker.{operation}")


def made_up(shape: Shape, *, is_full: bool = False, depth: int = 0) -> Any:
    """A value of the shape: its required members, or all of them down to some depth."""
    bounds = shape.metadata
    kind = shape.type_name
    if kind == "structure":
        names = shape.members if is_full and depth < 5 else shape.required_members
        return {
            name: made_up(shape.members[name], is_full=is_full, depth=depth + 1) for name in names
        }
    if kind == "list":
        element = made_up(shape.member, is_full=is_full, depth=depth + 1)
        return [element] * max(1, bounds.get("min", 0))
    if kind == "map":
        return {made_up(shape.key): made_up(shape.value)} if is_full else {}
    if kind in ("string", "character"):
        return _text(shape)
    if kind in ("integer", "long", "float", "double", "timestamp"):
        return max(1, bounds.get("min", 1))
    return True if kind == "boolean" else "YQ=="


def _text(shape: Shape) -> str:
    bounds = shape.metadata
    if bounds.get("enum"):
        return str(bounds["enum"][0])
    least = bounds.get("min", 0)
    pattern = _pattern(bounds.get("pattern", ".*"))
    for text in _TEXTS:
        padded = text * -(-least // len(text)) if least else text
        if len(padded) <= bounds.get("max", len(padded)) and pattern.fullmatch(padded):
            return padded
    return "a" * max(1, least)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error:  # the models' patterns are written for Java
        return re.compile(".*")


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every member within the value."""
    if place:
        yield place
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*place, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*place, 0))


def replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    """A copy of the value with something else at that place."""
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = replaced(copy[place[0]], place[1:], new)
    return copy
