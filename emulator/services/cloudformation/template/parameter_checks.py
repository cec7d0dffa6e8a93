"""Whether parameters are declared as they have to be."""

import re
from collections.abc import Iterator

from emulator.services.cloudformation.template.document import Parameter, Template
from emulator.services.cloudformation.template.parameter_types import ParameterType, parameter_type


def parameter_faults(template: Template) -> Iterator[str]:
    """What is wrong with the template's declarations of parameters."""
    for parameter in template.parameters.values():
        if not parameter.type:
            continue
        try:
            kind = parameter_type(parameter.type)
        except ValueError as error:
            yield f"Template format error: {error} of parameter {parameter.name}"
            continue
        yield from _constraint_faults(parameter, kind)


def _constraint_faults(parameter: Parameter, kind: ParameterType) -> Iterator[str]:
    name = parameter.name
    number_constraints = {"MinValue": parameter.min_value, "MaxValue": parameter.max_value}
    text_constraints = {
        "AllowedPattern": parameter.allowed_pattern,
        "MinLength": parameter.min_length,
        "MaxLength": parameter.max_length,
    }
    others, wanted = (
        (text_constraints, "String") if kind.is_number else (number_constraints, "Number")
    )
    for constraint, value in others.items():
        if value is not None:
            yield (
                f"Template error: Parameter '{name}' {constraint} must be on a parameter of type "
                f"{wanted}"
            )
    if _exceeds(parameter.min_length, parameter.max_length):
        yield f"Template error: Parameter '{name}' MinLength must be less than MaxLength."
    if _exceeds(parameter.min_value, parameter.max_value):
        yield f"Template error: Parameter '{name}' MinValue must be less than MaxValue."
    if not _compiles(parameter.allowed_pattern):
        yield f"Parameter '{name}' AllowedPattern must be a valid regular expression."


def _exceeds(least: float | None, most: float | None) -> bool:
    return least is not None and most is not None and least > most


def _compiles(pattern: str | None) -> bool:
    try:
        re.compile(pattern or "")
    except re.error:
        return False
    return True
