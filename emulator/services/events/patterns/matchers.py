"""What a single value of an event has to be: a function of the value."""

import ipaddress
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator.services.events.patterns.wildcards import Wildcard

Matcher = Callable[[Any], bool]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
# Source: event-ruler's README, "Numeric matching is limited to value between -5.0e9 and +5.0e9".
NUMBER_LIMIT = 5e9


def is_number(value: object) -> bool:
    """Whether the JSON value is a number; Python takes a boolean for one."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def equals(wanted: object) -> Matcher:
    """The very value: numbers by their worth, so that 300 is 3.0e2."""
    if is_number(wanted):
        return lambda value: is_number(value) and value == wanted
    return lambda value: type(value) is type(wanted) and value == wanted


def equals_ignore_case(wanted: str) -> Matcher:
    """The same text in any case."""
    folded = wanted.lower()
    return _of_text(lambda text: text.lower() == folded)


def prefix(wanted: str, *, ignore_case: bool = False) -> Matcher:
    """A text that begins so."""
    if ignore_case:
        folded = wanted.lower()
        return _of_text(lambda text: text.lower().startswith(folded))
    return _of_text(lambda text: text.startswith(wanted))


def suffix(wanted: str, *, ignore_case: bool = False) -> Matcher:
    """A text that ends so."""
    if ignore_case:
        folded = wanted.lower()
        return _of_text(lambda text: text.lower().endswith(folded))
    return _of_text(lambda text: text.endswith(wanted))


def wildcard(pattern: Wildcard) -> Matcher:
    """A text that is as the pattern says."""
    return _of_text(pattern.matches)


def numeric(terms: Sequence[tuple[str, float]]) -> Matcher:
    """A number for which all comparisons hold."""

    def matches(value: Any) -> bool:
        return (
            is_number(value)
            and abs(value) <= NUMBER_LIMIT
            and all(COMPARISONS[sign](value, bound) for sign, bound in terms)
        )

    return matches


def cidr(network: Network) -> Matcher:
    """A text that is an address of the network."""

    def matches(text: str) -> bool:
        try:
            return ipaddress.ip_address(text) in network
        except ValueError:
            return False

    return _of_text(matches)


def none_of(unwanted: Sequence[Matcher]) -> Matcher:
    """Any value but these."""
    return lambda value: not any(matches(value) for matches in unwanted)


def _of_text(matches: Callable[[str], bool]) -> Matcher:
    return lambda value: isinstance(value, str) and matches(value)
