"""InputTemplate: a JSON text, or lines of JSON strings, with placeholders in it.

A placeholder outside of quotes stands for a JSON value. Within quotes its text is put in as it is:
EventBridge escapes nothing there, and objects and arrays lose their own quotes.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emulator.json_text import read_json
from emulator.services.events.inputs.json_paths import MISSING

_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.\-/]+)>")
_ESCAPED = re.compile(r"\\.", re.DOTALL)
RESERVED = (
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event",
    "aws.events.event.json",
    "aws.events.event.ingestion-time",
)


class InvalidTemplate(ValueError):
    """The template, or what came of it, is not JSON."""


def template_fault(template: str, names: Mapping[str, Any]) -> str | None:
    """What PutTargets finds wrong with a template whose InputPathsMap has these names."""
    unknown = [
        name
        for name in _PLACEHOLDER.findall(template)
        if name not in names and name not in RESERVED
    ]
    if unknown:
        return f"contains invalid placeholder {', '.join(dict.fromkeys(unknown))}."
    try:
        fill(template, dict.fromkeys((*names, *RESERVED), 0))
    except InvalidTemplate as error:
        return f"is not valid: {error}"
    return None


def fill(template: str, values: Mapping[str, Any]) -> str:
    """The text that a target gets: minified JSON, or each line as a JSON string.

    Values that are MISSING leave nothing behind.

    Raises:
        InvalidTemplate: What came of it is not JSON.
    """
    filled = "".join(_pieces(template, values))
    whole = _minified(filled)
    if whole is not None:
        return whole
    lines = [_minified(line) for line in filled.splitlines() if line.strip()]
    if len(lines) > 1 and all(line is not None and line.startswith('"') for line in lines):
        return "\n".join(line for line in lines if line is not None)
    raise InvalidTemplate(
        "expected JSON, or lines of quoted strings; placeholders outside of quotes stand for JSON"
        f" values, got {filled[:200]}"
    )


def _minified(text: str) -> str | None:
    try:
        return json.dumps(
            read_json(text, is_strict=True), separators=(",", ":"), ensure_ascii=False
        )
    except (ValueError, RecursionError):  # what can be read may be too deep to be written
        return None


def _pieces(template: str, values: Mapping[str, Any]) -> Iterator[str]:
    """The template's own text, and in place of each placeholder its value."""
    is_quoted, position = False, 0
    for match in _PLACEHOLDER.finditer(template):
        own = template[position : match.start()]
        is_quoted ^= _has_open_quote(own)
        position = match.end()
        yield own
        if match[1] not in values:
            yield match[0]
        elif values[match[1]] is not MISSING:
            write: Callable[[Any], str] = _within_quotes if is_quoted else _as_json
            yield write(values[match[1]])
    yield template[position:]


def _has_open_quote(text: str) -> bool:
    return _ESCAPED.sub("", text).count('"') % 2 == 1


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _within_quotes(value: Any) -> str:
    return value if isinstance(value, str) else _as_json(value).replace('"', "")
