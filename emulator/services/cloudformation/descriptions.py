"""What is told of stacks, their resources and their events."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.page_tokens import NotOurs, entry_before, token_after
from emulator.services.cloudformation.history import events_of
from emulator.services.cloudformation.records import (
    DELETED,
    all_stacks,
    existing_stack,
    resources_of,
    stack_error,
)
from emulator.store import Document

_STACKS_A_PAGE = 100
_EVENTS_A_PAGE = 100


def page(
    items: Sequence[Mapping[str, Any]], request: Request, list_name: str, size: int
) -> tuple[list[Mapping[str, Any]], dict[str, str]]:
    """One page of a list and, where it goes on, the member that tells so.

    Raises:
        AwsError: ValidationError: NextToken is none that the list gave.
    """
    start = 0
    if "NextToken" in request:
        try:
            start = int(entry_before(list_name, request["NextToken"]))
        except NotOurs as error:
            raise stack_error(
                f"NextToken {request['NextToken']!r} is none of this list."
            ) from error
    end = start + size
    more = {"NextToken": token_after(list_name, str(end))} if end < len(items) else {}
    return list(items[start:end]), more


def describe_stacks(context: Context, request: Request) -> Answer:
    """The stacks, those that are deleted only by their id."""
    if "StackName" in request:
        return {"Stacks": [existing_stack(context, request["StackName"])]}
    living = [stack for stack in all_stacks(context) if stack["StackStatus"] != DELETED]
    shown, more = page(living[::-1], request, "DescribeStacks", _STACKS_A_PAGE)
    return {"Stacks": shown, **more}


def list_stacks(context: Context, request: Request) -> Answer:
    """Summaries of the stacks, those that are deleted too, newest first."""
    statuses = request.get("StackStatusFilter")
    found = [
        {**stack, "TemplateDescription": stack.get("Description")}
        for stack in all_stacks(context)[::-1]
        if not statuses or stack["StackStatus"] in statuses
    ]
    shown, more = page(found, request, "ListStacks", _STACKS_A_PAGE)
    return {"StackSummaries": shown, **more}


def describe_stack_events(context: Context, request: Request) -> Answer:
    """The events of a stack, newest first."""
    stack = _stack(context, request)
    found = events_of(context, stack["StackId"])
    shown, more = page(found, request, "DescribeStackEvents", _EVENTS_A_PAGE)
    return {"StackEvents": shown, **more}


def _stack(context: Context, request: Request) -> Document:
    return existing_stack(context, request["StackName"])


def _shown(stack: Document, resource: Document) -> Document:
    return {
        **resource,
        "StackId": stack["StackId"],
        "StackName": stack["StackName"],
        "Timestamp": resource["LastUpdatedTimestamp"],
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        "Metadata": json.dumps(resource["_Metadata"]) if resource.get("_Metadata") else None,
    }


def _resources(context: Context, stack: Document) -> list[Document]:
    found = resources_of(context, stack["StackId"]).values()
    return [_shown(stack, each) for each in found if "ResourceStatus" in each]


def describe_stack_resource(context: Context, request: Request) -> Answer:
    """One resource of a stack.

    Raises:
        AwsError: ValidationError: the stack or the resource is not there.
    """
    stack = _stack(context, request)
    logical_id = request["LogicalResourceId"]
    for resource in _resources(context, stack):
        if resource["LogicalResourceId"] == logical_id:
            return {"StackResourceDetail": resource}
    raise stack_error(f"Resource {logical_id} does not exist for stack {stack['StackName']}")


def describe_stack_resources(context: Context, request: Request) -> Answer:
    """The resources of a stack, or of the one that has a physical resource.

    Raises:
        AwsError: ValidationError: there is no such stack, or both or neither are asked for.
    """
    physical_id = request.get("PhysicalResourceId")
    if ("StackName" in request) == (physical_id is not None):
        raise stack_error("Exactly one of StackName and PhysicalResourceId must be specified.")
    if physical_id is None:
        found = _resources(context, _stack(context, request))
    else:
        found = _beside(context, physical_id)
    logical_id = request.get("LogicalResourceId")
    chosen = [each for each in found if logical_id in (None, each["LogicalResourceId"])]
    return {"StackResources": chosen}


def _beside(context: Context, physical_id: str) -> list[Document]:
    for stack in all_stacks(context):
        found = _resources(context, stack) if stack["StackStatus"] != DELETED else []
        if any(each.get("PhysicalResourceId") == physical_id for each in found):
            return found
    raise stack_error(f"Stack for {physical_id} does not exist")


def list_stack_resources(context: Context, request: Request) -> Answer:
    """Summaries of a stack's resources."""
    found = _resources(context, _stack(context, request))
    shown, more = page(found, request, "ListStackResources", _STACKS_A_PAGE)
    return {"StackResourceSummaries": shown, **more}


OPERATIONS: Mapping[str, Handler] = {
    "DescribeStacks": describe_stacks,
    "ListStacks": list_stacks,
    "DescribeStackEvents": describe_stack_events,
    "DescribeStackResource": describe_stack_resource,
    "DescribeStackResources": describe_stack_resources,
    "ListStackResources": list_stack_resources,
}
