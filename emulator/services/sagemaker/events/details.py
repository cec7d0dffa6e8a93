"""How resources are told in an event."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from emulator.context import Context
from emulator.services.sagemaker import tags
from emulator.store import Document

Detail = dict[str, Any]


def members(document: Mapping[str, Any], names: Iterable[str]) -> Detail:
    """The members of the document that it has, without what is private to the emulator."""
    return {name: _public(document[name]) for name in names if document.get(name) is not None}


def _public(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _public(inner) for key, inner in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [_public(inner) for inner in value]
    return value


def in_milliseconds(detail: Detail, names: Iterable[str]) -> Detail:
    """The detail with these times as milliseconds of the epoch, as jobs and endpoints tell them."""
    return detail | {name: milliseconds(detail[name]) for name in names if name in detail}


def milliseconds(seconds: float) -> int:
    """Epoch seconds as whole milliseconds."""
    return int(seconds * 1_000)


def in_words(seconds: float) -> str:
    """Epoch seconds as the registry and Pipelines tell them."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def tags_of(context: Context, document: Document, arn_key: str) -> dict[str, str]:
    """The resource's tags by key."""
    return {tag["Key"]: tag["Value"] for tag in tags.tags_of(context, document[arn_key])}
