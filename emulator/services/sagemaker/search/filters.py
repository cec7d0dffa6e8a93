"""One filter: a property, an operator and a value, as a predicate over records.

Source: API_Filter, for what each operator means and which properties it takes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.model import Shape

from emulator.services.sagemaker.search.properties import (
    Kind,
    Property,
    UnknownProperty,
    find_property,
)

Record = Mapping[str, Any]
Predicate = Callable[[Record], bool]
# What a single value of the property has to be.
_Test = Callable[[Any], bool]

_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": lambda found, wanted: found > wanted,
    "GreaterThanOrEqualTo": lambda found, wanted: found >= wanted,
    "LessThan": lambda found, wanted: found < wanted,
    "LessThanOrEqualTo": lambda found, wanted: found <= wanted,
}
_EQUALITY = ("Equals", "NotEquals")
_EXISTENCE = ("Exists", "NotExists")
_OF_TEXT = ("Contains", "In")
_ALLOWED: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: (*_EQUALITY, *_OF_TEXT, *_EXISTENCE),
    Kind.NUMBER: (*_EQUALITY, *_ORDER, *_EXISTENCE),
    Kind.TIME: (*_EQUALITY, *_ORDER, *_EXISTENCE),
    Kind.BOOLEAN: (*_EQUALITY, *_EXISTENCE),
    Kind.MIXED: (*_EQUALITY, *_ORDER, *_OF_TEXT, *_EXISTENCE),
    Kind.STRUCTURE: _EXISTENCE,
}
_INTEGER = re.compile(r"[+-]?\d+")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_BOOLEANS = {"true": True, "false": False}


class BadFilter(Exception):
    """The filter cannot be applied; the text says why."""


@dataclass(frozen=True)
class Filter:
    """A filter that can be applied.

    Attributes:
        operator: Equals where the request gives none.
        matches: Whether a record passes.
    """

    found: Property
    operator: str
    matches: Predicate


def read_filter(shape: Shape, request: Mapping[str, str], prefix: str = "") -> Filter:
    """The filter of a request; its name is relative to the prefix, which it has to have.

    Raises:
        BadFilter: The property is unknown, the operator does not go with it, or the value is
            missing or of another kind.
    """
    name, value = request["Name"], request.get("Value")
    operator = request.get("Operator", "Equals")
    if not name.lower().startswith(prefix.lower()):
        raise BadFilter(f"Unknown property name: {name} (in this nested filter: {prefix}...)")
    try:
        found = find_property(shape, name[len(prefix) :])
    except UnknownProperty as error:
        raise BadFilter(str(error).replace(name[len(prefix) :], name, 1)) from error
    if operator not in _ALLOWED[found.kind]:
        raise BadFilter(
            f"Operator {operator} is not supported for the {found.kind.value} property {name};"
            f" use {', '.join(_ALLOWED[found.kind])}"
        )
    if operator in _EXISTENCE:
        return Filter(found, operator, _existence(found, is_wanted=operator == "Exists"))
    if value is None:
        raise BadFilter(f"Filter on {name}: Operator {operator} needs a Value")
    test = _TESTS[found.kind](name, operator, value)
    return Filter(found, operator, _any_value(found, test, is_negated=operator == "NotEquals"))


def _existence(found: Property, *, is_wanted: bool) -> Predicate:
    def exists(record: Record) -> bool:
        is_there = any(value not in ({}, []) for value in found.read(record))
        return is_there == is_wanted

    return exists


def _any_value(found: Property, test: _Test, *, is_negated: bool) -> Predicate:
    """Of several values one is enough; NotEquals means that none equals, also if there is none."""

    def any_value(record: Record) -> bool:
        return any(test(value) for value in found.read(record)) != is_negated

    return any_value


def _text_test(_: str, operator: str, wanted: str) -> _Test:
    if operator == "Contains":
        return lambda value: wanted in str(value)
    if operator == "In":
        choices = {choice.strip() for choice in wanted.split(",")}
        return lambda value: str(value) in choices
    return lambda value: str(value) == wanted


def _number_test(name: str, operator: str, text: str) -> _Test:
    if not NUMBER.fullmatch(text):
        raise BadFilter(f"Filter on {name}: Value '{text}' is not a number, as {name} is")
    return _compared(operator, float(text))


def _time_test(name: str, operator: str, text: str) -> _Test:
    return _compared(operator, _seconds(name, text))


def _boolean_test(name: str, _: str, text: str) -> _Test:
    wanted = _BOOLEANS.get(text.lower())
    if wanted is None:
        raise BadFilter(f"Filter on {name}: Value '{text}' is neither true nor false")
    return lambda value: value is wanted


def _mixed_test(name: str, operator: str, text: str) -> _Test:
    """A hyperparameter or parameter: compared as a number where both are one.

    Source: API_Filter, "If the specified Value is an integer, the decimal hyperparameter values
    are treated as integers".
    """
    if operator in _OF_TEXT:
        return _text_test(name, operator, text)
    if not NUMBER.fullmatch(text):
        if operator in _ORDER:
            raise BadFilter(
                f"Filter on {name}: Operator {operator} is not supported for text; Value '{text}'"
                " is not a number"
            )
        return _text_test(name, operator, text)
    wanted, is_whole = float(text), bool(_INTEGER.fullmatch(text))
    compare = _ORDER.get(operator)

    def test(value: Any) -> bool:
        if isinstance(value, str):
            if not NUMBER.fullmatch(value):
                return False
            value = float(value)
            value = float(int(value)) if is_whole and abs(value) < _EXACT else value
        return bool(compare(value, wanted)) if compare else bool(value == wanted)

    return test


# Beyond it a double has no fraction to lose.
_EXACT = 2.0**53


def _compared(operator: str, wanted: float) -> _Test:
    compare = _ORDER.get(operator)
    if compare is None:
        return lambda value: bool(value == wanted)
    return lambda value: compare(value, wanted)


def _seconds(name: str, text: str) -> float:
    """Epoch seconds of a time: ISO 8601, in UTC unless it says otherwise, or the seconds."""
    if NUMBER.fullmatch(text) and not re.fullmatch(r"\d{4}", text):
        return float(text)
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise BadFilter(
            f"Filter on {name}: Value '{text}' is no time; expected YYYY-mm-dd'T'HH:MM:SS"
        ) from error


_TESTS: Mapping[Kind, Callable[[str, str, str], _Test]] = {
    Kind.TEXT: _text_test,
    Kind.NUMBER: _number_test,
    Kind.TIME: _time_test,
    Kind.BOOLEAN: _boolean_test,
    Kind.MIXED: _mixed_test,
}
