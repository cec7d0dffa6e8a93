"""Fn::ForEach: what it has to be like, and its identifiers replaced.

Source: Fn::ForEach in the template reference; at most five loops within each other by the RFC
"Fn::ForEach" of CloudFormation's language discussion.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from emulator.services.cloudformation.template.functions import FOR_EACH, is_loop

_PLACEHOLDER = re.compile(r"(?P<mark>[$&])\{(?P<name>[A-Za-z0-9]+)\}")
_NAME = re.compile(r"[A-Za-z0-9]+")
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")
_MOST_LEVELS = 5
_SECTIONS = ("Conditions", "Outputs", "Resources")


def parts(argument: Any) -> tuple[str, Any, Mapping[str, Any]]:
    """Identifier, collection and body of a loop; its shape has to be right."""
    identifier, collection, body = argument
    return identifier, collection, body


def replaced(text: str, items: Mapping[str, str]) -> str:
    """The text with ``${Identifier}`` as the item, ``&{Identifier}`` as what of it is a name."""

    def item(match: re.Match[str]) -> str:
        if match["name"] not in items:
            return match[0]
        found = items[match["name"]]
        return found if match["mark"] == "$" else _NOT_ALPHANUMERIC.sub("", found)

    return _PLACEHOLDER.sub(item, text)


def loop_faults(body: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the document's loops before they are carried out."""
    taken = _names(body)
    seen: set[str] = set()
    for section, value in body.items():
        for path, key, argument, around in _loops(value, f"/{section}", ()):
            if section not in _SECTIONS:
                yield f"[{path}] {FOR_EACH} can be used in {', '.join(_SECTIONS)} alone"
            name = key.removeprefix(FOR_EACH).removeprefix("::")
            yield from _name_faults(name, path, seen, taken)
            seen.add(name)
            yield from _shape_faults(argument, path, around, taken)


def _names(body: Mapping[str, Any]) -> set[str]:
    """What the document names that a loop or an identifier cannot be named like."""
    holders = (body.get("Parameters"), body.get("Resources"))
    return {name for holder in holders if isinstance(holder, dict) for name in holder}


def _loops(
    value: Any, path: str, around: tuple[str, ...]
) -> Iterator[tuple[str, str, Any, tuple[str, ...]]]:
    """Each loop: where it is, its key and argument, and the identifiers of the loops around it."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _loops(item, f"{path}/{index}", around)
    elif isinstance(value, dict):
        for key, member in value.items():
            if is_loop(key):
                yield f"{path}/{key}", key, member, around
                identifiers = [str(part) for part in member[:1]] if isinstance(member, list) else []
                yield from _loops(member, f"{path}/{key}", (*around, *identifiers))
            else:
                yield from _loops(member, f"{path}/{key}", around)


def _name_faults(name: str, path: str, seen: set[str], taken: set[str]) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield f"[{path}] a loop is named {FOR_EACH}::NAME, with an alphanumeric NAME"
    elif name in seen:
        yield f"[{path}] the name {name} is another loop's"
    elif name in taken:
        yield f"[{path}] the name {name} is a parameter's or a resource's"


def _shape_faults(
    argument: Any, path: str, around: tuple[str, ...], taken: set[str]
) -> Iterator[str]:
    is_shaped = (
        isinstance(argument, list)
        and len(argument) == 3
        and isinstance(argument[0], str)
        and _NAME.fullmatch(argument[0])
        and isinstance(argument[1], dict | list)
        and isinstance(argument[2], dict)
    )
    if not is_shaped:
        yield (
            f"[{path}] layout is incorrect: it is a list of an alphanumeric identifier, a "
            "collection and a map of what is repeated"
        )
        return
    identifier = argument[0]
    if identifier in around:
        yield f"[{path}] the identifier {identifier} is that of a loop around it"
    if identifier in taken:
        yield f"[{path}] the identifier {identifier} is a parameter's or a resource's name"
    if len(around) >= _MOST_LEVELS:
        yield f"[{path}] more than {_MOST_LEVELS} loops are within each other"
