"""What CloudFormation's resource types are like: the schemas that cfn-lint ships, read one by one.

cfn-lint itself is not imported: it takes half a second, its data a few milliseconds a type.
"""

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_CUSTOM_RESOURCE = "AWS::CloudFormation::CustomResource"
_STACK = "AWS::CloudFormation::Stack"
_DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class ResourceSchema:
    """The schema of a resource type; properties are dotted paths, as ``VpcConfig.Subnets``.

    Attributes:
        type_name: The type.
        required: The properties that a resource has to have.
        read_only: What is there only once the resource is made, which Fn::GetAtt can give.
        create_only: Whose change needs a new resource.
        conditional_create_only: Whose change may need a new resource.
        write_only: What reading the resource does not tell.
        primary_identifier: What Ref is made of, for most types.
        property_types: The JSON type of each top-level property, ``object`` for a definition.
        document: The schema itself.
    """

    type_name: str
    required: tuple[str, ...]
    read_only: tuple[str, ...]
    create_only: tuple[str, ...]
    conditional_create_only: tuple[str, ...]
    write_only: tuple[str, ...]
    primary_identifier: tuple[str, ...]
    property_types: Mapping[str, str]
    document: Mapping[str, Any]


def schema(type_name: str, region: str = _DEFAULT_REGION) -> ResourceSchema:
    """The schema of a type in a region; of any ``Custom::*`` that of custom resources.

    Raises:
        KeyError: There is no such type.
    """
    known = _CUSTOM_RESOURCE if type_name.startswith("Custom::") else type_name
    return _schema(_file_names(region)[known], type_name)


def has_type(type_name: str, region: str = _DEFAULT_REGION) -> bool:
    """Whether CloudFormation has the type in the region."""
    return type_name.startswith("Custom::") or type_name in _file_names(region)


def offers(type_name: str, attribute: str) -> bool:
    """Whether Fn::GetAtt gives the attribute of a resource of a known type."""
    if type_name == _STACK:
        return attribute.startswith("Outputs.")
    return (
        type_name.startswith("Custom::")
        or attribute in schema(type_name).read_only
        or _further_attributes(type_name).get(attribute) is not None
    )


def attributes(type_name: str) -> tuple[str, ...]:
    """What Fn::GetAtt offers of a known type, as a message tells it."""
    if type_name == _STACK:
        return ("Outputs.<name of the output>",)
    return tuple(sorted({*schema(type_name).read_only, *_further_attributes(type_name)}))


@cache
def _further_attributes(type_name: str) -> Any:
    """Attributes that are not read-only properties, which cfn-lint knows by type.

    cfn-lint's module is imported here alone, as that takes 0.4 s.
    """
    from cfnlint.schema import Schema

    return Schema(dict(schema(type_name).document)).get_atts


@cache
def _file_names(region: str) -> Mapping[str, str]:
    """The name of the file with a type's schema, by type."""
    path = _data_dir() / "providers" / f"{region}.json"
    if not path.exists():
        path = path.with_name(f"{_DEFAULT_REGION}.json")
    found: Mapping[str, str] = json.loads(path.read_text())
    return found


@cache
def _data_dir() -> Path:
    found = importlib.util.find_spec("cfnlint")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("cfn-lint is not installed, whose schemas CloudFormation needs")
    return Path(found.submodule_search_locations[0]) / "data" / "schemas"


@cache
def _schema(file_name: str, type_name: str) -> ResourceSchema:
    document = json.loads((_data_dir() / "resources" / f"{file_name}.json").read_text())
    return ResourceSchema(
        type_name=type_name,
        required=tuple(document.get("required", ())),
        read_only=_names(document, "readOnlyProperties"),
        create_only=_names(document, "createOnlyProperties"),
        conditional_create_only=_names(document, "conditionalCreateOnlyProperties"),
        write_only=_names(document, "writeOnlyProperties"),
        primary_identifier=_names(document, "primaryIdentifier"),
        property_types={
            name: _type(definition) for name, definition in document["properties"].items()
        },
        document=document,
    )


def _names(document: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Names from pointers: ``VpcConfig.Subnets`` from ``/properties/VpcConfig/Subnets``."""
    return tuple(".".join(pointer.split("/")[2:]) for pointer in document.get(key, ()))


def _type(definition: Mapping[str, Any]) -> str:
    kind = definition.get("type", "object")
    return kind if isinstance(kind, str) else str(kind[0])
