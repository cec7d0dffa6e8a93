"""From a template's text to its data."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.errors import unsupported
from emulator.services.cloudformation.template import sections
from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.errors import TemplateError, raise_any
from emulator.services.cloudformation.template.functions import is_unsupported
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


def read(text: str) -> Template:
    """The template that a text in YAML or JSON says.

    Raises:
        TemplateError: It is no template, or its sections are not shaped as they have to be; with
            every fault.
        AwsError: UnsupportedByEmulator, for a template with transforms or hooks.
    """
    _check_size(text)
    body = parse(text)
    if not isinstance(body, dict):
        raise TemplateError(["Template format error: unsupported structure."])
    _check_supported(body)
    reader = Reader()
    reader.only(body, _SECTIONS, "Invalid template property or properties {names}")
    for path in null_paths(body):
        reader.faults.append(f"[{path}] 'null' values are not allowed in templates")
    # What a null makes of a section would be told a second time.
    raise_any(reader.faults)
    template = _template(reader, body)
    raise_any(reader.faults)
    return template


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
    """First of all, as what a transform reads is no template yet."""
    transforms = body.get("Transform", [])
    if transforms:
        named = transforms if isinstance(transforms, list) else [transforms]
        names = [item.get("Name") if isinstance(item, dict) else item for item in named]
        raise unsupported(
            f"Transform {listed(map(str, names))} is not supported by the emulator: give the "
            "template as it is after its transforms"
        )
    if "Hooks" in body:
        raise unsupported("Hooks of a template are not supported by the emulator")
    functions = sorted(set(_unsupported_functions(body)))
    if functions:
        raise unsupported(f"{listed(functions)} of a template is not supported by the emulator")


def _unsupported_functions(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from filter(is_unsupported, value)
    for member in members(value):
        yield from _unsupported_functions(member)
