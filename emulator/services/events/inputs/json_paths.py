"""The JSON paths that EventBridge takes: dots, brackets, indices and wildcards."""

import functools
import re
from collections.abc import Mapping
from typing import Any

MISSING = object()
_STEP = re.compile(
    r"""\.(?P<name>[^.\[\]'"\s]+) | \[(?P<index>\d+)\] | \[(?P<all>\*)\]
    | \['(?P<single>[^']+)'\] | \["(?P<double>[^"]+)"\]""",
    re.VERBOSE,
)
_ALL = None

Step = str | int | None
"""A member's name, an index, or None for every member or element."""


class InvalidPath(ValueError):
    """The text is no path."""


@functools.lru_cache(1_024)
def read_path(text: str) -> tuple[Step, ...]:
    """The steps from the event to what the path names.

    Raises:
        InvalidPath: It does not begin with ``$``, or goes on as no path does.
    """
    if not text.startswith("$"):
        raise InvalidPath(f"a JSON path begins with $, got {text!r}")
    steps: list[Step] = []
    position = 1
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise InvalidPath(
                f"expected .name, ['name'], [0] or [*] at character {position} of {text!r}"
            )
        steps.append(_step(match))
        position = match.end()
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if match["index"] is not None:
        return int(match["index"])
    name = match["name"] or match["single"] or match["double"]
    return _ALL if match["all"] or match["name"] == "*" else name


def value_at(event: Any, text: str) -> Any:
    """What the path names in the event, a list where it has a wildcard, or MISSING.

    Raises:
        InvalidPath: It is no path.
    """
    steps = read_path(text)
    found = [event]
    for step in steps:
        found = [inner for value in found for inner in _inner(value, step)]
    if _ALL in steps:
        return found
    return found[0] if found else MISSING


def _inner(value: Any, step: Step) -> list[Any]:
    if step is _ALL:
        return list(value.values()) if isinstance(value, Mapping) else _as_list(value)
    if isinstance(step, int):
        return _as_list(value)[step : step + 1]
    return [value[step]] if isinstance(value, Mapping) and step in value else []


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
