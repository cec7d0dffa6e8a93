"""JSON that somebody else wrote."""

import json
from typing import Any


def read_json(text: str | bytes, *, is_strict: bool = False) -> Any:
    """The value that the JSON says; Python's own NaN and Infinity are taken unless strict.

    Raises:
        ValueError: It is not JSON, or nested more deeply than can be read.
    """
    try:
        return json.loads(text, parse_constant=_refuse if is_strict else None)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
