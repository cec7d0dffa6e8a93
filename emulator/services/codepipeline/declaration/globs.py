"""The glob patterns of triggers' filters.

Source: "Working with glob patterns in syntax" of the CodePipeline user guide, whose rules are those
of Java's FileSystem.getPathMatcher: ``*`` ends at a slash, ``**`` does not.
"""

import functools
import re
from collections.abc import Mapping, Sequence


@functools.cache
def pattern(glob: str) -> re.Pattern[str]:
    """The glob as a regular expression for the whole of a name.

    Raises:
        ValueError: A bracket or a brace is not closed, or a backslash ends it.
    """
    parts: list[str] = []
    at, is_in_group = 0, False
    while at < len(glob):
        character = glob[at]
        if character == "[":
            text, at = _bracket(glob, at)
            parts.append(text)
            continue
        at += 1
        if character == "\\":
            if at == len(glob):
                raise ValueError(f"{glob!r} ends with a backslash")
            parts.append(re.escape(glob[at]))
            at += 1
        elif character == "*":
            is_deep = glob[at : at + 1] == "*"
            parts.append(".*" if is_deep else "[^/]*")
            at += is_deep
        elif character == "{" and not is_in_group:
            is_in_group = True
            parts.append("(?:")
        elif character == "}" and is_in_group:
            is_in_group = False
            parts.append(")")
        elif character == "," and is_in_group:
            parts.append("|")
        else:
            parts.append("[^/]" if character == "?" else re.escape(character))
    if is_in_group:
        raise ValueError(f"{glob!r} has a brace that is not closed")
    return re.compile("".join(parts), re.DOTALL)


def _bracket(glob: str, start: int) -> tuple[str, int]:
    """The bracket expression that starts here as a regular expression, and where it ends."""
    is_negated = glob[start + 1 : start + 2] == "!"
    first = start + 1 + is_negated
    end = glob.find("]", first + 1)
    if end < 0:
        raise ValueError(f"{glob!r} has a bracket that is not closed")
    members = re.sub(r"([\\\[\]^&~|])", r"\\\1", glob[first:end])
    try:
        re.compile(f"[{members}]")
    except re.error as error:
        raise ValueError(f"{glob!r} has a bad range: {error}") from error
    return f"(?!/)[{'^' if is_negated else ''}{members}]", end + 1


def matches(criteria: Mapping[str, Sequence[str]], name: str) -> bool:
    """Whether a filter's includes and excludes let the name through; excludes win."""
    if any(pattern(glob).fullmatch(name) for glob in criteria.get("excludes", ())):
        return False
    includes = criteria.get("includes", ())
    return not includes or any(pattern(glob).fullmatch(name) for glob in includes)
