"""What a template says, as frozen data; values in it are as written, functions in their long form.

A function is a mapping of one member, e.g. ``{"Fn::Join": ["-", ["a", {"Ref": "B"}]]}``. Source:
"Template anatomy" in the CloudFormation User Guide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """One member of Parameters.

    ``default`` and ``allowed_values`` are text, as parameters are: a number or boolean of the
    template stands as it is written in JSON.
    """

    name: str
    type: str
    default: str | None = None
    allowed_values: tuple[str, ...] | None = None
    allowed_pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_value: float | None = None
    max_value: float | None = None
    description: str | None = None
    constraint_description: str | None = None
    no_echo: bool = False


@dataclass(frozen=True)
class Resource:
    """One member of Resources.

    ``type`` is empty when the template gives none, which ``check`` tells of. ``deletion_policy``
    and ``update_replace_policy`` are Delete, Retain, Snapshot or RetainExceptOnCreate, or None.
    """

    logical_id: str
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    deletion_policy: str | None = None
    update_replace_policy: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    creation_policy: Mapping[str, Any] | None = None
    update_policy: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Output:
    """One member of Outputs; ``export_name`` may be a function."""

    name: str
    value: Any
    description: str | None = None
    condition: str | None = None
    export_name: Any = None


@dataclass(frozen=True)
class Template:
    """A template that has been read; see ``check`` for whether it holds together.

    ``transforms`` are the names of those that it was made by.
    """

    resources: Mapping[str, Resource]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    mappings: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Output] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    transforms: tuple[str, ...] = ()
    description: str | None = None
    format_version: str | None = None
