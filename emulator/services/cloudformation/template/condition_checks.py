"""Whether the conditions of a template can be evaluated."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from emulator.services.cloudformation.template.document import Output, Resource, Template
from emulator.services.cloudformation.template.functions import (
    COMPARED_FUNCTIONS,
    condition_of,
    function_of,
    shape_fault,
)
from emulator.services.cloudformation.template.references import members, references
from emulator.services.cloudformation.template.scope import PSEUDO_PARAMETERS
from emulator.services.cloudformation.template.shapes import listed


def condition_faults(template: Template) -> Iterator[str]:
    """What is wrong in the section Conditions, and where a condition is named that is not there."""
    for value in template.conditions.values():
        yield from boolean_faults(value, template.conditions)
    yield from _resource_faults(template)
    yield from _circle_faults(template)
    yield from _named_faults("Resources", template.resources.values(), template)
    yield from _named_faults("Outputs", template.outputs.values(), template)


def _named_faults(
    block: str, holders: Iterable[Resource | Output], template: Template
) -> Iterator[str]:
    for holder in holders:
        if holder.condition is not None and holder.condition not in template.conditions:
            yield _unknown_condition(holder.condition, block)


def _unknown_condition(name: str, block: str) -> str:
    return (
        f"Template format error: Unresolved condition dependency {name} in the {block} block of "
        "the template"
    )


def boolean_faults(value: Any, names: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a value that has to be true or false."""
    function = condition_of(value)
    if function is None:
        yield (
            "Template format error: Conditions can only be boolean operations on parameters and "
            "other conditions"
        )
        return
    name, argument = function
    fault = shape_fault(name, argument)
    if fault:
        yield fault
    elif name == "Condition":
        if argument not in names:
            yield _unknown_condition(argument, "Conditions")
    elif name == "Fn::Equals":
        for side in argument:
            yield from _compared_faults(side)
    else:
        for operand in argument:
            yield from boolean_faults(operand, names)


def _compared_faults(value: Any) -> Iterator[str]:
    function = function_of(value)
    if function is None:
        for member in members(value):
            yield from _compared_faults(member)
        return
    name, argument = function
    fault = shape_fault(name, argument)
    if name not in COMPARED_FUNCTIONS:
        yield f"Template error: Cannot use {name} in Conditions"
    elif fault:
        yield fault
    else:
        yield from _compared_faults(argument)


def _resource_faults(template: Template) -> Iterator[str]:
    allowed = PSEUDO_PARAMETERS | set(template.parameters)
    others = {
        reference.name
        for reference in references(template.conditions)
        if reference.name not in allowed
    }
    if others:
        yield (
            f"Template format error: Unresolved dependencies {listed(sorted(others))}. Cannot "
            "reference resources in the Conditions block of the template"
        )


def _circle_faults(template: Template) -> Iterator[str]:
    needs = {
        name: {other for other in named(value) if other in template.conditions}
        for name, value in template.conditions.items()
    }
    while settled := {name for name, others in needs.items() if not others & set(needs)}:
        needs = {name: others for name, others in needs.items() if name not in settled}
    if needs:
        yield f"Template format error: Circular dependency between conditions: {listed(needs)}"


def named(value: Any) -> Iterator[str]:
    """The conditions that a condition names."""
    function = condition_of(value)
    if function is None:
        return
    name, argument = function
    if name == "Condition":
        if isinstance(argument, str):
            yield argument
    elif name != "Fn::Equals" and isinstance(argument, list):
        for operand in argument:
            yield from named(operand)
