"""Which rules of a bus match an event."""

from collections.abc import Iterable, Mapping
from typing import Any

from emulator.context import Context
from emulator.services.events.names import DISABLED, rules_of
from emulator.services.events.patterns import matches, may_match, read_pattern
from emulator.store import Document


def may_be_wanted(context: Context, bus: str, known: Mapping[str, Any]) -> bool:
    """Whether a rule could match an event of which only these fields are known."""
    return any(
        may_match(read_pattern(rule["EventPattern"]), known)
        for rule in _listening(rules_of(context, bus))
    )


def matching_rules(context: Context, bus: str, event: Mapping[str, Any]) -> list[Document]:
    """The enabled rules whose patterns match the event, the oldest first.

    They are read from the store each time: a bus has few, and what a transaction has changed is
    seen within it. Patterns are compiled once.
    """
    return [
        rule
        for rule in _listening(rules_of(context, bus))
        if matches(read_pattern(rule["EventPattern"]), event)
    ]


def _listening(rules: Iterable[Document]) -> list[Document]:
    return [
        rule
        for rule in rules
        if rule["State"] != DISABLED and rule["_Targets"] and "EventPattern" in rule
    ]
