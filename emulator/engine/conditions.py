"""The comparisons of a Condition step.

Source: the conditions of SageMaker SDK v3, `sagemaker.core.workflow.conditions`.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from emulator.engine.definition import Condition
from emulator.engine.members import Members
from emulator.engine.references import Scope, UnresolvedReference, is_expression, resolve

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


def read_conditions(arguments: Mapping[str, Any], step: Members) -> tuple[Condition, ...]:
    """The list of conditions in a Condition step's Arguments; faults are noted on the step."""
    members = step.inner("Arguments", arguments)
    members.refuse_unknown("Conditions", "IfSteps", "ElseSteps")
    for key in ("IfSteps", "ElseSteps"):
        members.take(key, list)
    raw_conditions = members.take("Conditions", list, is_required=True)
    return _condition_list(raw_conditions, "Conditions", step)


def _condition_list(raw_list: Any, where: str, step: Members) -> tuple[Condition, ...]:
    read = [
        _read_condition(raw, f"{where}[{number}]", step)
        for number, raw in enumerate(raw_list or [])
    ]
    return tuple(condition for condition in read if condition is not None)


def _read_condition(raw: Any, where: str, step: Members) -> Condition | None:
    members = step.inner(where, raw)
    condition_type = members.take("Type", str, is_required=True)
    if condition_type is None:
        return None
    if condition_type not in TYPES:
        members.fault(
            f"unknown condition '{condition_type}'; the conditions are: " + ", ".join(TYPES)
        )
        return None
    reader = _CONDITION_READERS.get(condition_type, _read_comparison)
    return reader(condition_type, members, where, step)


def _read_comparison(kind: str, members: Members, where: str, step: Members) -> Condition:
    members.refuse_unknown("Type", "LeftValue", "RightValue")
    operands = tuple(_operand(members, key) for key in ("LeftValue", "RightValue"))
    return Condition(kind, operands)


def _operand(members: Members, key: str) -> Any:
    value = members.value(key)
    if key in members.raw:
        _refuse_compound(value, key, members)
    return value


def _refuse_compound(value: Any, key: str, members: Members) -> None:
    if (value is None or isinstance(value, (dict, list))) and not is_expression(value):
        members.fault(f"{key} must be a single value or an expression, not {value!r}")


def _read_in(kind: str, members: Members, where: str, step: Members) -> Condition:
    members.refuse_unknown("Type", "QueryValue", "Values")
    values = members.take("Values", list, is_required=True) or []
    for number, value in enumerate(values):
        _refuse_compound(value, f"Values[{number}]", members)
    return Condition(kind, (_operand(members, "QueryValue"), *values))


def _read_not(kind: str, members: Members, where: str, step: Members) -> Condition | None:
    members.refuse_unknown("Type", "Condition")
    raw = members.take("Condition", dict, is_required=True)
    inner = _read_condition(raw, f"{where}.Condition", step) if raw is not None else None
    return Condition(kind, conditions=(inner,)) if inner else None


def _read_or(kind: str, members: Members, where: str, step: Members) -> Condition:
    members.refuse_unknown("Type", "Conditions")
    raw_list = members.take("Conditions", list, is_required=True)
    return Condition(kind, conditions=_condition_list(raw_list, f"{where}.Conditions", step))


_ConditionReader = Callable[[str, Members, str, Members], Condition | None]
_CONDITION_READERS: Mapping[str, _ConditionReader] = {
    "In": _read_in,
    "Not": _read_not,
    "Or": _read_or,
}
