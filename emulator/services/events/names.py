"""Buses and rules: how they are kept, named and missed."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from emulator.context import Context, Request
from emulator.errors import AwsError, validation_error
from emulator.page_tokens import NotOurs, entry_before, token_after
from emulator.store import Document

BUS = "EventBus"
RULE = "EventRule"
DEFAULT_BUS = "default"
ENABLED, DISABLED = "ENABLED", "DISABLED"

_PAGE_SIZE = 100
_BUS_ARN = re.compile(r"arn:aws[\w-]*:events:([\w-]+):(\d{12}):event-bus/(.+)")
_RULE_ARN = re.compile(r"arn:aws[\w-]*:events:[\w-]+:\d{12}:rule/(?:([^/]+)/)?([^/]+)")


def bus_key(name: str) -> str:
    """The name of a bus in the store, which takes names in any case for the same; AWS does not."""
    return name.encode().hex()


def rule_key(bus: str, rule: str) -> str:
    """The name of a rule in the store."""
    return f"{bus_key(bus)}/{rule.encode().hex()}"


def bus_arn(context: Context, name: str) -> str:
    """The ARN of a bus."""
    settings = context.settings
    return f"arn:aws:events:{settings.region}:{settings.account_id}:event-bus/{name}"


def rule_arn(context: Context, bus: str, name: str) -> str:
    """The ARN of a rule, which does not name the default bus."""
    settings = context.settings
    place = name if bus == DEFAULT_BUS else f"{bus}/{name}"
    return f"arn:aws:events:{settings.region}:{settings.account_id}:rule/{place}"


def not_found(message: str) -> AwsError:
    """The answer to what is not there."""
    return AwsError("ResourceNotFoundException", message)


def limit_exceeded(message: str) -> AwsError:
    """The answer to one too many."""
    return AwsError("LimitExceededException", message)


def bus_name(context: Context, name_or_arn: str | None) -> str:
    """The name of the bus of a request, the default one if it names none.

    Raises:
        AwsError: ResourceNotFoundException for the ARN of a bus of another account or region.
    """
    if name_or_arn is None:
        return DEFAULT_BUS
    match = _BUS_ARN.fullmatch(name_or_arn)
    if match is None:
        return name_or_arn
    settings = context.settings
    if (match[1], match[2]) != (settings.region, settings.account_id):
        raise not_found(f"Event bus {name_or_arn} does not exist.")
    return match[3]


def existing_bus(context: Context, name_or_arn: str | None) -> Document:
    """The document of a bus.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    name = bus_name(context, name_or_arn)
    bus = context.store.get(BUS, bus_key(name))
    if bus is None:
        raise not_found(f"Event bus {name} does not exist.")
    return bus


def existing_rule(context: Context, request: Request, member: str = "Name") -> Document:
    """The rule that a request names by ``member`` and EventBusName.

    Raises:
        AwsError: ResourceNotFoundException for the bus, or the rule.
    """
    bus, name = existing_bus(context, request.get("EventBusName"))["Name"], request[member]
    rule = context.store.get(RULE, rule_key(bus, name))
    if rule is None:
        raise not_found(f"Rule {name} does not exist on EventBus {bus}.")
    return rule


def rules_of(context: Context, bus: str) -> list[Document]:
    """The rules of a bus, the oldest first."""
    return context.store.list(RULE, f"{bus_key(bus)}/")


def tagged_resource(context: Context, arn: str) -> tuple[str, str]:
    """The kind and the name in the store of what the ARN names.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    rule, bus = _RULE_ARN.fullmatch(arn), _BUS_ARN.fullmatch(arn)
    found = None
    if rule:
        found = RULE, rule_key(rule[1] or DEFAULT_BUS, rule[2])
    elif bus:
        found = BUS, bus_key(bus[3])
    if found is None or context.store.get(*found) is None:
        raise not_found(f"Resource {arn} does not exist.")
    return found


def page(
    request: Request, list_name: str, entries: Sequence[Any], show: Callable[[Any], Any]
) -> tuple[list[Any], str | None]:
    """One page of a list by the request's Limit and NextToken, and the token of the next.

    Raises:
        AwsError: ValidationException for a token that this list did not give.
    """
    token, start = request.get("NextToken"), 0
    try:
        start = int(entry_before(list_name, token)) if token else 0
    except NotOurs as error:
        raise validation_error("Parameter NextToken is not valid.") from error
    end = start + request.get("Limit", _PAGE_SIZE)
    following = token_after(list_name, str(end)) if end < len(entries) else None
    return [show(each) for each in entries[start:end]], following
