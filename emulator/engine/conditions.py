"""The comparisons of a Condition step.

Source: the conditions of SageMaker SDK v3, `sagemaker.core.workflow.conditions`.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from emulator.engine.definition import Condition
from emulator.engine.references import Scope, UnresolvedReference, resolve

_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
COMPARISONS = ("Equals", *_ORDER)
TYPES = (*COMPARISONS, "In", "Not", "Or")


def all_hold(conditions: tuple[Condition, ...], scope: Scope) -> bool:
    """Whether each of the conditions holds, as a Condition step's list means it.

    Raises:
        UnresolvedReference: A value is missing or two values cannot be ordered.
    """
    return all(holds(condition, scope) for condition in conditions)


def holds(condition: Condition, scope: Scope) -> bool:
    """Whether the condition holds.

    Raises:
        UnresolvedReference: A value is missing or two values cannot be ordered.
    """
    if condition.type == "Not":
        return not holds(condition.conditions[0], scope)
    if condition.type == "Or":
        return any(holds(inner, scope) for inner in condition.conditions)
    first, *others = [resolve(operand, scope) for operand in condition.operands]
    if condition.type in ("Equals", "In"):
        return any(_equal(first, other) for other in others)
    return _ordered(condition.type, first, others[0])


def _equal(left: Any, right: Any) -> bool:
    left, right = _comparable(left, right)
    return bool(left == right and isinstance(left, bool) == isinstance(right, bool))


def _ordered(condition_type: str, left: Any, right: Any) -> bool:
    left, right = _comparable(left, right)
    for value in (left, right):
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise UnresolvedReference(f"{condition_type} cannot order the value {value!r}")
    if isinstance(left, str) != isinstance(right, str):
        raise UnresolvedReference(f"{condition_type} cannot order {left!r} and {right!r}")
    return _ORDER[condition_type](left, right)


def _comparable(left: Any, right: Any) -> tuple[Any, Any]:
    """Both as numbers when one is a number and the other is text that says one.

    Lambda outputs and file values may come as text where a threshold is a number.
    """
    for is_turned, number, text in ((False, left, right), (True, right, left)):
        if isinstance(number, (int, float)) and isinstance(text, str):
            try:
                converted = _as_kind(number, text)
            except ValueError:
                return left, right
            return (converted, number) if is_turned else (number, converted)
    return left, right


def _as_kind(model: float | bool, text: str) -> float | bool:
    if not isinstance(model, bool):
        return float(text)
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{text!r} is not a Boolean")
    return text.lower() == "true"
