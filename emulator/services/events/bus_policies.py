"""A bus's policy, which is kept but not enforced: there is one account only."""

import json
from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError, validation_error
from emulator.json_text import read_json
from emulator.services.events.names import BUS, bus_key, existing_bus, not_found
from emulator.store import Document

# Source: PutPermission, "The permission policy on the event bus cannot exceed 10 KB in size".
_POLICY_CHARACTERS_AT_MOST = 10_240
_PUT_EVENTS = "events:PutEvents"

Statement = dict[str, Any]


def policy_text(bus: Document) -> str | None:
    """The bus's policy as JSON, if it has any statement."""
    statements = bus["_Statements"]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else None


def put_permission(context: Context, request: Request) -> Answer:
    """Add a statement to the bus's policy, or put a policy in its place.

    Raises:
        AwsError: ResourceNotFoundException, ValidationException, PolicyLengthExceededException.
    """
    bus = existing_bus(context, request.get("EventBusName"))
    if "Policy" in request:
        statements = _read_policy(request["Policy"])
    else:
        added = _statement(request, bus["Arn"])
        others = [each for each in bus["_Statements"] if each.get("Sid") != added["Sid"]]
        statements = [*others, added]
    if len(json.dumps(statements)) > _POLICY_CHARACTERS_AT_MOST:
        raise AwsError(
            "PolicyLengthExceededException",
            f"The event bus policy is longer than {_POLICY_CHARACTERS_AT_MOST} characters.",
        )
    _keep(context, bus["Name"], statements)
    return {}


def _read_policy(text: str) -> list[Statement]:
    try:
        content = read_json(text, is_strict=True)
    except ValueError as error:
        raise validation_error(f"This policy contains invalid Json: {error}") from error
    statements = content.get("Statement") if isinstance(content, dict) else None
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not all(isinstance(each, dict) for each in statements):
        raise validation_error("This policy contains no Statement: expected a list of statements.")
    return statements


def _statement(request: Request, bus_arn: str) -> Statement:
    faults = [
        f"Parameter {member} must be specified."
        for member in ("Principal", "StatementId")
        if member not in request
    ]
    if request.get("Action") != _PUT_EVENTS:
        faults.append(
            f"Provided value in parameter 'action' is not supported: expected {_PUT_EVENTS}, got"
            f" {request.get('Action')}."
        )
    principal, condition = request.get("Principal"), request.get("Condition")
    if condition and principal not in (None, "*"):
        faults.append(
            "Value of the parameter 'principal' must be '*' when the parameter 'condition' is set."
        )
    if faults:
        raise validation_error(" ".join(faults))
    statement: Statement = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": _PUT_EVENTS,
        "Resource": bus_arn,
    }
    if condition:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


def remove_permission(context: Context, request: Request) -> Answer:
    """Remove a statement of the bus's policy, or all of them.

    Raises:
        AwsError: ResourceNotFoundException when there is no policy, or no such statement.
    """
    bus = existing_bus(context, request.get("EventBusName"))
    if request.get("RemoveAllPermissions"):
        _keep(context, bus["Name"], [])
        return {}
    statements = bus["_Statements"]
    if not statements:
        raise not_found("EventBus does not have a policy.")
    kept = [each for each in statements if each.get("Sid") != request.get("StatementId")]
    if len(kept) == len(statements):
        raise not_found("Statement with the provided id does not exist.")
    _keep(context, bus["Name"], kept)
    return {}


def _keep(context: Context, name: str, statements: list[Statement]) -> None:
    changes = {"_Statements": statements, "LastModifiedTime": context.clock()}
    context.store.update(BUS, bus_key(name), lambda document: document | changes)


OPERATIONS: Mapping[str, Handler] = {
    "PutPermission": put_permission,
    "RemovePermission": remove_permission,
}
