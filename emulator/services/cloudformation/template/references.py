"""What a value of a template refers to."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.services.cloudformation.template.document import Resource
from emulator.services.cloudformation.template.functions import (
    attribute_parts,
    function_of,
    shape_fault,
    sub_parts,
    variables,
)


@dataclass(frozen=True)
class Reference:
    """A Ref, a GetAtt, or a variable of Sub that stands for one of them.

    ``attribute`` is None for a Ref; for a GetAtt whose attribute is a Ref it is that function.
    """

    function: str
    name: str
    attribute: Any = None


# Which branches of an Fn::If count, from its three elements.
Branches = Callable[[list[Any]], list[Any]]


def every_branch(elements: list[Any]) -> list[Any]:
    """Both branches: what must make sense whatever the parameters are."""
    return elements[1:]


def no_branch(_: list[Any]) -> list[Any]:
    """Neither branch: what is so whatever the parameters are."""
    return []


def taken_branch(conditions: Mapping[str, bool]) -> Branches:
    """The branch that the conditions take."""
    return lambda elements: [elements[1 if conditions[elements[0]] else 2]]


def references(value: Any, branches: Branches = every_branch) -> Iterator[Reference]:
    """All that the value refers to, within each Fn::If in the branches that count.

    Functions of a wrong shape are passed over: ``check`` tells of them.
    """
    function = function_of(value)
    if function is None:
        for member in members(value):
            yield from references(member, branches)
        return
    name, argument = function
    if shape_fault(name, argument):
        return
    yield from _own_references(name, argument)
    for part in _parts(name, argument, branches):
        yield from references(part, branches)


def resource_values(resource: Resource) -> list[Any]:
    """What of a resource may have functions."""
    return [
        resource.properties,
        resource.metadata,
        resource.creation_policy or {},
        resource.update_policy or {},
    ]


def members(value: Any) -> list[Any]:
    """The values within a mapping or a list."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _own_references(name: str, argument: Any) -> Iterator[Reference]:
    if name == "Ref":
        yield Reference("Ref", argument)
    elif name == "Fn::GetAtt":
        logical_id, attribute = attribute_parts(argument)
        yield Reference("Fn::GetAtt", logical_id, attribute)
    elif name == "Fn::Sub":
        text, own = sub_parts(argument)
        for variable in variables(text):
            if variable not in own:
                logical_id, dot, attribute = variable.partition(".")
                yield Reference("Fn::Sub", logical_id, attribute if dot else None)


def _parts(name: str, argument: Any, branches: Branches) -> list[Any]:
    """The parts of a function's argument that may have functions within."""
    if name == "Fn::If":
        return branches(argument)
    return argument if isinstance(argument, list) else [argument]
