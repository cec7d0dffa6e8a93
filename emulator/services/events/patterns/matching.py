"""A pattern against an event.

Of an array in the event one element has to match; the fields of one object of a pattern match
within the same element. ``exists`` asks for leaves of the whole event, as AWS's matcher does:
an object that is not empty is no leaf.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.services.events.patterns.reading import FieldPath, Leaf, Pattern

_ABSENT: tuple[Any, ...] = ()


def matches(pattern: Pattern, event: Mapping[str, Any]) -> bool:
    """Whether the event is one that the pattern asks for."""
    return _matches_object(pattern, event, event)


def may_match(pattern: Pattern, known: Mapping[str, Any]) -> bool:
    """Whether an event can match of which only these fields are known, none of them objects."""
    return all(
        not isinstance(inner, Leaf) or _matches_leaf(inner, known[name], known)
        for name, inner in pattern.fields.items()
        if name in known
    )


def _matches_object(pattern: Pattern, value: Any, event: Mapping[str, Any]) -> bool:
    """Match the object, or one of those in an array; of anything else every field is absent."""
    candidates = [each for each in _elements(value) if isinstance(each, Mapping)] or [{}]
    return any(_matches_fields(pattern, candidate, event) for candidate in candidates)


def _matches_fields(
    pattern: Pattern, candidate: Mapping[str, Any], event: Mapping[str, Any]
) -> bool:
    for name, inner in pattern.fields.items():
        value = candidate.get(name, _ABSENT)
        if isinstance(inner, Leaf):
            if not _matches_leaf(inner, value, event):
                return False
        elif not _matches_object(inner, value, event):
            return False
    return all(
        any(_matches_fields(each, candidate, event) for each in alternatives)
        for alternatives in pattern.alternatives
    )


def _matches_leaf(leaf: Leaf, value: Any, event: Mapping[str, Any]) -> bool:
    scalars = [each for each in _elements(value) if not isinstance(each, Mapping)]
    if scalars and leaf.may_be_anything:
        return True
    if leaf.may_be_absent and not scalars and not _has_leaf(event, leaf.path):
        return True
    return any(matcher(scalar) for scalar in scalars for matcher in leaf.matchers)


def _has_leaf(value: Any, path: FieldPath) -> bool:
    if not path:
        return any(not isinstance(each, Mapping) for each in _elements(value))
    return any(
        _has_leaf(each[path[0]], path[1:])
        for each in _elements(value)
        if isinstance(each, Mapping) and path[0] in each
    )


def _elements(value: Any) -> Iterator[Any]:
    """The value itself, or what the arrays have in them, however deeply they are nested."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, (list, tuple)):
            waiting.extend(reversed(each))
        else:
            yield each
