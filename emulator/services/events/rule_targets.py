"""The targets of rules."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.services.events.names import (
    RULE,
    existing_bus,
    existing_rule,
    limit_exceeded,
    page,
    rule_key,
    rules_of,
)
from emulator.services.events.targets.checks import check_targets
from emulator.store import Document

# Source: PutTargets, "Each rule can have up to five (5) targets associated with it at one time".
_TARGETS_AT_MOST = 5


def put_targets(context: Context, request: Request) -> Answer:
    """Add targets to a rule, or put others in place of those of the same ids.

    Raises:
        AwsError: ResourceNotFoundException, LimitExceededException, ValidationException and
            UnsupportedByEmulator with every fault; then no target is kept.
    """
    rule = existing_rule(context, request, "Rule")
    check_targets(context, request["Targets"])

    def change(document: Document) -> None:
        by_id = {target["Id"]: target for target in document["_Targets"]}
        by_id |= {target["Id"]: target for target in request["Targets"]}
        if len(by_id) > _TARGETS_AT_MOST:
            raise limit_exceeded(
                f"A rule can have {_TARGETS_AT_MOST} targets; with these it would have"
                f" {len(by_id)}."
            )
        document["_Targets"] = list(by_id.values())

    context.store.update(RULE, _key(rule), change)
    return {"FailedEntryCount": 0, "FailedEntries": []}


def remove_targets(context: Context, request: Request) -> Answer:
    """Remove targets by id; an id that is not there is a failed entry.

    Source: botocore's shape RemoveTargetsResultEntry.
    """
    rule = existing_rule(context, request, "Rule")
    ids = set(request["Ids"])
    failed: list[dict[str, str]] = []

    def change(document: Document) -> None:
        known = {target["Id"] for target in document["_Targets"]}
        failed[:] = [
            {
                "TargetId": target_id,
                "ErrorCode": "ResourceNotFoundException",
                "ErrorMessage": f"Target {target_id} does not exist.",
            }
            for target_id in request["Ids"]
            if target_id not in known
        ]
        document["_Targets"] = [each for each in document["_Targets"] if each["Id"] not in ids]

    context.store.update(RULE, _key(rule), change)
    return {"FailedEntryCount": len(failed), "FailedEntries": failed}


def list_targets_by_rule(context: Context, request: Request) -> Answer:
    """The rule's targets."""
    rule = existing_rule(context, request, "Rule")
    list_name = f"ListTargetsByRule/{rule['Arn']}"
    found, token = page(request, list_name, rule["_Targets"], lambda target: target)
    return {"Targets": found, "NextToken": token}


def list_rule_names_by_target(context: Context, request: Request) -> Answer:
    """The names of the bus's rules that have the target."""
    bus = existing_bus(context, request.get("EventBusName"))["Name"]
    arn = request["TargetArn"]
    named = sorted(
        rule["Name"]
        for rule in rules_of(context, bus)
        if any(target["Arn"] == arn for target in rule["_Targets"])
    )
    found, token = page(request, f"ListRuleNamesByTarget/{arn}", named, lambda name: name)
    return {"RuleNames": found, "NextToken": token}


def _key(rule: Document) -> str:
    return rule_key(rule["EventBusName"], rule["Name"])


OPERATIONS: Mapping[str, Handler] = {
    "PutTargets": put_targets,
    "RemoveTargets": remove_targets,
    "ListTargetsByRule": list_targets_by_rule,
    "ListRuleNamesByTarget": list_rule_names_by_target,
}
