"""Operations on stacks begun: the stack in its new status, and a thread at work on it."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from emulator.context import Context, Request
from emulator.services.cloudformation.change_set_records import change_sets_of, outdate
from emulator.services.cloudformation.definitions import Definition, members_of_stack
from emulator.services.cloudformation.execution.creation import create_stack as make_stack
from emulator.services.cloudformation.execution.deletion import delete_stack as remove_stack
from emulator.services.cloudformation.execution.running import Operate, ask_to_end, start
from emulator.services.cloudformation.execution.update import update_stack as change_stack
from emulator.services.cloudformation.history import enter_stack
from emulator.services.cloudformation.records import (
    CHANGE_SET,
    DELETED,
    REVIEW,
    STACK,
    existing_stack,
    new_arn,
    stack_error,
)
from emulator.store import Document

# Source: StackName of CreateStack.
_STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
INITIATED = "User Initiated"
_UPDATABLE = (
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_COMPLETE",
)
# What an update changes of the stack itself, and a rollback puts back.
RESTORED = (
    "_Definition",
    "_Imports",
    "Capabilities",
    "Description",
    "Outputs",
    "Parameters",
    "RoleARN",
    "Tags",
)


def new_stack(context: Context, request: Request) -> Document:
    """A stack without a status and a definition.

    Raises:
        AwsError: ValidationError: it is to have what contradicts itself.
    """
    name = request["StackName"]
    if not _STACK_NAME.fullmatch(name):
        raise stack_error(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy "
            f"constraint: Member must satisfy regular expression pattern: {_STACK_NAME.pattern}"
        )
    if "OnFailure" in request and "DisableRollback" in request:
        raise stack_error("You can specify either DisableRollback or OnFailure, but not both.")
    stack: Document = {
        "StackId": new_arn(context, "stack", request["StackName"]),
        "StackName": request["StackName"],
        "CreationTime": context.clock(),
        "DisableRollback": on_failure_of(request) == "DO_NOTHING",
        "EnableTerminationProtection": request.get("EnableTerminationProtection", False),
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        "RollbackConfiguration": request.get("RollbackConfiguration", {}),
        "NotificationARNs": [],
        "Outputs": [],
        "_RequestToken": request.get("ClientRequestToken"),
        "_RequestKind": "CREATE",
    }
    kept = ("TimeoutInMinutes", "RetainExceptOnCreate")
    return stack | {key: request[key] for key in kept if key in request}


def described(request: Request, definition: Definition) -> Document:
    """The members of a stack that tell of what it is to be."""
    members: Document = {
        **members_of_stack(definition),
        "Capabilities": request.get("Capabilities", []),
    }
    return members | ({"RoleARN": request["RoleARN"]} if "RoleARN" in request else {})


def on_failure_of(request: Request) -> str:
    """What is to become of a stack that cannot be made."""
    if request.get("DisableRollback"):
        return "DO_NOTHING"
    return str(request.get("OnFailure", request.get("OnStackFailure", "ROLLBACK")))


def begin_creation(
    context: Context,
    stack: Mapping[str, Any],
    request: Request,
    definition: Definition,
    change_set_id: str,
) -> None:
    """Move a stack that a change set was made for to CREATE_IN_PROGRESS and begin.

    Raises:
        AwsError: ValidationError: another caller was quicker.
    """
    on_failure = on_failure_of(request)
    members = described(request, definition) | {
        "ChangeSetId": change_set_id,
        "DisableRollback": on_failure == "DO_NOTHING",
        "RetainExceptOnCreate": bool(request.get("RetainExceptOnCreate")),
        "_OnFailure": on_failure,
        "_RequestToken": request.get("ClientRequestToken"),
        "_RequestKind": "CREATE",
    }
    with context.store.transaction():
        status = existing_stack(context, stack["StackId"])["StackStatus"]
        if status != REVIEW:
            raise stack_error(
                f"Stack:{stack['StackId']} is in {status} state and can not be created."
            )
        enter_stack(context, stack["StackId"], "CREATE_IN_PROGRESS", INITIATED, **members)
    start(context, stack["StackId"], make_stack)


def check_updatable(stack: Mapping[str, Any]) -> None:
    """Refuse an update where the stack's status does not allow it.

    Raises:
        AwsError: ValidationError.
    """
    if stack["StackStatus"] not in _UPDATABLE:
        raise stack_error(
            f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not be updated."
        )


def begin_update(
    context: Context,
    stack: Mapping[str, Any],
    request: Request,
    definition: Definition,
    work: Operate = change_stack,
    **members: Any,
) -> None:
    """Move the stack to UPDATE_IN_PROGRESS and begin.

    Raises:
        AwsError: ValidationError: another caller was quicker.
    """
    stack_id = stack["StackId"]
    with context.store.transaction():
        current = existing_stack(context, stack_id)
        check_updatable(current)
        outdate(context, stack_id)
        restored = {key: current.get(key) for key in RESTORED}
        enter_stack(
            context,
            stack_id,
            "UPDATE_IN_PROGRESS",
            INITIATED,
            **described(request, definition),
            **members,
            DisableRollback=bool(request.get("DisableRollback")),
            RetainExceptOnCreate=bool(request.get("RetainExceptOnCreate")),
            LastUpdatedTime=context.clock(),
            _RequestToken=request.get("ClientRequestToken"),
            _RequestKind="UPDATE",
            _Previous=current.get("_Previous") or restored,
        )
    start(context, stack_id, work)


def delete_instead(context: Context, stack: Mapping[str, Any]) -> None:
    """End the creation that is under way, which then removes what it has made."""

    def change(document: Document) -> None:
        document |= {"_OnFailure": "DELETE", "_IsUnwanted": True}

    context.store.update(STACK, stack["StackId"], change)
    ask_to_end(context, stack["StackId"])


def begin_deletion(
    context: Context,
    stack: Mapping[str, Any],
    retained: Sequence[str] = (),
    token: str | None = None,
) -> None:
    """Move the stack to DELETE_IN_PROGRESS and begin; one to review has nothing to remove."""
    if stack["StackStatus"] == REVIEW:
        for change_set in change_sets_of(context, stack["StackId"]):
            context.store.delete(CHANGE_SET, change_set["ChangeSetId"])
        enter_stack(context, stack["StackId"], DELETED, DeletionTime=context.clock())
        return
    enter_stack(
        context,
        stack["StackId"],
        "DELETE_IN_PROGRESS",
        INITIATED,
        _StatusBefore=stack["StackStatus"],
        _RequestToken=token,
        _RequestKind="DELETE",
    )
    start(context, stack["StackId"], partial(remove_stack, retained=retained))
