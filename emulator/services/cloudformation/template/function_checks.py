"""Whether the functions in resources and outputs are shaped and placed as they have to be."""

from collections.abc import Iterator
from typing import Any

from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.functions import (
    CONDITION_FUNCTIONS,
    function_of,
    shape_fault,
)
from emulator.services.cloudformation.template.references import (
    members,
    references,
    resource_values,
)
from emulator.services.cloudformation.template.shapes import text_of


def function_faults(template: Template) -> Iterator[str]:
    """What is wrong with the functions in the template's values."""
    for resource in template.resources.values():
        yield from _faults(resource_values(resource), template)
    for output in template.outputs.values():
        yield from _faults([output.value, output.export_name], template)
        if _needs_resources(output.export_name, template):
            yield (
                f"Template format error: Output {output.name} is malformed. The Name field of "
                "Export must not depend on any resources, imported values, or Fn::GetAZs"
            )
    # Their own functions are told of by the check of conditions.
    for mapped in _calls(list(template.conditions.values()), "Fn::FindInMap"):
        yield from _mapping_faults(mapped, template)


def _faults(value: Any, template: Template) -> Iterator[str]:
    function = function_of(value)
    if function is None:
        for member in members(value):
            yield from _faults(member, template)
        return
    name, argument = function
    fault = shape_fault(name, argument)
    if name in CONDITION_FUNCTIONS:
        yield f"Template error: {name} can be used in the Conditions block of the template alone"
        return
    if fault:
        yield fault
    else:
        yield from _own_faults(name, argument, template)
    yield from _faults(argument, template)


def _own_faults(name: str, argument: Any, template: Template) -> Iterator[str]:
    if name == "Fn::If" and argument[0] not in template.conditions:
        yield f"Template error: unresolved condition dependency {argument[0]} in Fn::If"
    elif name == "Fn::FindInMap":
        yield from _mapping_faults(argument, template)
        if _needs_resources(argument, template):
            yield "Template error: the keys of Fn::FindInMap must not depend on any resources"
    elif name == "Fn::ImportValue" and _needs_resources(argument, template):
        yield (
            "Template error: the attribute in Fn::ImportValue must not depend on any resources, "
            "imported values, or Fn::GetAZs"
        )


def _mapping_faults(argument: list[Any], template: Template) -> Iterator[str]:
    name, top, second = argument[:3]
    if isinstance(name, dict):
        return
    if name not in template.mappings:
        yield (
            f"Template error: Mapping named '{name}' is not present in the 'Mappings' section of "
            "template."
        )
    elif len(argument) == 3 and not isinstance(top, dict) and not isinstance(second, dict):
        found = template.mappings[name].get(text_of(top), {})
        if text_of(second) not in found:
            yield f"Template error: Unable to get mapping for {name}::{top}::{second}"


def _needs_resources(value: Any, template: Template) -> bool:
    needs = any(
        reference.attribute is not None or reference.name in template.resources
        for reference in references(value)
    )
    return needs or any(_calls(value, "Fn::ImportValue")) or any(_calls(value, "Fn::GetAZs"))


def _calls(value: Any, name: str) -> Iterator[Any]:
    """The arguments of a function wherever it is within a value, shaped rightly."""
    function = function_of(value)
    if function is not None and function[0] == name and not shape_fault(*function):
        yield function[1]
    for member in members(value):
        yield from _calls(member, name)
