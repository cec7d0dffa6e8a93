"""The values of a template's parameters, and every fault of what was given."""

import re
from collections.abc import Callable, Iterator, Mapping

from emulator.services.cloudformation.template.document import Parameter, Template
from emulator.services.cloudformation.template.errors import raise_any
from emulator.services.cloudformation.template.parameter_types import ParameterType, parameter_type
from emulator.services.cloudformation.template.scope import ParameterValue
from emulator.services.cloudformation.template.shapes import listed


def parameter_values(
    template: Template,
    given: Mapping[str, str],
    previous: Mapping[str, str] | None = None,
    ssm: Callable[[str], str] | None = None,
) -> Mapping[str, ParameterValue]:
    """The value of each parameter: as given, else as it was before, else its default.

    Args:
        template: Has passed ``check``, so that its parameters' types are known.
        given: The caller's ParameterValue by ParameterKey.
        previous: The text of the parameters with UsePreviousValue, and of no others.
        ssm: What an SSM parameter holds, by its name; raises KeyError if there is none.

    Raises:
        TemplateError: A value is missing, not declared or not allowed, or there is no such SSM
            parameter; with every fault.
    """
    faults = []
    unknown = [name for name in {**(previous or {}), **given} if name not in template.parameters]
    if unknown:
        faults.append(f"Parameters: {listed(unknown)} do not exist in the template")
    texts = _texts(template, given, previous or {})
    missing = [name for name in template.parameters if name not in texts]
    if missing:
        faults.append(f"Parameters: {listed(missing)} must have values")
    for name, text in texts.items():
        faults.extend(_value_faults(template.parameters[name], text))
    raise_any(faults)
    return _resolved(template, texts, ssm)


def missing_resource(name: str, value: str) -> str:
    """What is told of a parameter's value that has to be a resource, and is none."""
    return f"parameter value {value} for parameter name {name} does not exist"


def _texts(
    template: Template, given: Mapping[str, str], previous: Mapping[str, str]
) -> dict[str, str]:
    found = {}
    for name, parameter in template.parameters.items():
        text = given.get(name, previous.get(name, parameter.default))
        if text is not None:
            found[name] = text
    return found


def _resolved(
    template: Template, texts: Mapping[str, str], ssm: Callable[[str], str] | None
) -> dict[str, ParameterValue]:
    found, missing = {}, []
    for name, text in texts.items():
        parameter = template.parameters[name]
        kind = parameter_type(parameter.type)
        value = text
        if kind.is_ssm_value:
            try:
                value = _not_kept(text) if ssm is None else ssm(text)
            except KeyError:
                missing.append(text)
        resolved = _items(value) if kind.is_list else value
        found[name] = ParameterValue(text, resolved, parameter.no_echo)
    if missing:
        raise_any(
            [f"Unable to fetch parameters {listed(missing)} from parameter store for this account."]
        )
    return found


def _not_kept(name: str) -> str:
    raise KeyError(name)


def _items(text: str) -> tuple[str, ...]:
    """The items of a list, without the space around them. Source: CommaDelimitedList."""
    return tuple(item.strip() for item in text.split(","))


def _value_faults(parameter: Parameter, text: str) -> Iterator[str]:
    kind = parameter_type(parameter.type)
    # The constraints of an SSM type are on the name of the SSM parameter, not on what it holds.
    items = _items(text) if kind.is_list and not kind.is_ssm_value else (text,)
    reason = next(
        (reason for item in items if (reason := _reason(parameter, kind, item)) is not None), None
    )
    if reason is None:
        return
    if parameter.constraint_description is None:
        yield f"Parameter '{parameter.name}' {reason}"
    else:
        yield (
            f"Parameter {parameter.name} failed to satisfy constraint: "
            f"{parameter.constraint_description}"
        )


def _reason(parameter: Parameter, kind: ParameterType, item: str) -> str | None:
    """The first constraint that a value, or an item of a list, does not satisfy."""
    if parameter.allowed_values is not None and item not in parameter.allowed_values:
        return "must be one of AllowedValues"
    if kind.is_number:
        return _number_reason(parameter, item)
    pattern = parameter.allowed_pattern
    if pattern is not None and not re.fullmatch(pattern, item):
        return f"must match pattern {pattern}"
    if parameter.min_length is not None and len(item) < parameter.min_length:
        return f"must contain at least {parameter.min_length} characters"
    if parameter.max_length is not None and len(item) > parameter.max_length:
        return f"must contain at most {parameter.max_length} characters"
    return None


def _number_reason(parameter: Parameter, item: str) -> str | None:
    try:
        number = float(item)
    except ValueError:
        return "must be a number"
    if parameter.min_value is not None and number < parameter.min_value:
        return f"must be a number not less than {parameter.min_value:g}"
    if parameter.max_value is not None and number > parameter.max_value:
        return f"must be a number not greater than {parameter.max_value:g}"
    return None
