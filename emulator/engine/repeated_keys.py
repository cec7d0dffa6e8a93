"""Keys that an object of a definition has more than once: one value would count, unnoticed."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from emulator.json_text import read_json

_LISTS_OF_STEPS = ("Steps", "IfSteps", "ElseSteps")


def read_definition_json(text: str) -> tuple[Any, list[str]]:
    """What the JSON says, the last value of a key that comes twice, and a fault for each of those.

    Raises:
        ValueError: It is not JSON.
    """
    repeats: list[tuple[dict[str, Any], dict[str, int]]] = []

    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeats.append((found, {key: count for key, count in counts.items() if count > 1}))
        return found

    document = read_json(text, is_strict=True, read_object=read_object)
    places = _places(document) if repeats else {}
    faults = [
        f"{places[id(found)]}: the key {key!r} is given {count} times; give it once."
        for found, counts in repeats
        if id(found) in places  # else it is within a value that does not count
        for key, count in counts.items()
    ]
    return document, faults


def _places(document: Any) -> dict[int, str]:
    """Where each object stands, by its identity: the innermost step, and the way from there."""
    places: dict[int, str] = {}
    waiting: list[tuple[str, Any]] = [("Pipeline", document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            places[id(value)] = place
        waiting += _within(place, value)
    return places


def _within(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            is_step = place.endswith(_LISTS_OF_STEPS) and isinstance(item, dict)
            name = item.get("Name") if is_step else None
            yield f"Step {name!r}" if isinstance(name, str) else f"{place}[{number}]", item
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"{place}: {key}", item
