"""The operand of each operator of a match expression, checked, as a matcher.

A reader raises BadOperand in the words of AWS's matcher. Source: github.com/aws/event-ruler,
JsonRuleCompiler.
"""

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

from emulator.services.events.patterns import matchers
from emulator.services.events.patterns.matchers import COMPARISONS, NUMBER_LIMIT, Matcher, is_number
from emulator.services.events.patterns.wildcards import BadWildcard, read_wildcard

EXISTS = "exists"
_IGNORE_CASE = "equals-ignore-case"


class BadOperand(ValueError):
    """What stands behind an operator cannot be read."""


def read_operator(name: str, operand: Any) -> Matcher:
    """The matcher that an operator other than ``exists`` makes of its operand.

    Raises:
        BadOperand: The operator is not known, or the operand is none of its.
    """
    reader = _READERS.get(name)
    if reader is None:
        raise BadOperand(f"Unrecognized match type {name}")
    return reader(operand)


def is_operator(name: str) -> bool:
    """Whether a match expression can have this key."""
    return name == EXISTS or name in _READERS


def _text(operand: Any, name: str) -> str:
    if not isinstance(operand, str):
        raise BadOperand(f"{name} match pattern must be a string")
    return operand


def _prefix(operand: Any) -> Matcher:
    if isinstance(operand, dict):
        return matchers.prefix(_case_ignored(operand, "prefix"), ignore_case=True)
    return matchers.prefix(_text(operand, "prefix"))


def _suffix(operand: Any) -> Matcher:
    if isinstance(operand, dict):
        return matchers.suffix(_case_ignored(operand, "suffix"), ignore_case=True)
    return matchers.suffix(_text(operand, "suffix"))


def _case_ignored(operand: dict[str, Any], name: str) -> str:
    inner, value = _only(operand, f"{name.capitalize()} expression name not found")
    if inner != _IGNORE_CASE:
        raise BadOperand(f"Unsupported {name} pattern: {inner}")
    return _text(value, _IGNORE_CASE)


def _only(operand: dict[str, Any], when_empty: str) -> tuple[str, Any]:
    if not operand:
        raise BadOperand(when_empty)
    if len(operand) > 1:
        raise BadOperand("Only one key allowed in match expression")
    return next(iter(operand.items()))


def _equals_ignore_case(operand: Any) -> Matcher:
    return matchers.equals_ignore_case(_text(operand, _IGNORE_CASE))


def _wildcard(operand: Any) -> Matcher:
    try:
        return matchers.wildcard(read_wildcard(_text(operand, "wildcard")))
    except BadWildcard as error:
        raise BadOperand(str(error)) from error


def _cidr(operand: Any) -> Matcher:
    try:
        return matchers.cidr(ipaddress.ip_network(_text(operand, "cidr"), strict=False))
    except ValueError as error:
        if isinstance(error, BadOperand):
            raise
        raise BadOperand(f"Malformed CIDR, '/' and a number of bits expected: {error}") from error


def _numeric(operand: Any) -> Matcher:
    if not isinstance(operand, list):
        raise BadOperand("Value of numeric must be an array.")
    if len(operand) not in (2, 4):
        raise BadOperand(f"Too many or too few elements in numeric expression: {operand}")
    terms = [_term(sign, bound) for sign, bound in zip(operand[::2], operand[1::2], strict=True)]
    if len(terms) == 2:
        _check_range(terms)
    return matchers.numeric(terms)


def _term(sign: Any, bound: Any) -> tuple[str, float]:
    if not isinstance(sign, str) or sign not in COMPARISONS:
        raise BadOperand(f"Unrecognized numeric range operator: {sign}")
    if not is_number(bound):
        raise BadOperand(f"Value of {'equals' if sign == '=' else sign} must be numeric")
    if abs(bound) > NUMBER_LIMIT:
        raise BadOperand(f"Value must be between -5.0E9 and 5.0E9, inclusive: {bound}")
    return sign, bound


def _check_range(terms: list[tuple[str, float]]) -> None:
    (low_sign, low), (high_sign, high) = terms
    if low_sign not in (">", ">="):
        raise BadOperand("Too many elements in numeric expression")
    if high_sign not in ("<", "<="):
        raise BadOperand(f"Bad numeric range operator: {high_sign}")
    if low >= high:
        raise BadOperand("Bottom must be less than top")


def _anything_but(operand: Any) -> Matcher:
    if isinstance(operand, dict):
        name, value = _only(operand, "Anything-But expression name not found")
        if name not in _WITHIN_ANYTHING_BUT:
            raise BadOperand(f"Unsupported anything-but pattern: {name}")
        listed = value if isinstance(value, list) else [value]
        if not listed:
            raise BadOperand("Empty arrays are not allowed")
        return matchers.none_of([_unwanted(name, each) for each in listed])
    listed = operand if isinstance(operand, list) else [operand]
    texts = [each for each in listed if isinstance(each, str)]
    numbers = [each for each in listed if is_number(each)]
    if len(texts) + len(numbers) < len(listed):
        raise BadOperand("Inside anything but list, start|null|boolean is not supported.")
    if bool(texts) == bool(numbers):
        raise BadOperand(
            "Inside anything but list, either all values are number or string, mixed type is not"
            " supported"
        )
    return matchers.none_of([matchers.equals(each) for each in listed])


def _unwanted(name: str, value: Any) -> Matcher:
    if name in ("prefix", "suffix") and value == "":
        raise BadOperand("Null prefix/suffix not allowed")
    return _WITHIN_ANYTHING_BUT[name](value)


_WITHIN_ANYTHING_BUT: Mapping[str, Callable[[Any], Matcher]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    _IGNORE_CASE: _equals_ignore_case,
    "wildcard": _wildcard,
}
_READERS: Mapping[str, Callable[[Any], Matcher]] = {
    **_WITHIN_ANYTHING_BUT,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
}
