"""Which type of value each argument takes, and which one an expression stands for.

Source: AWS's refusals in https://github.com/aws/sagemaker-python-sdk/issues/4867 (type) and
https://github.com/aws/sagemaker-python-sdk/issues/2345 (one value where a list belongs).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from emulator.engine.arguments import input_shape
from emulator.engine.definition import Definition, Step
from emulator.engine.properties import property_type, value_type
from emulator.engine.references import (
    EXECUTION,
    JOIN,
    PARAMETERS,
    is_expression,
    parse_reference,
)

_COMPOUND = {"list": "Array", "map": "Object", "structure": "Object"}


def type_faults(step: Step, definition: Definition) -> Iterator[str]:
    """Each expression in the step's Arguments that is of another type than its place takes."""
    shape = input_shape(step.type)
    if shape is not None:
        yield from _faults(shape, step.arguments, "", definition)


def _faults(shape: Shape, value: Any, where: str, definition: Definition) -> Iterator[str]:
    if is_expression(value):
        fault = _misfit(shape, value, definition)
        if fault:
            yield f"{fault}, at '{where}'"
        return
    for name, inner, element in _elements(shape, value):
        yield from _faults(inner, element, f"{where}{name}".removeprefix("."), definition)


def _elements(shape: Shape, value: Any) -> Iterator[tuple[str, Shape, Any]]:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        known = ((name, shape.members.get(name), element) for name, element in value.items())
        yield from ((f".{name}", inner, element) for name, inner, element in known if inner)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        yield from ((f"[{n}]", shape.member, element) for n, element in enumerate(value))
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        yield from ((f".{key}", shape.value, element) for key, element in value.items())


def _misfit(shape: Shape, expression: Mapping[str, Any], definition: Definition) -> str | None:
    if shape.type_name in _COMPOUND:
        start = _COMPOUND[shape.type_name]
        return f"Expecting start of Json {start}, for which no expression can stand"
    wanted, given = value_type(shape), expression_type(expression, definition)
    if None in (wanted, given) or given == wanted or (wanted, given) == ("Float", "Integer"):
        return None
    named = expression.get("Get", JOIN)
    advice = f"; {JOIN} (the SDK's to_string()) makes one of it" if wanted == "String" else ""
    return (
        f"Cannot assign property reference [{named}] to argument of type [{wanted}], as it is of"
        f" type {given}{advice}"
    )


def expression_type(expression: Mapping[str, Any], definition: Definition) -> str | None:
    """String, Integer, Float or Boolean; None when only the execution can tell."""
    if JOIN in expression:
        return "String"
    try:
        reference = parse_reference(expression.get("Get"))
    except ValueError:  # a Get that names nothing, which is reported as such
        return None
    if reference.root == EXECUTION:
        return "String"
    try:
        if reference.root == PARAMETERS:
            return definition.parameter(reference.name).type
        return property_type(definition.step(reference.name), reference.path)
    except KeyError:  # there is none, which is reported as such
        return None
