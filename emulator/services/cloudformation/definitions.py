"""What a stack is to be: a template with the parameters and the tags it is used with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.reading import (
    document_of,
    outline_of,
    read,
    template_of,
)
from emulator.services.cloudformation.template.scope import ParameterValue
from emulator.services.cloudformation.transforms.declarations import EXTENSIONS


@dataclass(frozen=True)
class Definition:
    """A template, and what it is used with.

    Attributes:
        text: The template as it was given.
        template: After its transforms; as long as they are at work its outline.
        processed: The template in JSON after its transforms; None as long as they are at work, and
            where there are none.
        tags: The stack's, by key.
    """

    text: str
    template: Template
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    processed: str | None = None

    @property
    def is_extended(self) -> bool:
        """Whether AWS::LanguageExtensions is among its transforms."""
        return EXTENSIONS in self.template.transforms

    @property
    def is_pending(self) -> bool:
        """Whether its transforms have still to be carried out."""
        return bool(self.template.transforms) and self.processed is None


def to_document(definition: Definition) -> dict[str, Any]:
    """The definition as the store keeps it."""
    return {
        "Template": definition.text,
        "Processed": definition.processed,
        "Transforms": list(definition.template.transforms),
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
    text, processed = document["Template"], document.get("Processed")
    template = _template(text, processed, tuple(document.get("Transforms", ())))
    return Definition(text, template, parameters, document["Tags"], processed)


def _template(text: str, processed: str | None, transforms: tuple[str, ...]) -> Template:
    if not transforms:
        return read(text)
    if processed is None:
        return replace(outline_of(document_of(text)), transforms=transforms)
    body = document_of(processed)
    return replace(template_of(body, is_extended=EXTENSIONS in transforms), transforms=transforms)


def template_to_restore(definition: Definition) -> str:
    """The template that makes what the definition made, whatever became of macros and snippets.

    Source: "the update rollback feature" in "Considerations when creating macro definitions".
    """
    if definition.processed is None:
        return definition.text
    if not definition.is_extended:
        return definition.processed
    # What is not known before anything is made has still a function of the extensions.
    return json.dumps({"Transform": EXTENSIONS, **json.loads(definition.processed)})


def _resolved(value: Any) -> str | tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else str(value)


def members_of_stack(definition: Definition) -> dict[str, Any]:
    """The members of a stack or a change set that the definition is, or that tell of it."""
    return {
        "_Definition": to_document(definition),
        "Description": definition.template.description,
        "Parameters": shown_parameters(definition),
        "Tags": shown_tags(definition.tags),
    }


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
