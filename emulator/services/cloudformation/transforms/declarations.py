"""Which transforms a document asks for.

Source: "Transform section" in the User Guide and Fn::Transform in the template reference; the
messages about names and parameters are AWS's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.errors import unsupported
from emulator.services.cloudformation.template.errors import TemplateError, raise_any
from emulator.services.cloudformation.template.functions import TRANSFORM
from emulator.services.cloudformation.template.shapes import listed

INCLUDE = "AWS::Include"
EXTENSIONS = "AWS::LanguageExtensions"
_SECTION = "Transform"
# Hosted by CloudFormation as well.
_UNSUPPORTED = (
    "AWS::CodeDeployBlueGreen",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::Serverless-2016-10-31",
    "AWS::ServiceCatalog",
)
# "AWS::Include transform": anywhere but in the parameters and the format version.
_NEVER_WITHIN = ("AWSTemplateFormatVersion", "Parameters")


@dataclass(frozen=True)
class Call:
    """One use of a transform; ``parameters`` are as they are written."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


def section_calls(body: Mapping[str, Any]) -> list[Call]:
    """The calls of the section Transform, which are of the whole document, in their order.

    Raises:
        TemplateError: They are not shaped as they have to be.
    """
    return _calls(body.get(_SECTION, []))


def embedded_calls(holder: Mapping[str, Any]) -> list[Call]:
    """The calls of an Fn::Transform, which are of what it stands beside, in their order.

    Raises:
        TemplateError: They are not shaped as they have to be.
    """
    key = embedded_key(holder)
    return [] if key is None else _calls(holder[key])


def embedded_key(holder: Mapping[str, Any]) -> str | None:
    """The member that calls a transform; its short form in JSON has no prefix."""
    if TRANSFORM in holder:
        return TRANSFORM
    short = holder.get(_SECTION)
    is_call = isinstance(short, dict) and set(short) == {"Name", "Parameters"}
    return _SECTION if is_call else None


def declared(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of all transforms that the document asks for, those of the section first.

    Raises:
        TemplateError: With everything that is wrong with the calls.
        AwsError: UnsupportedByEmulator, for hosted transforms that the emulator does not have.
    """
    of_section = section_calls(body)
    sections = {key: value for key, value in body.items() if key != _SECTION}
    embedded = list(_embedded(sections, ""))
    raise_any([*_section_faults(of_section), *_embedded_faults(embedded)])
    names = dict.fromkeys(call.name for call in [*of_section, *(call for _, call in embedded)])
    others = sorted(set(names) & set(_UNSUPPORTED))
    if others:
        raise unsupported(
            f"Transform {listed(others)} is not supported by the emulator: give the template as it "
            f"is after it; supported are {INCLUDE}, {EXTENSIONS} and macros of one's own"
        )
    return tuple(names)


def _calls(value: Any) -> list[Call]:
    return [_call(item) for item in (value if isinstance(value, list) else [value])]


def _call(value: Any) -> Call:
    if isinstance(value, str):
        return Call(value)
    name = value.get("Name") if isinstance(value, dict) else value
    if not isinstance(name, str):
        raise TemplateError(["Key Name of transform definition must be a string."])
    parameters = value.get("Parameters", {})
    if not isinstance(parameters, dict) or set(value) - {"Name", "Parameters"}:
        raise TemplateError(
            [
                f"Template format error: transform {name} must have a Name and Parameters, a map, "
                "and nothing else"
            ]
        )
    return Call(name, parameters)


def _embedded(value: Any, path: str) -> Iterator[tuple[str, Call]]:
    """Each call within a value and where it is, deepest first."""
    if isinstance(value, dict):
        key = embedded_key(value)
        for name, member in value.items():
            if name != key:
                yield from _embedded(member, f"{path}/{name}")
        for call in embedded_calls(value):
            yield path, call
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _embedded(item, f"{path}/{index}")


def _section_faults(calls: list[Call]) -> Iterator[str]:
    for call in calls:
        if call.name == EXTENSIONS and call.parameters:
            yield f"Template format error: the transform {EXTENSIONS} takes no parameters"
        yield from _name_faults(call.name)


def _embedded_faults(calls: list[tuple[str, Call]]) -> Iterator[str]:
    for path, call in calls:
        if path.split("/")[1:2] and path.split("/")[1] in _NEVER_WITHIN:
            yield f"Template format error: [{path}] there can be no Fn::Transform here"
        if call.name == EXTENSIONS:
            yield (
                f"Template format error: [{path}] the transform {EXTENSIONS} can be declared in "
                "the Transform section of the template alone"
            )
        yield from _name_faults(call.name)


def _name_faults(name: str) -> Iterator[str]:
    if name.startswith("AWS::") and name not in (INCLUDE, EXTENSIONS, *_UNSUPPORTED):
        yield f"No transform named {name} found."
