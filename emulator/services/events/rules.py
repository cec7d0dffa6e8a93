"""Rules: a pattern or a schedule on a bus, from PutRule to DeleteRule."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError, validation_error
from emulator.json_text import read_json
from emulator.services.events import tags
from emulator.services.events.names import (
    DEFAULT_BUS,
    DISABLED,
    ENABLED,
    RULE,
    existing_bus,
    existing_rule,
    limit_exceeded,
    page,
    rule_arn,
    rule_key,
    rules_of,
)
from emulator.services.events.patterns import InvalidPattern, Pattern, matches, read_pattern
from emulator.services.events.schedules import InvalidSchedule, read_schedule
from emulator.store import Document

# Source: "Amazon EventBridge quotas", rules for each event bus.
_RULES_AT_MOST = 300
_GIVEN = ("EventPattern", "ScheduleExpression", "Description", "RoleArn")
# Source: TestEventPattern in the API reference, the fields that an event must have.
_EVENT_FIELDS = ("id", "account", "source", "time", "region", "resources", "detail-type")


def put_rule(context: Context, request: Request) -> Answer:
    """Make a rule, or put another in its place: its targets and its tags stay.

    Raises:
        AwsError: InvalidEventPatternException and ValidationException with every fault,
            ResourceNotFoundException for the bus, LimitExceededException.
    """
    bus = existing_bus(context, request.get("EventBusName"))["Name"]
    _check(request, bus)
    name = request["Name"]
    with context.store.transaction():
        present = context.store.get(RULE, rule_key(bus, name))
        if present is None and len(rules_of(context, bus)) >= _RULES_AT_MOST:
            raise limit_exceeded("The requested resource exceeds the maximum number allowed.")
        document = _document(context, request, bus, present)
        context.store.put(RULE, rule_key(bus, name), document)
    return {"RuleArn": document["Arn"]}


def _check(request: Request, bus: str) -> None:
    if "EventPattern" in request:
        checked_pattern(request["EventPattern"])
    faults = []
    if not request.get("EventPattern") and not request.get("ScheduleExpression"):
        faults.append("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if request.get("ScheduleExpression"):
        if bus != DEFAULT_BUS:
            faults.append("ScheduleExpression is supported only on the default event bus.")
        try:
            read_schedule(request["ScheduleExpression"])
        except InvalidSchedule as error:
            faults.append(f"Parameter ScheduleExpression is not valid. Reason: {error}")
    if faults:
        raise validation_error(" ".join(faults))


def checked_pattern(text: str) -> Pattern:
    """The pattern of the text.

    Raises:
        AwsError: InvalidEventPatternException with every fault.
    """
    try:
        return read_pattern(text)
    except InvalidPattern as error:
        raise AwsError(
            "InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}"
        ) from error


def _document(context: Context, request: Request, bus: str, present: Document | None) -> Document:
    name = request["Name"]
    document: Document = {
        "Name": name,
        "Arn": rule_arn(context, bus, name),
        "State": request.get("State", ENABLED),
        "EventBusName": bus,
        "CreatedBy": context.settings.account_id,
        **{key: request[key] for key in _GIVEN if request.get(key)},
    }
    if present is None:
        new_tags = tags.accepted({}, request.get("Tags", []))
        document |= {"_Targets": [], "_Tags": new_tags, "_ScheduleStart": context.clock()}
        return document
    kept = {key: present[key] for key in ("_Targets", "_Tags", "_ScheduleStart")}
    if present.get("ScheduleExpression") != document.get("ScheduleExpression"):
        kept["_ScheduleStart"] = context.clock()
    return document | kept


def describe_rule(context: Context, request: Request) -> Answer:
    """The rule without its targets."""
    return _shown(existing_rule(context, request))


def _shown(document: Document) -> dict[str, Any]:
    return {key: value for key, value in document.items() if not key.startswith("_")}


def list_rules(context: Context, request: Request) -> Answer:
    """The rules of a bus by name."""
    bus = existing_bus(context, request.get("EventBusName"))["Name"]
    prefix = request.get("NamePrefix", "")
    rules = [rule for rule in rules_of(context, bus) if rule["Name"].startswith(prefix)]
    found, token = page(request, "ListRules", sorted(rules, key=lambda rule: rule["Name"]), _listed)
    return {"Rules": found, "NextToken": token}


def _listed(document: Document) -> dict[str, Any]:
    """Source: botocore's shape Rule, which has no CreatedBy."""
    return {key: value for key, value in _shown(document).items() if key != "CreatedBy"}


def enable_rule(context: Context, request: Request) -> Answer:
    """Let the rule match again."""
    return _set_state(context, request, ENABLED)


def disable_rule(context: Context, request: Request) -> Answer:
    """Let the rule match nothing."""
    return _set_state(context, request, DISABLED)


def _set_state(context: Context, request: Request, state: str) -> Answer:
    rule = existing_rule(context, request)
    key = rule_key(rule["EventBusName"], rule["Name"])
    context.store.update(RULE, key, lambda document: document | {"State": state})
    return {}


def delete_rule(context: Context, request: Request) -> Answer:
    """Remove a rule that has no targets; one that is not there is no fault.

    Raises:
        AwsError: ValidationException when it has targets, ResourceNotFoundException for the bus.
    """
    bus = existing_bus(context, request.get("EventBusName"))["Name"]
    key = rule_key(bus, request["Name"])
    with context.store.transaction():
        rule = context.store.get(RULE, key)
        if rule is not None and rule["_Targets"]:
            raise validation_error("Rule can't be deleted since it has targets.")
        context.store.delete(RULE, key)
    return {}


def test_event_pattern(context: Context, request: Request) -> Answer:
    """Whether the pattern matches the event.

    Raises:
        AwsError: InvalidEventPatternException; ValidationException for what is no event.
    """
    pattern = checked_pattern(request["EventPattern"])
    try:
        event = read_json(request["Event"], is_strict=True)
    except ValueError as error:
        raise validation_error(f"Parameter Event is not valid. Reason: {error}") from error
    if not isinstance(event, dict):
        raise validation_error("Parameter Event is not valid. Reason: it is not a JSON object.")
    missing = [field for field in _EVENT_FIELDS if field not in event]
    if missing:
        raise validation_error(
            f"Parameter Event is not valid. Reason: the event has no {', '.join(missing)}."
        )
    return {"Result": matches(pattern, event)}


OPERATIONS: Mapping[str, Handler] = {
    "PutRule": put_rule,
    "DescribeRule": describe_rule,
    "ListRules": list_rules,
    "EnableRule": enable_rule,
    "DisableRule": disable_rule,
    "DeleteRule": delete_rule,
    "TestEventPattern": test_event_pattern,
}
