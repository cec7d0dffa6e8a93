"""What is wrong with a recipe's file, all of it."""

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

_KEYS: Mapping[str, type] = {
    "repositories": list,
    "package": str,
    "lock": str,
    "omitted": list,
    "path": list,
    "needs": list,
    "needs_hint": str,
    "build": list,
    "commands": dict,
    "variables": dict,
}
_PLACES = ("recipe", "built_in")
_WITH_PLACES = ("path", "build")


def faults_of(content: dict[str, Any]) -> list[str]:
    """Each fault of the content in a sentence; that of one member is told by its type first."""
    faults = [f"unknown key {key!r}; known: {', '.join(_KEYS)}" for key in content.keys() - _KEYS]
    for key, kind in _KEYS.items():
        if key in content and not isinstance(content[key], kind):
            faults.append(f"{key} is {type(content[key]).__name__}, expected {kind.__name__}")
    if not content.get("repositories"):
        faults.append("repositories is missing: name at least one repository")
    right = {key: value for key, value in content.items() if isinstance(value, _KEYS.get(key, ()))}
    return [*faults, *_list_faults(right), *_command_faults(right), *_variable_faults(right)]


def _list_faults(content: Mapping[str, Any]) -> Iterator[str]:
    for key, kind in _KEYS.items():
        if kind is list:
            yield from _word_faults(key, content.get(key, []), has_places=key in _WITH_PLACES)


def _command_faults(content: Mapping[str, Any]) -> Iterator[str]:
    for name, words in content.get("commands", {}).items():
        yield from _word_faults(f"commands.{name}", words, has_places=True)
        if words == []:
            yield f"commands.{name} is empty, expected a program and its arguments"


def _variable_faults(content: Mapping[str, Any]) -> Iterator[str]:
    for name, value in content.get("variables", {}).items():
        if not isinstance(value, str):
            yield f"variables.{name} is {value!r}, expected a string"


def _word_faults(key: str, words: object, *, has_places: bool) -> Iterator[str]:
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        yield f"{key} is {words!r}, expected a list of strings"
        return
    for word in words if has_places else ():
        try:
            places = [place for _, place, _, _ in Formatter().parse(word) if place is not None]
        except ValueError:
            yield f"{key} has {word!r}, whose braces do not close"
            continue
        for place in places:
            if place not in _PLACES:
                yield f"{key} has {word!r}: no place {{{place}}}, expected {{recipe}}, {{built_in}}"
