"""Statuses of stacks and resources: each change is an event of the stack and one for EventBridge.

Source: DescribeStackEvents; "Stack Status Change event detail" and "Resource Status Change event
detail" in the CloudFormation User Guide.
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.services.cloudformation.records import (
    EVENT,
    RESOURCE,
    STACK,
    STACK_TYPE,
    resource_name,
)
from emulator.services.events.outbox import emit
from emulator.store import Document

_SOURCE = "aws.cloudformation"


def enter_stack(
    context: Context, stack_id: str, status: str, reason: str | None = None, **members: Any
) -> Document:
    """Move the stack to a status and keep the event; ``members`` are changed with it."""

    def enter(stack: Document) -> None:
        stack.update(members)
        stack["StackStatus"] = status
        stack["StackStatusReason"] = reason

    with context.store.transaction():
        stack = context.store.update(STACK, stack_id, enter)
        tell_of_stack(context, stack)
    return stack


def tell_of_stack(context: Context, stack: Document) -> None:
    """Keep the event of the status that the stack has; within the transaction of its change."""
    status, reason = stack["StackStatus"], stack.get("StackStatusReason")
    _keep(
        context,
        stack,
        {
            "EventId": str(uuid.uuid4()),
            "LogicalResourceId": stack["StackName"],
            "PhysicalResourceId": stack["StackId"],
            "ResourceType": STACK_TYPE,
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
        },
    )
    detail = {
        "stack-id": stack["StackId"],
        "status-details": {"status": status, "status-reason": reason or ""},
        "client-request-token": stack.get("_RequestToken") or "",
    }
    resources = [stack["StackId"]]
    emit(context, _SOURCE, "CloudFormation Stack Status Change", resources, detail)


def enter_resource(
    context: Context, stack: Document, logical_id: str, status: str, reason: str | None = None
) -> Document:
    """Move a resource to a status and keep the event."""

    def enter(resource: Document) -> None:
        resource["ResourceStatus"] = status
        resource["ResourceStatusReason"] = reason
        resource["LastUpdatedTimestamp"] = context.clock()

    name = resource_name(stack["StackId"], logical_id)
    with context.store.transaction():
        resource = context.store.update(RESOURCE, name, enter)
        tell_of_resource(context, stack, resource, status, reason)
    return resource


def tell_of_resource(
    context: Context, stack: Document, resource: Mapping[str, Any], status: str, reason: str | None
) -> None:
    """Keep an event of a resource, which may be one that is being replaced."""
    logical_id, physical_id = resource["LogicalResourceId"], resource.get("PhysicalResourceId")
    with context.store.transaction():
        _keep(
            context,
            stack,
            {
                "EventId": f"{logical_id}-{status}-{uuid.uuid4()}",
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": physical_id or "",
                "ResourceType": resource["ResourceType"],
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "ResourceProperties": json.dumps(resource.get("_Shown", {})),
            },
        )
        detail = {
            "stack-id": stack["StackId"],
            "logical-resource-id": logical_id,
            "physical-resource-id": physical_id or "",
            "status-details": {"status": status, "status-reason": reason or ""},
            "resource-type": resource["ResourceType"],
            "client-request-token": stack.get("_RequestToken") or "",
        }
        resources = [stack["StackId"]]
        emit(context, _SOURCE, "CloudFormation Resource Status Change", resources, detail)


def _keep(context: Context, stack: Document, members: dict[str, Any]) -> None:
    number = context.store.next_number(EVENT)
    event = {
        "StackId": stack["StackId"],
        "StackName": stack["StackName"],
        "Timestamp": context.clock(),
        "ClientRequestToken": stack.get("_RequestToken"),
        **members,
    }
    context.store.insert(EVENT, f"{stack['StackId']}|{number:012d}", event)


def events_of(context: Context, stack_id: str) -> list[Document]:
    """The stack's events, newest first."""
    return context.store.list(EVENT, f"{stack_id}|")[::-1]
