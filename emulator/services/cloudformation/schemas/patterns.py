"""Patterns of the schemas, which are Java's regular expressions."""

from functools import cache
from typing import Any

import regex


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text; one that only Java can read is not checked."""
    compiled = _compiled(pattern)
    return compiled is None or compiled.search(text) is not None


@cache
def _compiled(pattern: str) -> Any:
    try:
        return regex.compile(pattern)
    except regex.error:
        return None
