"""Paths into JSON values, as Std:JsonGet's Path and Get's properties write them."""

import re
from typing import Any

Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""\.?(?P<name>[^.\[\]'"]+)      # name, or .name
    | \[(?P<index>-?\d+)\]            # [0], or [-1] for the last
    | \['(?P<single>[^']*)'\]         # ['name']
    | \["(?P<double>[^"]*)"\]         # ["name"]
    """,
    re.VERBOSE,
)


_NAMES = ("name", "single", "double")


class PathNotFound(LookupError):
    """A path that the value does not have."""


def parse_path(text: str) -> Path:
    """The steps down that a path writes: member names as text, list positions as numbers.

    A leading ``$`` is allowed.

    Raises:
        ValueError: The text is no path.
    """
    rest = text[1:] if text.startswith("$") else text
    path: list[str | int] = []
    position = 0
    while position < len(rest):
        match = _TOKEN.match(rest, position)
        if match is None:
            raise ValueError(f"{text!r} is not a path such as a.b[0]['c']")
        if match["index"] is not None:
            path.append(int(match["index"]))
        else:
            path.append(next(group for group in match.group(*_NAMES) if group is not None))
        position = match.end()
    return tuple(path)


def look_up(value: Any, path: Path) -> Any:
    """What stands at the path.

    Raises:
        PathNotFound: Nothing stands there; the message says how far the path led.
    """
    for depth, key in enumerate(path):
        try:
            value = _element(value, key)
        except (LookupError, TypeError):
            raise PathNotFound(f"{_where(path[:depth])} {_offer(value)}") from None
    return value


def _element(value: Any, key: str | int) -> Any:
    if isinstance(value, dict):
        return value[key]
    if isinstance(value, list):
        return value[key]  # type: ignore[index]  # a list refuses text, unless it is keyed
    raise TypeError("a single value has no elements")


def write_path(path: Path) -> str:
    """The path as text."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def _where(path: Path) -> str:
    return f"'{write_path(path)}'" if path else "the document"


def _offer(value: Any) -> str:
    if isinstance(value, dict):
        return f"has: {', '.join(map(str, value)) or 'nothing'}"
    if isinstance(value, list):
        return f"has {len(value)} elements"
    return "is a single value"
