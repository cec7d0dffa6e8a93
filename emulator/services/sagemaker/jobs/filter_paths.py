"""The JSONPath expressions of InputFilter and OutputFilter.

Source: "Supported JSONPath operators" in "Associate Prediction Results with Input Records": the
root ``$``, child ``.name``, ``['a','b']``, ``[0,5]``, ``[start:end]`` and the wildcard ``*``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.errors import validation_error

_STEP = re.compile(
    r"\.(?P<name>[A-Za-z_][\w-]*)|\.(?P<star>\*)|\[(?P<bracket>(?:'[^']*'|[^\]'])*)\]"
)
_NAME = re.compile(r"'([^']*)'")
_SLICE = re.compile(r"(-?\d+)?:(-?\d+)?")
_INDEX = re.compile(r"-?\d+")


class PathMissing(Exception):
    """The data has nothing at the path."""


@dataclass(frozen=True)
class FilterPath:
    """A parsed expression.

    Attributes:
        steps: Each a tuple of selectors: names, indexes, slices; several make a new collection.
    """

    text: str
    steps: tuple[tuple[str | int | slice, ...], ...]

    @property
    def is_root(self) -> bool:
        """Whether the expression keeps everything."""
        return not self.steps

    def select(self, value: Any) -> Any:
        """The part of the value that the expression names.

        Raises:
            PathMissing: There is no such part.
        """
        for selectors in self.steps:
            value = _select(value, selectors, self.text)
        return value


def parse_filter(text: str) -> FilterPath:
    """Read an expression.

    Raises:
        AwsError: ValidationException: it is none of those that SageMaker supports.
    """
    rest = text.strip()
    if not rest.startswith("$"):
        raise _invalid(text)
    steps = []
    position = 1
    while position < len(rest):
        found = _STEP.match(rest, position)
        if found is None:
            raise _invalid(text)
        steps.append(_selectors(found, text))
        position = found.end()
    return FilterPath(text, tuple(steps))


def _selectors(found: re.Match[str], text: str) -> tuple[str | int | slice, ...]:
    if found["name"] is not None:
        return (found["name"],)
    if found["star"] is not None:
        return (slice(None),)
    parts = re.findall(r"'[^']*'|[^,\s]+", found["bracket"])
    if not parts:
        raise _invalid(text)
    return tuple(_selector(part, text) for part in parts)


def _selector(part: str, text: str) -> str | int | slice:
    if part == "*":
        return slice(None)
    if name := _NAME.fullmatch(part):
        return name[1]
    if bounds := _SLICE.fullmatch(part):
        low, high = (int(bound) if bound else None for bound in bounds.groups())
        return slice(low, high)
    if _INDEX.fullmatch(part):
        return int(part)
    raise _invalid(text)


def _invalid(text: str) -> Exception:
    return validation_error(
        f"The JSONPath {text!r} is not supported. Expected forms: $, $.name, $['a','b'], $[0,5], "
        "$[1:]"
    )


def _select(value: Any, selectors: tuple[str | int | slice, ...], text: str) -> Any:
    if len(selectors) == 1 and not isinstance(selectors[0], slice):
        return _one(value, selectors[0], text)
    if isinstance(value, Mapping):
        names = [name for name in selectors if isinstance(name, str)]
        chosen = value if slice(None) in selectors else {n: _one(value, n, text) for n in names}
        return dict(chosen)
    items: list[Any] = []
    for selector in selectors:
        if isinstance(selector, slice):
            items += _items(value, text)[selector]
        else:
            items.append(_one(value, selector, text))
    return items


def _one(value: Any, selector: str | int | slice, text: str) -> Any:
    if isinstance(selector, str) and isinstance(value, Mapping) and selector in value:
        return value[selector]
    if isinstance(selector, int) and isinstance(value, list):
        if -len(value) <= selector < len(value):
            return value[selector]
        raise PathMissing(f"{text!r}: index {selector} is outside of {len(value)} columns")
    raise PathMissing(f"{text!r}: the record has no {selector!r}")


def _items(value: Any, text: str) -> list[Any]:
    if not isinstance(value, list):
        raise PathMissing(f"{text!r}: the record is not a list")
    return value
