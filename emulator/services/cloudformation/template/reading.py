"""From a template's text to its data."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.errors import unsupported
from emulator.services.cloudformation.template import sections
from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.errors import TemplateError, raise_any
from emulator.services.cloudformation.template.functions import (
    RULE_LOOKUPS,
    TO_JSON_STRING,
    TRANSFORM,
    is_extension,
)
from emulator.services.cloudformation.template.references import members
from emulator.services.cloudformation.template.shapes import Reader, listed, null_paths
from emulator.services.cloudformation.template.yaml_text import parse

# "Understand CloudFormation quotas" in the User Guide.
_MAX_BYTES = 1_048_576
_MAX_DESCRIPTION_BYTES = 1024
_FORMAT_VERSION = "2010-09-09"
_SECTIONS = (
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
)
UNSUPPORTED_STRUCTURE = "Template format error: unsupported structure."


def read(text: str) -> Template:
    """The template without transforms that a text in YAML or JSON says.

    Raises:
        TemplateError: It is no template, or its sections are not shaped as they have to be; with
            every fault.
        AwsError: UnsupportedByEmulator, for a template with hooks.
    """
    return template_of(document_of(text))


def document_of(text: str) -> dict[str, Any]:
    """What the text of a template says, transforms and all, as plain data.

    Raises:
        TemplateError: It is no template.
    """
    _check_size(text)
    body = parse(text)
    if not isinstance(body, dict):
        raise TemplateError([UNSUPPORTED_STRUCTURE])
    return body


def template_of(body: Mapping[str, Any], *, is_extended: bool = False) -> Template:
    """The template of a document whose transforms, if it had any, have been carried out.

    ``is_extended`` says that AWS::LanguageExtensions was among them.

    Raises:
        TemplateError: As ``read``.
        AwsError: UnsupportedByEmulator, for a template with hooks.
    """
    _check_supported(body)
    reader = Reader()
    reader.only(body, _SECTIONS, "Invalid template property or properties {names}")
    for path in null_paths(body):
        reader.faults.append(f"[{path}] 'null' values are not allowed in templates")
    reader.faults += _function_faults(body, is_extended)
    # What a null makes of a section would be told a second time.
    raise_any(reader.faults)
    template = _template(reader, body)
    raise_any(reader.faults)
    return template


def outline_of(body: Mapping[str, Any]) -> Template:
    """What a document says whatever its transforms make of it: its parameters and description.

    Raises:
        TemplateError: One of them is not shaped as it has to be.
    """
    reader = Reader()
    outline = Template(
        resources={},
        parameters=sections.parameters(reader, reader.mapping(body, "Parameters", "")),
        description=_description(reader, body),
        format_version=_format_version(reader, body),
    )
    raise_any(reader.faults)
    return outline


def _check_size(text: str) -> None:
    size = len(text.encode())
    if size > _MAX_BYTES:
        raise TemplateError(
            [f"Template may not exceed {_MAX_BYTES} bytes in size, and this one has {size}."]
        )


def _template(reader: Reader, body: Mapping[str, Any]) -> Template:
    return Template(
        resources=sections.resources(reader, reader.mapping(body, "Resources", "")),
        parameters=sections.parameters(reader, reader.mapping(body, "Parameters", "")),
        mappings=sections.mappings(reader, reader.mapping(body, "Mappings", "")),
        conditions=reader.mapping(body, "Conditions", ""),
        rules=sections.rules(reader, reader.mapping(body, "Rules", "")),
        outputs=sections.outputs(reader, reader.mapping(body, "Outputs", "")),
        metadata=reader.mapping(body, "Metadata", ""),
        description=_description(reader, body),
        format_version=_format_version(reader, body),
    )


def _format_version(reader: Reader, body: Mapping[str, Any]) -> str | None:
    version = reader.scalar(body, "AWSTemplateFormatVersion", "")
    if version not in (None, _FORMAT_VERSION):
        reader.add("unsupported value for AWSTemplateFormatVersion.")
    return version


def _description(reader: Reader, body: Mapping[str, Any]) -> str | None:
    description = reader.text(body, "Description", "")
    if description is not None and len(description.encode()) > _MAX_DESCRIPTION_BYTES:
        reader.add(f"'Description' length is greater than {_MAX_DESCRIPTION_BYTES}")
    return description


def _check_supported(body: Mapping[str, Any]) -> None:
    if "Hooks" in body:
        raise unsupported("Hooks of a template are not supported by the emulator")


def _function_faults(body: Mapping[str, Any], is_extended: bool) -> Iterator[str]:
    """Functions that only rules have, and those that only transforms know and none replaced."""
    functions = _functions(body)
    others = {name: section for name, section in body.items() if name != "Rules"}
    misplaced = sorted(_functions(others) & RULE_LOOKUPS)
    if misplaced:
        yield f"Template format error: {listed(misplaced)} is supported in the section Rules alone"
    extensions = sorted(filter(is_extension, functions))
    if extensions and not is_extended:
        yield (
            f"Template format error: {listed(extensions)} is supported with the transform "
            'AWS::LanguageExtensions alone: add "Transform: AWS::LanguageExtensions" to the '
            "template"
        )
    # What is not known before anything is made has still to become a text.
    left = [name for name in extensions if name != TO_JSON_STRING]
    if left and is_extended:
        yield (
            f"Template format error: {listed(left)} is supported in the sections Conditions, "
            "Outputs and Resources alone"
        )
    if TRANSFORM in functions or body.get("Transform"):
        yield (
            "Template format error: a transform is left over: what a transform gives is not "
            "transformed again"
        )


def _functions(value: Any) -> set[str]:
    """The names of all functions, wherever they are."""
    found = {key for key in value if key.startswith("Fn::")} if isinstance(value, dict) else set()
    return found.union(*(_functions(member) for member in members(value)))
