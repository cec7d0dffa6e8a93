"""Properties of resources against the schema of their type.

CloudFormation takes texts for numbers and booleans, as every parameter is a text; ``coerced``
makes of them what the schema says, and ``property_faults`` judges what it made.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

import jsonschema
import regex
from jsonschema.exceptions import ValidationError

from emulator.services.cloudformation.schemas.types import schema
from emulator.services.cloudformation.template.scope import Unknown

_BOOLEANS = {"true": True, "false": False}
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


def coerced(type_name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties with texts made numbers and booleans, and the reverse, where the type says so.

    What cannot be made so stays as it is.

    Raises:
        KeyError: There is no such type.
    """
    document = schema(type_name).document
    made: dict[str, Any] = _coerced(dict(properties), document, document)
    return made


def property_faults(type_name: str, properties: Mapping[str, Any]) -> list[str]:
    """What is wrong with resolved properties, each fault with its pointer, in AWS's wording.

    What is Unknown passes. Source: the messages of CloudFormation's "Properties validation failed
    for resource", which are those of its public validator (cloudformation-resource-schema).

    Raises:
        KeyError: There is no such type.
    """
    known = schema(type_name)
    made = coerced(type_name, properties)
    faults = [
        f"#: extraneous key [{name}] is not permitted, as the service sets it"
        for name in known.read_only
        if name in made and name not in known.create_only
    ]
    for error in _validator(type_name).iter_errors(made):
        faults.extend(_told(error))
    return sorted(dict.fromkeys(faults))


@cache
def _validator(type_name: str) -> Any:
    validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, _KEYWORDS)
    return validator(schema(type_name).document)


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
        if _matches(pattern, key):
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


@cache
def _compiled(pattern: str) -> Any:
    """The pattern, None for one that only Java can read, which is then not checked."""
    try:
        return regex.compile(pattern)
    except regex.error:
        return None


def _matches(pattern: str, text: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.search(text) is not None


def _pattern(validator: Any, pattern: str, value: Any, _: Any) -> Iterable[ValidationError]:
    if isinstance(value, str) and not _matches(pattern, value):
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
            if _matches(pattern, key):
                yield from validator.descend(member, definition, path=key, schema_path=pattern)


def _additional_properties(
    validator: Any, allowed: Any, value: Any, definition: Mapping[str, Any]
) -> Iterable[ValidationError]:
    if not isinstance(value, dict):
        return
    patterns = definition.get("patternProperties", {})
    for key, member in value.items():
        if key in definition.get("properties", {}) or any(_matches(p, key) for p in patterns):
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


_KEYWORDS = {
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


def _told(error: ValidationError) -> list[str]:
    pointer = "#" + "".join(f"/{part}" for part in error.absolute_path)
    if error.validator in ("anyOf", "oneOf") and error.context:
        return [f"{pointer}: {_choice(error)}"]
    message = _MESSAGES.get(str(error.validator), lambda e: str(e.message))(error)
    return [f"{pointer}: {message}"]


def _choice(error: ValidationError) -> str:
    within = "; ".join(dict.fromkeys(text for part in error.context for text in _told(part)))
    total = len(error.validator_value)
    return f"no subschema matched out of the total {total} subschemas: {within}"


_MESSAGES: Mapping[str, Callable[[ValidationError], str]] = {
    "maxItems": lambda e: (
        f"expected maximum item count: {e.validator_value}, found: {len(e.instance)}"
    ),
    "maxLength": lambda e: f"expected maxLength: {e.validator_value}, actual: {len(e.instance)}",
    "maximum": lambda e: f"{e.instance} is not less or equal to {e.validator_value}",
    "minItems": lambda e: (
        f"expected minimum item count: {e.validator_value}, found: {len(e.instance)}"
    ),
    "minLength": lambda e: f"expected minLength: {e.validator_value}, actual: {len(e.instance)}",
    "minimum": lambda e: f"{e.instance} is not greater or equal to {e.validator_value}",
    "uniqueItems": lambda _: "array items are not unique",
}
