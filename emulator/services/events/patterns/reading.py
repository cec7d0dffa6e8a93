"""JSON text into a tree of fields with their matchers, or all that is wrong with it."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.errors import listed
from emulator.json_text import is_deeper, read_json
from emulator.services.events.patterns import matchers
from emulator.services.events.patterns.matchers import Matcher
from emulator.services.events.patterns.operators import (
    EXISTS,
    BadOperand,
    is_operator,
    read_operator,
)

_OR = "$or"
_KEPT_PATTERNS = 1_024
# Matching goes down by recursion, also within the change of a resource that an event tells of.
_LEVELS_AT_MOST = 100

FieldPath = tuple[str, ...]


class InvalidPattern(ValueError):
    """The text is no event pattern; the message has every fault and where it is."""


@dataclass(frozen=True)
class Leaf:
    """A field that any of the matchers has to take.

    Attributes:
        may_be_absent: Whether ``{"exists": false}`` is among them.
        may_be_anything: Whether ``{"exists": true}`` is among them.
    """

    path: FieldPath
    matchers: tuple[Matcher, ...]
    may_be_absent: bool
    may_be_anything: bool


@dataclass(frozen=True)
class Pattern:
    """An object of which every field, and one alternative of every ``$or``, has to match."""

    fields: Mapping[str, "Pattern | Leaf"]
    alternatives: tuple[tuple["Pattern", ...], ...] = ()


@functools.lru_cache(_KEPT_PATTERNS)
def read_pattern(text: str) -> Pattern:
    """The pattern of the text; the same text is read once.

    Raises:
        InvalidPattern: With every fault.
    """
    try:
        content = read_json(text, is_strict=True)
    except ValueError as error:
        raise InvalidPattern(f"Invalid JSON: {error}") from error
    if not isinstance(content, dict):
        raise InvalidPattern("Filter is not an object")
    if is_deeper(content, _LEVELS_AT_MOST):
        raise InvalidPattern(f"it is nested more deeply than {_LEVELS_AT_MOST} levels")
    reader = _Reader()
    pattern = reader.pattern(content, ())
    if reader.faults:
        raise InvalidPattern(listed(reader.faults, "; "))
    return pattern


@dataclass
class _Reader:
    faults: list[str] = field(default_factory=list)

    def pattern(self, content: dict[str, Any], path: FieldPath) -> Pattern:
        if not content:
            self._fault("Empty objects are not allowed", path)
        fields: dict[str, Pattern | Leaf] = {}
        alternatives = []
        for name, value in content.items():
            inner = (*path, name)
            if name == _OR and _is_or(value):
                alternatives.append(self._alternatives(value, path))
            elif isinstance(value, dict):
                fields[name] = self.pattern(value, inner)
            elif isinstance(value, list):
                fields[name] = self._leaf(value, inner)
            else:
                self._fault(f'"{name}" must be an object or an array', inner)
        return Pattern(fields, tuple(alternatives))

    def _alternatives(self, value: list[Any], path: FieldPath) -> tuple[Pattern, ...]:
        if len(value) < 2:
            self._fault("There must have at least 2 Objects in $or relationship.", (*path, _OR))
        return tuple(self.pattern(each, path) for each in value)

    def _leaf(self, values: list[Any], path: FieldPath) -> Leaf:
        if not values:
            self._fault("Empty arrays are not allowed", path)
        found, exists = [], []
        for value in values:
            try:
                matcher = _matcher(value)
            except BadOperand as error:
                self._fault(str(error), path)
                continue
            if isinstance(matcher, bool):
                exists.append(matcher)
            else:
                found.append(matcher)
        return Leaf(path, tuple(found), False in exists, True in exists)

    def _fault(self, message: str, path: FieldPath) -> None:
        self.faults.append(f"{message} at {'.'.join(path)}" if path else message)


def _is_or(value: Any) -> bool:
    """Whether ``$or`` is the relationship, and not a field of that name.

    Source: "The backward compatibility" of ``$or`` in event-ruler's README.
    """
    if not isinstance(value, list) or not value:
        return False
    if not all(isinstance(each, dict) for each in value):
        return False
    return not any(is_operator(name) for each in value for name in each)


def _matcher(value: Any) -> Matcher | bool:
    """A matcher; of an ``exists`` expression, what it asks for."""
    if isinstance(value, list):
        raise BadOperand("Match value must be String, number, true, false, or null")
    if not isinstance(value, dict):
        return matchers.equals(value)
    if not value:
        raise BadOperand("Match expression name not found")
    if len(value) > 1:
        raise BadOperand("Only one key allowed in match expression")
    name, operand = next(iter(value.items()))
    if name != EXISTS:
        return read_operator(name, operand)
    if not isinstance(operand, bool):
        raise BadOperand("exists match pattern must be either true or false.")
    return operand
