"""What a stack is to be: a template with the parameters and the tags it is used with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.reading import read
from emulator.services.cloudformation.template.scope import ParameterValue


@dataclass(frozen=True)
class Definition:
    """A template, and what it is used with.

    Attributes:
        text: The template as it was given.
        tags: The stack's, by key.
    """

    text: str
    template: Template
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def to_document(definition: Definition) -> dict[str, Any]:
    """The definition as the store keeps it."""
    return {
        "Template": definition.text,
        "Parameters": {
            name: {"Text": value.text, "Resolved": value.resolved, "NoEcho": value.no_echo}
            for name, value in definition.parameters.items()
        },
        "Tags": dict(definition.tags),
    }


def from_document(document: Mapping[str, Any]) -> Definition:
    """The definition that the store keeps."""
    parameters = {
        name: ParameterValue(value["Text"], _resolved(value["Resolved"]), value["NoEcho"])
        for name, value in document["Parameters"].items()
    }
    text = document["Template"]
    return Definition(text, read(text), parameters, document["Tags"])


def _resolved(value: Any) -> str | tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else str(value)


def shown_parameters(definition: Definition) -> list[dict[str, str]]:
    """The parameters as DescribeStacks shows them."""
    found = []
    for name, value in definition.parameters.items():
        shown = {"ParameterKey": name, "ParameterValue": value.shown}
        if definition.template.parameters[name].type.startswith("AWS::SSM::Parameter::Value"):
            shown["ResolvedValue"] = _text(value.resolved)
        found.append(shown)
    return found


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ",".join(value)


def shown_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as CloudFormation's operations show them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
