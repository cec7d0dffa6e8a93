"""Event buses: the default one that every account has, and custom ones."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError, unsupported, validation_error
from emulator.services.events import tags
from emulator.services.events.bus_policies import policy_text
from emulator.services.events.names import (
    BUS,
    DEFAULT_BUS,
    bus_arn,
    bus_key,
    bus_name,
    existing_bus,
    limit_exceeded,
    page,
    rules_of,
)
from emulator.store import AlreadyExists, Document

# Source: "Amazon EventBridge quotas", event buses for each account and region.
_BUSES_AT_MOST = 100
_WITHOUT_EFFECT = {
    "EventSourceName": "there are no partner event sources",
    "KmsKeyIdentifier": "events are kept as they are",
    "DeadLetterConfig": "it is for events that a key of one's own does not decrypt",
}


def ensure_default_bus(context: Context) -> None:
    """Every account has a default event bus from the start."""
    with context.store.transaction():
        if context.store.get(BUS, bus_key(DEFAULT_BUS)) is None:
            context.store.insert(
                BUS, bus_key(DEFAULT_BUS), _document(context, {"Name": DEFAULT_BUS})
            )


def create_event_bus(context: Context, request: Request) -> Answer:
    """Make a custom bus.

    Raises:
        AwsError: ResourceAlreadyExistsException, LimitExceededException, ValidationException for a
            name with a slash or bad tags, UnsupportedByEmulator for what would have no effect.
    """
    name = request["Name"]
    _refuse_without_effect("CreateEventBus", request)
    if "/" in name:
        raise validation_error("Event bus name must not contain '/'.")
    document = {**_document(context, request), "_Tags": tags.accepted({}, request.get("Tags", []))}
    with context.store.transaction():
        if len(context.store.list(BUS)) >= _BUSES_AT_MOST:
            raise limit_exceeded("The requested resource exceeds the maximum number allowed.")
        try:
            context.store.insert(BUS, bus_key(name), document)
        except AlreadyExists as error:
            raise AwsError(
                "ResourceAlreadyExistsException", f"Event bus {name} already exists."
            ) from error
    return {"EventBusArn": document["Arn"], "Description": document.get("Description")}


def _document(context: Context, request: Request) -> Document:
    now = context.clock()
    document = {
        "Name": request["Name"],
        "Arn": bus_arn(context, request["Name"]),
        "CreationTime": now,
        "LastModifiedTime": now,
        "_Statements": [],
        "_Tags": {},
    }
    return document | {key: request[key] for key in ("Description",) if key in request}


def _refuse_without_effect(operation: str, request: Request) -> None:
    faults = [
        f"{operation} with {member} is not emulated: {reason}"
        for member, reason in _WITHOUT_EFFECT.items()
        if request.get(member)
    ]
    if request.get("LogConfig", {}).get("Level", "OFF") != "OFF":
        faults.append(f"{operation} with LogConfig is not emulated: buses write no logs")
    if faults:
        raise unsupported("; ".join(faults))


def update_event_bus(context: Context, request: Request) -> Answer:
    """Change a bus's description."""
    _refuse_without_effect("UpdateEventBus", request)
    name = existing_bus(context, request.get("Name"))["Name"]

    def change(document: Document) -> None:
        document["LastModifiedTime"] = context.clock()
        if "Description" in request:
            document["Description"] = request["Description"]

    return context.store.update(BUS, bus_key(name), change)


def describe_event_bus(context: Context, request: Request) -> Answer:
    """The bus with its policy."""
    return _shown(existing_bus(context, request.get("Name")))


def _shown(document: Document) -> dict[str, Any]:
    public = {key: value for key, value in document.items() if not key.startswith("_")}
    policy = policy_text(document)
    return public | ({"Policy": policy} if policy else {})


def list_event_buses(context: Context, request: Request) -> Answer:
    """The buses by name."""
    prefix = request.get("NamePrefix", "")
    buses = [bus for bus in context.store.list(BUS) if bus["Name"].startswith(prefix)]
    found, token = page(
        request, "ListEventBuses", sorted(buses, key=lambda bus: bus["Name"]), _shown
    )
    return {"EventBuses": found, "NextToken": token}


def delete_event_bus(context: Context, request: Request) -> Answer:
    """Remove a custom bus; one that is not there is no fault.

    Raises:
        AwsError: ValidationException for the default bus, and for one that has rules.
    """
    name = bus_name(context, request["Name"])
    if name == DEFAULT_BUS:
        raise validation_error("Cannot delete event bus default.")
    with context.store.transaction():
        rules = rules_of(context, name)
        if rules:
            named = ", ".join(rule["Name"] for rule in rules)
            raise validation_error(
                f"Event bus {name} can't be deleted since it has rules: {named}."
            )
        context.store.delete(BUS, bus_key(name))
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "CreateEventBus": create_event_bus,
    "UpdateEventBus": update_event_bus,
    "DescribeEventBus": describe_event_bus,
    "ListEventBuses": list_event_buses,
    "DeleteEventBus": delete_event_bus,
}
