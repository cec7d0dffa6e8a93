"""Stacks that a service makes, changes and deletes for its caller, by CloudFormation's API.

The functions wait, so they are for worker threads. Each of them can be called again after the
process was killed: a stack that was begun with the same token goes on.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from emulator.context import Context
from emulator.services.clients import client

CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.02, 0.5
_CANCELLED = "cancelled"
_NOTHING_TO_UPDATE = "No updates are to be performed"


@dataclass(frozen=True)
class StackOrder:
    """What a stack is to be.

    Attributes:
        token: The same for all attempts at one change.
        parameters: As CloudFormation takes them.
    """

    name: str
    token: str
    template_url: str
    parameters: Sequence[Mapping[str, Any]]
    tags: Sequence[Mapping[str, str]]
    role_arn: str | None = None
    notification_arns: Sequence[str] = ()


@dataclass(frozen=True)
class StackOutcome:
    """What became of a stack.

    Attributes:
        stack_id: None if there never was one.
        status: CloudFormation's; DELETE_COMPLETE for a stack that is gone.
        outputs: As CloudFormation tells them.
        reason: Why it failed: of each resource that did, not only because another had.
    """

    stack_id: str | None
    status: str
    outputs: Sequence[Mapping[str, str]]
    reason: str


class StackRefused(Exception):
    """CloudFormation did not even begin; the message is its own."""


def create(context: Context, order: StackOrder) -> StackOutcome:
    """Make a stack and wait for its end.

    Raises:
        StackRefused: CloudFormation did not begin.
    """
    try:
        _call(context, "create_stack", **_request(order))
    except ClientError as error:
        if error.response["Error"]["Code"] != "AlreadyExistsException":
            raise _refused(error) from error
    return wait(context, order.name)


def update(context: Context, order: StackOrder) -> StackOutcome:
    """Change a stack and wait for its end; one that is as ordered already is left alone.

    Raises:
        StackRefused: CloudFormation did not begin.
    """
    try:
        _call(context, "update_stack", **_request(order))
    except ClientError as error:
        message = error.response["Error"]["Message"]
        is_begun = _NOTHING_TO_UPDATE in message or "_IN_PROGRESS" in message
        if not is_begun:
            raise _refused(error) from error
    return wait(context, order.name)


def delete(context: Context, name: str) -> StackOutcome:
    """Delete a stack and wait for its end; one that is gone already is deleted.

    Raises:
        StackRefused: CloudFormation did not begin.
    """
    found = _describe(context, name)
    if found is None:
        return StackOutcome(None, "DELETE_COMPLETE", (), "")
    try:
        _call(context, "delete_stack", StackName=name)
    except ClientError as error:
        raise _refused(error) from error
    # By its id, as a deleted stack is not found by its name.
    return wait(context, found["StackId"])


def wait(context: Context, name: str) -> StackOutcome:
    """Wait until a stack is in progress no more."""
    seconds = _FIRST_WAIT_SECONDS
    while True:
        found = _describe(context, name)
        if found is None:
            return StackOutcome(None, "DELETE_COMPLETE", (), "")
        if not found["StackStatus"].endswith("_IN_PROGRESS"):
            return StackOutcome(
                found["StackId"],
                found["StackStatus"],
                found.get("Outputs", ()),
                _reason(context, found),
            )
        time.sleep(seconds)
        seconds = min(2 * seconds, _LONGEST_WAIT_SECONDS)


def _request(order: StackOrder) -> dict[str, Any]:
    role = {} if order.role_arn is None else {"RoleARN": order.role_arn}
    return {
        "StackName": order.name,
        "TemplateURL": order.template_url,
        "Parameters": list(order.parameters),
        "Tags": list(order.tags),
        "Capabilities": list(CAPABILITIES),
        "NotificationARNs": list(order.notification_arns),
        "ClientRequestToken": order.token,
        **role,
    }


def _describe(context: Context, name: str) -> dict[str, Any] | None:
    try:
        answer = _call(context, "describe_stacks", StackName=name)
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
    found: dict[str, Any] = answer["Stacks"][0]
    return found


def _reason(context: Context, stack: Mapping[str, Any]) -> str:
    """Why the stack's last change failed, by its events; the stack's own reason without any."""
    if stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"):
        return ""
    reasons: list[str] = []
    for event in _events(context, stack["StackId"]):
        if _is_begin(event):
            break
        said = event.get("ResourceStatusReason", "")
        is_cause = event["ResourceStatus"].endswith("_FAILED") and _CANCELLED not in said
        if said and is_cause and event.get("PhysicalResourceId") != event["StackId"]:
            reasons.append(f"{event['LogicalResourceId']} ({event['ResourceType']}): {said}")
    return "; ".join(reversed(reasons)) or str(stack.get("StackStatusReason", ""))


def _events(context: Context, stack_id: str) -> Iterator[Mapping[str, Any]]:
    """The stack's events, newest first."""
    token: dict[str, str] = {}
    while True:
        answer = _call(context, "describe_stack_events", StackName=stack_id, **token)
        yield from answer["StackEvents"]
        if "NextToken" not in answer:
            return
        token = {"NextToken": answer["NextToken"]}


def _call(context: Context, operation: str, **parameters: Any) -> Any:
    """Call CloudFormation, however long its answer takes.

    An emulator that ends hears its own threads no more: the next one goes on with their work.
    """
    while True:
        try:
            return getattr(client(context, "cloudformation"), operation)(**parameters)
        except (ConnectionError, HTTPClientError):
            time.sleep(_LONGEST_WAIT_SECONDS)


def _is_begin(event: Mapping[str, Any]) -> bool:
    """Whether the change began with this event: what lies before is of another."""
    statuses = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")
    is_stack = event.get("PhysicalResourceId") == event["StackId"]
    return is_stack and event["ResourceStatus"] in statuses


def _refused(error: ClientError) -> StackRefused:
    return StackRefused(error.response["Error"]["Message"])
