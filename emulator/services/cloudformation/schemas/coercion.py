"""Texts made numbers and booleans, as every parameter of a template is a text."""

from collections.abc import Iterable, Mapping
from typing import Any

import regex

from emulator.services.cloudformation.schemas.patterns import matches
from emulator.services.cloudformation.schemas.types import schema
from emulator.services.cloudformation.template.scope import Unknown

_BOOLEANS = {"true": True, "false": False}


def coerced(type_name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties with texts made numbers and booleans, and the reverse, where the type says so.

    What cannot be made so stays as it is.

    Raises:
        KeyError: There is no such type.
    """
    document = schema(type_name).document
    made: dict[str, Any] = _coerced(dict(properties), document, document)
    return made


def _coerced(value: Any, definition: Any, document: Mapping[str, Any]) -> Any:
    if not isinstance(definition, Mapping) or isinstance(value, Unknown):
        return value
    if "$ref" in definition:
        return _coerced(value, _target(definition["$ref"], document), document)
    if isinstance(value, dict):
        value = {
            key: _coerced(member, _member_definition(key, definition), document)
            for key, member in value.items()
        }
    elif isinstance(value, list):
        value = [_coerced(item, definition.get("items"), document) for item in value]
    else:
        value = _coerced_scalar(value, definition.get("type"))
    for choice in ("allOf", "anyOf", "oneOf"):
        for alternative in definition.get(choice, ()):
            value = _coerced(value, alternative, document)
    return value


def _member_definition(key: str, definition: Mapping[str, Any]) -> Any:
    properties = definition.get("properties", {})
    if key in properties:
        return properties[key]
    for pattern, member in definition.get("patternProperties", {}).items():
        if matches(pattern, key):
            return member
    return definition.get("additionalProperties")


def _target(reference: str, document: Mapping[str, Any]) -> Any:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _coerced_scalar(value: Any, kind: Any) -> Any:
    kinds = [kind] if isinstance(kind, str) else list(kind or ())
    if isinstance(value, str) and "string" not in kinds:
        return _from_text(value, kinds)
    if isinstance(value, bool | int | float) and kinds == ["string"]:
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def _from_text(text: str, kinds: Iterable[str]) -> Any:
    for kind in kinds:
        if kind == "boolean" and text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
        if kind == "integer" and regex.fullmatch(r"[+-]?\d+", text):
            return int(text)
        if kind == "number":
            try:
                return float(text)
            except ValueError:
                continue
    return text
