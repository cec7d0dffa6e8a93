"""Conditions and rules: what is true of the parameters, before any resource is there."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.functions import condition_of
from emulator.services.cloudformation.template.resolving import resolve
from emulator.services.cloudformation.template.scope import Scope
from emulator.services.cloudformation.template.shapes import text_of


def conditions(template: Template, scope: Scope) -> Mapping[str, bool]:
    """Whether each of the template's conditions is met; the template has passed ``check``.

    Raises:
        TemplateError: A key is not in a mapping.
    """
    found: dict[str, bool] = {}
    for name in template.conditions:
        _evaluate_named(name, template, scope, found)
    return {name: found[name] for name in template.conditions}


def scope_with_conditions(template: Template, scope: Scope) -> Scope:
    """The scope with the template's mappings, and its conditions evaluated in it."""
    with_mappings = replace(scope, mappings=template.mappings)
    return replace(with_mappings, conditions=conditions(template, with_mappings))


def _evaluate_named(name: str, template: Template, scope: Scope, found: dict[str, bool]) -> bool:
    if name not in found:
        found[name] = _evaluate(template.conditions[name], template, scope, found)
    return found[name]


def _evaluate(value: Any, template: Template, scope: Scope, found: dict[str, bool]) -> bool:
    function = condition_of(value)
    if function is None:
        raise TemplateError(
            [
                "Template format error: Conditions can only be boolean operations on parameters "
                "and other conditions"
            ]
        )
    name, argument = function
    if name == "Condition":
        return _evaluate_named(argument, template, scope, found)
    if name == "Fn::Equals":
        left, right = (_comparable(resolve(side, scope)) for side in argument)
        return bool(left == right)
    results = [_evaluate(operand, template, scope, found) for operand in argument]
    if name == "Fn::Not":
        return not results[0]
    return all(results) if name == "Fn::And" else any(results)


def _comparable(value: Any) -> Any:
    """Fn::Equals compares texts: the number 1 equals the text 1."""
    return value if isinstance(value, dict | list) else text_of(value)
