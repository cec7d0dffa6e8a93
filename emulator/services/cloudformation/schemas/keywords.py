"""The keywords of the resource types' schemas that JSON schema has not, or words otherwise."""

from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema.exceptions import ValidationError

from emulator.services.cloudformation.schemas.patterns import matches
from emulator.services.cloudformation.template.scope import Unknown

_JSON_NAMES = {
    dict: "JSONObject",
    list: "JSONArray",
    str: "String",
    bool: "Boolean",
    int: "Integer",
    float: "Number",
}
_NAMES_OF_TYPES = {
    "object": "JSONObject",
    "array": "JSONArray",
    "string": "String",
    "boolean": "Boolean",
    "integer": "Integer",
    "number": "Number",
}


def _pattern(validator: Any, pattern: str, value: Any, _: Any) -> Iterable[ValidationError]:
    if isinstance(value, str) and not matches(pattern, value):
        yield ValidationError(f"failed validation constraint for keyword [pattern] {pattern}")


def _enum(validator: Any, allowed: list[Any], value: Any, _: Any) -> Iterable[ValidationError]:
    if not isinstance(value, Unknown) and value not in allowed:
        yield ValidationError(
            f"failed validation constraint for keyword [enum] {', '.join(map(str, allowed))}"
        )


def _type(validator: Any, kinds: Any, value: Any, _: Any) -> Iterable[ValidationError]:
    wanted = [kinds] if isinstance(kinds, str) else kinds
    if isinstance(value, Unknown) or any(validator.is_type(value, kind) for kind in wanted):
        return
    names = ", ".join(_NAMES_OF_TYPES[kind] for kind in wanted)
    yield ValidationError(f"expected type: {names}, found: {_JSON_NAMES.get(type(value), 'Null')}")


def _required(validator: Any, names: list[str], value: Any, _: Any) -> Iterable[ValidationError]:
    for name in names if isinstance(value, dict) else ():
        if name not in value:
            yield ValidationError(f"required key [{name}] not found")


def _const(validator: Any, allowed: Any, value: Any, _: Any) -> Iterable[ValidationError]:
    return _enum(validator, [allowed], value, _)


def _enum_case_insensitive(
    validator: Any, allowed: list[Any], value: Any, _: Any
) -> Iterable[ValidationError]:
    lowered = value.lower() if isinstance(value, str) else value
    return _enum(validator, [item.lower() for item in allowed], lowered, _)


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], value: Any, _: Any
) -> Iterable[ValidationError]:
    if not isinstance(value, dict):
        return
    for pattern, definition in patterns.items():
        for key, member in value.items():
            if matches(pattern, key):
                yield from validator.descend(member, definition, path=key, schema_path=pattern)


def _additional_properties(
    validator: Any, allowed: Any, value: Any, definition: Mapping[str, Any]
) -> Iterable[ValidationError]:
    if not isinstance(value, dict):
        return
    patterns = definition.get("patternProperties", {})
    for key, member in value.items():
        if key in definition.get("properties", {}) or any(matches(p, key) for p in patterns):
            continue
        if allowed is False:
            yield ValidationError(f"extraneous key [{key}] is not permitted")
        elif isinstance(allowed, Mapping):
            yield from validator.descend(member, allowed, path=key)


def _required_xor(
    validator: Any, names: list[str], value: Any, _: Any
) -> Iterable[ValidationError]:
    if isinstance(value, dict) and sum(name in value for name in names) != 1:
        yield ValidationError(f"exactly one of [{', '.join(names)}] is required")


def _required_or(validator: Any, names: list[str], value: Any, _: Any) -> Iterable[ValidationError]:
    if isinstance(value, dict) and not any(name in value for name in names):
        yield ValidationError(f"at least one of [{', '.join(names)}] is required")


def _dependent_excluded(
    validator: Any, excluded: Mapping[str, list[str]], value: Any, _: Any
) -> Iterable[ValidationError]:
    if not isinstance(value, dict):
        return
    for name, others in excluded.items():
        for other in others:
            if name in value and other in value:
                yield ValidationError(f"[{name}] and [{other}] exclude each other")


KEYWORDS = {
    "additionalProperties": _additional_properties,
    "const": _const,
    "dependentExcluded": _dependent_excluded,
    "enum": _enum,
    "enumCaseInsensitive": _enum_case_insensitive,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "required": _required,
    "requiredOr": _required_or,
    "requiredXor": _required_xor,
    "type": _type,
}
