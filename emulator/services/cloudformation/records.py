"""Stacks, their resources and their change sets as the store keeps them."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.store import Document

STACK = "CloudFormationStack"
RESOURCE = "CloudFormationResource"
EVENT = "CloudFormationEvent"
CHANGE_SET = "CloudFormationChangeSet"

DELETED = "DELETE_COMPLETE"
REVIEW = "REVIEW_IN_PROGRESS"
STACK_TYPE = "AWS::CloudFormation::Stack"
MACRO_TYPE = "AWS::CloudFormation::Macro"
_GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")


def stack_error(message: str) -> AwsError:
    """The error of nearly everything that is wrong with a stack."""
    return AwsError("ValidationError", message)


def new_arn(context: Context, kind: str, name: str) -> str:
    """The ARN of a new stack or change set."""
    settings = context.settings
    place = f"{settings.region}:{settings.account_id}"
    return f"arn:aws:cloudformation:{place}:{kind}/{name}/{uuid.uuid4()}"


def is_busy(stack: Mapping[str, Any]) -> bool:
    """Whether an operation on the stack is under way."""
    status: str = stack["StackStatus"]
    return status.endswith("_IN_PROGRESS") and status != REVIEW


def find_stack(context: Context, name_or_id: str) -> Document | None:
    """The stack of that id, or the one that has that name and is not deleted."""
    if name_or_id.startswith("arn:"):
        return context.store.get(STACK, name_or_id)
    settings = context.settings
    prefix = f"arn:aws:cloudformation:{settings.region}:{settings.account_id}:stack/{name_or_id}/"
    for stack in context.store.list(STACK, prefix):
        if stack["StackName"] == name_or_id and stack["StackStatus"] != DELETED:
            return stack
    return None


def existing_stack(context: Context, name_or_id: str) -> Document:
    """As ``find_stack``.

    Raises:
        AwsError: ValidationError: there is none.
    """
    stack = find_stack(context, name_or_id)
    if stack is None:
        raise stack_error(f"Stack with id {name_or_id} does not exist")
    return stack


def all_stacks(context: Context) -> Sequence[Document]:
    """All stacks, those that are deleted too, oldest first."""
    return context.store.list(STACK)


def resource_name(stack_id: str, logical_id: str) -> str:
    """The name under which the store keeps a resource of a stack."""
    return f"{stack_id}|{logical_id}"


def resources_of(context: Context, stack_id: str) -> dict[str, Document]:
    """The stack's resources by logical id, oldest first."""
    found = context.store.list(RESOURCE, f"{stack_id}|")
    return {each["LogicalResourceId"]: each for each in found}


def find_macro(context: Context, name: str) -> Document | None:
    """The resource that is the macro of that name, whichever stack has it."""
    for resource in context.store.list(RESOURCE):
        is_there = resource.get("ResourceStatus") not in _GONE
        is_macro = resource["ResourceType"] == MACRO_TYPE
        if is_macro and is_there and resource.get("PhysicalResourceId") == name:
            return resource
    return None
