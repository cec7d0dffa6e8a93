"""JSON that somebody else wrote."""

import json
from collections.abc import Callable
from typing import Any


def read_json(
    text: str | bytes,
    *,
    is_strict: bool = False,
    read_object: Callable[[list[tuple[str, Any]]], Any] | None = None,
) -> Any:
    """The value that the JSON says; Python's own NaN and Infinity are taken unless strict.

    ``read_object`` makes an object of its keys and values, innermost first; a dict unless given.

    Raises:
        ValueError: It is not JSON, or nested more deeply than can be read.
    """
    try:
        refuse = _refuse if is_strict else None
        return json.loads(text, parse_constant=refuse, object_pairs_hook=read_object)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def is_deeper(value: Any, levels: int) -> bool:
    """Whether objects and arrays are nested more deeply than so many levels.

    What walks such a value by recursion needs to know before it begins.
    """
    level = [value]
    for _ in range(levels + 1):
        level = [
            inner
            for each in level
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
