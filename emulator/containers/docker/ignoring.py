"""``.dockerignore``: which files of a folder are no part of a build's context.

Source: ".dockerignore files" of Docker's build manual, and Go's filepath.Match, which it names.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from posixpath import normpath


@dataclass(frozen=True)
class Rule:
    """A line of the file; an exception takes back what an earlier rule has excluded."""

    pattern: re.Pattern[str]
    is_exception: bool


def read_rules(text: str) -> tuple[Rule, ...]:
    """The rules of a file, in their order.

    Raises:
        ValueError: Some lines are no patterns; the message names them all.
    """
    rules, faults = [], []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        pattern = line.strip()
        if not pattern or line.startswith("#"):
            continue
        is_exception = pattern.startswith("!")
        cleaned = normpath(pattern.removeprefix("!").strip()).strip("/")
        try:
            if cleaned != ".":
                rules.append(Rule(re.compile(_expression(cleaned)), is_exception))
        except (ValueError, re.error):
            faults.append(f"line {number}: {line!r}")
    if faults:
        raise ValueError(f"syntax error in pattern: {', '.join(faults)}")
    return tuple(rules)


def without_ignored(files: Iterable[str], rules: Sequence[Rule]) -> list[str]:
    """The files that stay; their paths are relative to the folder."""
    return [name for name in files if not _is_ignored(name, rules)]


def _is_ignored(name: str, rules: Sequence[Rule]) -> bool:
    """The last rule counts that matches the file or a folder that it is in."""
    parts = name.split("/")
    paths = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    for rule in reversed(rules):
        if any(rule.pattern.fullmatch(path) for path in paths):
            return not rule.is_exception
    return False


def _expression(pattern: str) -> str:
    """A regular expression of a pattern: ``*`` and ``?`` stop at a slash, ``**`` does not."""
    expression, rest = "", pattern
    while rest:
        if rest.startswith("**/"):
            expression, rest = expression + "(?:.*/)?", rest[3:]
        elif rest.startswith("**"):
            expression, rest = expression + ".*", rest[2:]
        elif rest[0] == "*":
            expression, rest = expression + "[^/]*", rest[1:]
        elif rest[0] == "?":
            expression, rest = expression + "[^/]", rest[1:]
        elif rest[0] == "[":
            characters, rest = _characters(rest)
            expression += characters
        else:
            rest = rest.removeprefix("\\") if len(rest) > 1 else rest
            expression, rest = expression + re.escape(rest[0]), rest[1:]
    return expression


def _characters(pattern: str) -> tuple[str, str]:
    """A range such as ``[^a-z]`` as an expression, and what comes after it."""
    end = pattern.find("]", 2)
    if end < 0:
        raise ValueError(pattern)
    negation = "^" if pattern[1] == "^" else ""
    return f"[{negation}{pattern[1 + len(negation) : end]}]", pattern[end + 1 :]
