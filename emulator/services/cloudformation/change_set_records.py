"""Change sets as the store keeps them, and what becomes of them when their stack moves on.

Source: "Execute a change set" in the CloudFormation User Guide: the other change sets of the stack
are not valid any more; ExecutionStatus in the API reference.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.cloudformation.records import CHANGE_SET, STACK, is_busy
from emulator.store import Document

_DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_AVAILABLE, _EXECUTED = "AVAILABLE", "EXECUTE_IN_PROGRESS"


def all_change_sets(context: Context) -> list[Document]:
    """The change sets of all stacks, oldest first."""
    return list(context.store.list(CHANGE_SET))


def is_in_progress(change_set: Mapping[str, Any]) -> bool:
    """Whether it is still being found out what the change set would do."""
    return bool(change_set["Status"] == "CREATE_IN_PROGRESS")


def change_sets_of(context: Context, stack_id: str) -> list[Document]:
    """The stack's change sets, oldest first."""
    return [each for each in context.store.list(CHANGE_SET) if each["StackId"] == stack_id]


def existing_change_set(context: Context, request: Mapping[str, Any]) -> Document:
    """The change set that ChangeSetName, an ARN or a name, and StackName say, as it is now.

    Raises:
        AwsError: ChangeSetNotFound.
    """
    name, stack = request["ChangeSetName"], request.get("StackName")
    for change_set in context.store.list(CHANGE_SET):
        is_of_stack = stack in (change_set["StackName"], change_set["StackId"])
        if change_set["ChangeSetId"] == name or (
            is_of_stack and change_set["ChangeSetName"] == name
        ):
            return _as_it_is(context, change_set)
    raise AwsError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)


def _as_it_is(context: Context, change_set: Document) -> Document:
    """One that is executed has got as far as its stack."""
    stack = context.store.get(STACK, change_set["StackId"])
    if change_set["ExecutionStatus"] != _EXECUTED or stack is None or is_busy(stack):
        return change_set
    is_done = stack["StackStatus"] in _DONE
    return change_set | {"ExecutionStatus": "EXECUTE_COMPLETE" if is_done else "EXECUTE_FAILED"}


def keep(context: Context, change_set: Document) -> None:
    """Keep the change set, new or changed."""
    context.store.put(CHANGE_SET, change_set["ChangeSetId"], change_set)


def outdate(context: Context, stack_id: str) -> None:
    """The stack changes by other means: what was planned for it as it was is not valid."""
    for change_set in change_sets_of(context, stack_id):
        found = _as_it_is(context, change_set)
        if found["ExecutionStatus"] == _AVAILABLE:
            found |= {"ExecutionStatus": "OBSOLETE"}
        keep(context, found)


def execute(context: Context, change_set: Document) -> None:
    """Mark the change set as being executed; the stack has no others any more."""
    for other in change_sets_of(context, change_set["StackId"]):
        if other["ChangeSetId"] != change_set["ChangeSetId"]:
            context.store.delete(CHANGE_SET, other["ChangeSetId"])
    keep(context, change_set | {"ExecutionStatus": _EXECUTED})
