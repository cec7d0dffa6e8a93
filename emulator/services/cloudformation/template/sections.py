"""The sections of a template, each from its mapping."""

import re
from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.template.document import Output, Parameter, Resource
from emulator.services.cloudformation.template.shapes import Reader, text_of

_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,255}")
# Others are told as Resource name X.
_NAMED = {"Outputs": "Outputs name '{}'"}
_POLICIES = ("Delete", "Retain", "Snapshot", "RetainExceptOnCreate")
_RESOURCE_MEMBERS = (
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
)
_PARAMETER_MEMBERS = (
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
)
_OUTPUT_MEMBERS = ("Condition", "Description", "Export", "Value")
_RULE_MEMBERS = ("Assertions", "RuleCondition")


def resources(reader: Reader, section: Mapping[str, Any]) -> dict[str, Resource]:
    """The resources by logical id."""
    return {
        logical_id: _resource(reader, logical_id, body)
        for logical_id, body in _members(reader, section, "Resources")
    }


def parameters(reader: Reader, section: Mapping[str, Any]) -> dict[str, Parameter]:
    """The parameters by name."""
    return {
        name: _parameter(reader, name, body)
        for name, body in _members(reader, section, "Parameters")
    }


def outputs(reader: Reader, section: Mapping[str, Any]) -> dict[str, Output]:
    """The outputs by name."""
    return {
        name: _output(reader, name, body) for name, body in _members(reader, section, "Outputs")
    }


def rules(reader: Reader, section: Mapping[str, Any]) -> dict[str, Any]:
    """The rules by name, as they are written."""
    found = {}
    for name, body in _members(reader, section, "Rules"):
        reader.only(
            body,
            _RULE_MEMBERS,
            f"Template format error: Invalid properties {{names}} in rule {name}",
        )
        if not isinstance(body.get("Assertions"), list):
            reader.add(f"[/Rules/{name}/Assertions] must be a list")
        found[name] = body
    return found


def mappings(reader: Reader, section: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The mappings: by name, top-level key and second-level key a scalar or a list of scalars."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for name, keys in _members(reader, section, "Mappings"):
        found[name] = {}
        for key, attributes in keys.items():
            path = f"/Mappings/{name}/{key}"
            if not isinstance(attributes, dict):
                reader.add(f"[{path}] Every Mappings attribute must be a map")
                continue
            for attribute, value in attributes.items():
                if not _is_mapping_value(value):
                    reader.add(
                        f"[{path}/{attribute}] Every Mappings attribute must be a String or a List."
                    )
            found[name][key] = attributes
    return found


def _is_mapping_value(value: Any) -> bool:
    if isinstance(value, list):
        return not any(isinstance(item, dict | list) for item in value)
    return not isinstance(value, dict)


def _members(
    reader: Reader, section: Mapping[str, Any], title: str
) -> list[tuple[str, dict[str, Any]]]:
    found = []
    named = _NAMED.get(title, f"{title[:-1]} name {{}}")
    for name, body in section.items():
        if not _LOGICAL_ID.fullmatch(name):
            reader.add(f"{named.format(name)} is non alphanumeric.")
        if not isinstance(body, dict):
            reader.add(f"Any {title} member must be an object: [/{title}/{name}]")
            continue
        found.append((name, body))
    return found


def _resource(reader: Reader, logical_id: str, body: Mapping[str, Any]) -> Resource:
    path = f"/Resources/{logical_id}"
    reader.only(
        body,
        _RESOURCE_MEMBERS,
        f"Invalid template resource property {{names}} of resource {logical_id}",
    )
    return Resource(
        logical_id=logical_id,
        type=reader.text(body, "Type", path) or "",
        properties=reader.mapping(body, "Properties", path),
        depends_on=reader.texts(body, "DependsOn", path),
        condition=reader.text(body, "Condition", path),
        deletion_policy=_policy(reader, body, "DeletionPolicy", path),
        update_replace_policy=_policy(reader, body, "UpdateReplacePolicy", path),
        metadata=reader.mapping(body, "Metadata", path),
        creation_policy=reader.optional_mapping(body, "CreationPolicy", path),
        update_policy=reader.optional_mapping(body, "UpdatePolicy", path),
    )


def _policy(reader: Reader, body: Mapping[str, Any], key: str, path: str) -> str | None:
    policy = reader.text(body, key, path)
    allowed = _POLICIES if key == "DeletionPolicy" else _POLICIES[:3]
    if policy is not None and policy not in allowed:
        reader.add(
            f"Unrecognized {key} {policy} for resource {path.rpartition('/')[2]}; it is one of "
            f"{', '.join(allowed)}"
        )
    return policy


def _parameter(reader: Reader, name: str, body: Mapping[str, Any]) -> Parameter:
    path = f"/Parameters/{name}"
    reader.only(
        body,
        _PARAMETER_MEMBERS,
        f"Invalid template parameter property {{names}} of parameter {name}",
    )
    if "Type" not in body:
        reader.add(f"Every Parameters object must contain a Type member: {name}")
    return Parameter(
        name=name,
        type=reader.text(body, "Type", path) or "",
        default=_default(reader, body, path),
        allowed_values=_allowed_values(reader, body, path),
        allowed_pattern=reader.text(body, "AllowedPattern", path),
        min_length=reader.whole_number(body, "MinLength", path),
        max_length=reader.whole_number(body, "MaxLength", path),
        min_value=reader.number(body, "MinValue", path),
        max_value=reader.number(body, "MaxValue", path),
        description=reader.text(body, "Description", path),
        constraint_description=reader.text(body, "ConstraintDescription", path),
        no_echo=(reader.scalar(body, "NoEcho", path) or "").lower() == "true",
    )


def _default(reader: Reader, body: Mapping[str, Any], path: str) -> str | None:
    if isinstance(body.get("Default"), dict | list):
        reader.add(f"[{path}/Default] Every Default member must be a string.")
        return None
    return reader.scalar(body, "Default", path)


def _allowed_values(reader: Reader, body: Mapping[str, Any], path: str) -> tuple[str, ...] | None:
    values = body.get("AllowedValues")
    if values is None:
        return None
    if isinstance(values, list) and not any(isinstance(value, dict | list) for value in values):
        return tuple(text_of(value) for value in values)
    reader.add(f"[{path}/AllowedValues] must be a list of strings or numbers")
    return ()


def _output(reader: Reader, name: str, body: Mapping[str, Any]) -> Output:
    path = f"/Outputs/{name}"
    reader.only(
        body, _OUTPUT_MEMBERS, f"Invalid template output property {{names}} of output {name}"
    )
    if "Value" not in body:
        reader.add(f"Output {name} is malformed. Every Outputs member must contain a Value object")
    export = reader.optional_mapping(body, "Export", path)
    if export is not None and set(export) != {"Name"}:
        reader.add(f"[{path}/Export] must have a Name and nothing else")
    return Output(
        name=name,
        value=body.get("Value"),
        description=reader.text(body, "Description", path),
        condition=reader.text(body, "Condition", path),
        export_name=(export or {}).get("Name"),
    )
