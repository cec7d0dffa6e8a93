"""From a template's text to its data."""

from collections.abc import Mapping
from typing import Any

from emulator.errors import unsupported
from emulator.services.cloudformation.template import sections
from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.errors import TemplateError, raise_any
from emulator.services.cloudformation.template.rules import unsupported_functions
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
    reader = Reader()
    reader.only(body, _SECTIONS, "Invalid template property or properties {names}")
    for path in null_paths(body):
        reader.faults.append(f"[{path}] 'null' values are not allowed in templates")
    # What a null makes of a section would be told a second time.
    raise_any(reader.faults)
    template = _template(reader, body)
    raise_any(reader.faults)
    _check_supported(body, template)
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
        transforms=_transforms(reader, body),
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


def _transforms(reader: Reader, body: Mapping[str, Any]) -> tuple[str, ...]:
    transform = body.get("Transform")
    if isinstance(transform, dict):
        return (str(transform.get("Name", "Transform")),)
    return reader.texts(body, "Transform", "")


def _check_supported(body: Mapping[str, Any], template: Template) -> None:
    if template.transforms:
        raise unsupported(
            f"Transform {listed(template.transforms)} is not supported by the emulator: give the "
            "template as it is after its transforms"
        )
    functions = sorted(set(unsupported_functions(template.rules)))
    if functions:
        raise unsupported(f"{listed(functions)} in Rules is not supported by the emulator")
    if "Hooks" in body:
        raise unsupported("Hooks of a template are not supported by the emulator")
