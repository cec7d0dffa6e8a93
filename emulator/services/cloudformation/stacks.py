"""Stacks: created, updated and deleted."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError
from emulator.services.cloudformation.change_set_records import change_sets_of, outdate
from emulator.services.cloudformation.definitions import (
    Definition,
    from_document,
    shown_parameters,
    shown_tags,
    to_document,
)
from emulator.services.cloudformation.execution.creation import create_stack as make_stack
from emulator.services.cloudformation.execution.deletion import delete_stack as remove_stack
from emulator.services.cloudformation.execution.rollback import roll_back
from emulator.services.cloudformation.execution.running import ask_to_end, start
from emulator.services.cloudformation.execution.update import update_stack as change_stack
from emulator.services.cloudformation.history import enter_stack, tell_of_stack
from emulator.services.cloudformation.plan import has_changes
from emulator.services.cloudformation.records import (
    CHANGE_SET,
    DELETED,
    REVIEW,
    STACK,
    existing_stack,
    find_stack,
    is_busy,
    new_arn,
    resources_of,
    stack_error,
)
from emulator.services.cloudformation.requests import check_request, wanted
from emulator.store import Document

_INITIATED = "User Initiated"
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
    "NotificationARNs",
    "Outputs",
    "Parameters",
    "RoleARN",
    "Tags",
)


@blocking
def create_stack(context: Context, request: Request) -> Answer:
    """Begin to make the resources of a template.

    Raises:
        AwsError: AlreadyExistsException; all that ``requests.wanted`` raises.
    """
    name = request["StackName"]
    present = find_stack(context, name)
    if present is not None:
        if _is_repeated(present, request, "CREATE"):
            return {"StackId": present["StackId"]}
        raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
    stack = new_stack(context, request)
    definition = wanted(context, request, stack)
    stack |= {"StackStatus": "CREATE_IN_PROGRESS", "StackStatusReason": _INITIATED}
    stack |= described(request, definition) | {"_OnFailure": _on_failure(request)}
    with context.store.transaction():
        if find_stack(context, name) is not None:
            raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
        context.store.insert(STACK, stack["StackId"], stack)
        tell_of_stack(context, stack)
    start(context, stack["StackId"], make_stack, request.get("TimeoutInMinutes"))
    return {"StackId": stack["StackId"]}


def new_stack(context: Context, request: Request) -> Document:
    """A stack without a status and a definition.

    Raises:
        AwsError: ValidationError: it is to have what contradicts itself.
    """
    if "OnFailure" in request and "DisableRollback" in request:
        raise stack_error("You can specify either DisableRollback or OnFailure, but not both.")
    stack: Document = {
        "StackId": new_arn(context, "stack", request["StackName"]),
        "StackName": request["StackName"],
        "CreationTime": context.clock(),
        "DisableRollback": _on_failure(request) == "DO_NOTHING",
        "EnableTerminationProtection": request.get("EnableTerminationProtection", False),
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        "RollbackConfiguration": request.get("RollbackConfiguration", {}),
        "NotificationARNs": request.get("NotificationARNs", []),
        "Outputs": [],
        "_RequestToken": request.get("ClientRequestToken"),
        "_RequestKind": "CREATE",
    }
    kept = ("TimeoutInMinutes", "RetainExceptOnCreate", "ParentId", "RootId")
    return stack | {key: request[key] for key in kept if key in request}


def described(request: Request, definition: Definition) -> Document:
    """The members of a stack that tell of what it is to be."""
    members: Document = {
        "_Definition": to_document(definition),
        "Description": definition.template.description,
        "Parameters": shown_parameters(definition),
        "Tags": shown_tags(definition.tags),
        "Capabilities": request.get("Capabilities", []),
    }
    kept = ("NotificationARNs", "RoleARN")
    return members | {key: request[key] for key in kept if key in request}


def _on_failure(request: Request) -> str:
    if request.get("DisableRollback"):
        return "DO_NOTHING"
    return str(request.get("OnFailure", request.get("OnStackFailure", "ROLLBACK")))


def _is_repeated(stack: Mapping[str, Any], request: Request, kind: str) -> bool:
    """Whether the request is one that was heard already.

    Raises:
        AwsError: TokenAlreadyExistsException: the token was another request's.
    """
    token = request.get("ClientRequestToken")
    if token is None or token != stack.get("_RequestToken"):
        return False
    if stack.get("_RequestKind") == kind:
        return True
    raise AwsError(
        "TokenAlreadyExistsException", f"Operation token {token} was used for another operation."
    )


@blocking
def update_stack(context: Context, request: Request) -> Answer:
    """Begin to change a stack to another definition.

    Raises:
        AwsError: ValidationError: its status does not allow it, or nothing would change; all that
            ``requests.wanted`` raises.
    """
    stack = existing_stack(context, request["StackName"])
    if _is_repeated(stack, request, "UPDATE"):
        return {"StackId": stack["StackId"]}
    check_updatable(stack)
    previous = from_document(stack["_Definition"])
    definition = wanted(context, request, stack, previous)
    if not has_changes(context, stack, previous, definition):
        raise stack_error("No updates are to be performed.")
    begin_update(context, stack, request, definition)
    return {"StackId": stack["StackId"]}


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
            _INITIATED,
            **described(request, definition),
            **members,
            DisableRollback=bool(request.get("DisableRollback")),
            LastUpdatedTime=context.clock(),
            _RequestToken=request.get("ClientRequestToken"),
            _RequestKind="UPDATE",
            _Previous=current.get("_Previous") or restored,
        )
    start(context, stack_id, change_stack)


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
    on_failure = _on_failure(request)
    members = described(request, definition) | {
        "ChangeSetId": change_set_id,
        "DisableRollback": on_failure == "DO_NOTHING",
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
        enter_stack(context, stack["StackId"], "CREATE_IN_PROGRESS", _INITIATED, **members)
    start(context, stack["StackId"], make_stack)


def delete_stack(context: Context, request: Request) -> Answer:
    """Begin to remove a stack; of one that is not there, or being deleted, nothing is done.

    Raises:
        AwsError: ValidationError: it is protected or busy, or RetainResources does not fit.
    """
    stack = find_stack(context, request["StackName"])
    if stack is None or stack["StackStatus"] in (DELETED, "DELETE_IN_PROGRESS"):
        return {}
    if request.get("DeletionMode", "STANDARD") != "STANDARD":
        raise stack_error("DeletionMode FORCE_DELETE_STACK is not emulated.")
    retained = request.get("RetainResources", [])
    _check_deletable(context, stack, retained)
    begin_deletion(context, stack, retained, request.get("ClientRequestToken"))
    return {}


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
        _INITIATED,
        _StatusBefore=stack["StackStatus"],
        _RequestToken=token,
        _RequestKind="DELETE",
    )
    start(context, stack["StackId"], partial(remove_stack, retained=retained))


def _check_deletable(context: Context, stack: Document, retained: Sequence[str]) -> None:
    name, status = stack["StackName"], stack["StackStatus"]
    if stack["EnableTerminationProtection"]:
        raise stack_error(
            f"Stack [{name}] cannot be deleted while TerminationProtection is enabled"
        )
    if is_busy(stack):
        raise stack_error(f"Stack [{name}] is in {status} state and can not be deleted.")
    if retained and status != "DELETE_FAILED":
        raise stack_error(
            f"Invalid operation on stack [{name}]. RetainResources can only be specified for a"
            " stack in the DELETE_FAILED state."
        )
    unknown = sorted(set(retained) - resources_of(context, stack["StackId"]).keys())
    if unknown:
        raise stack_error(f"The stack [{name}] has no resources [{', '.join(unknown)}] to retain.")


def cancel_update_stack(context: Context, request: Request) -> Answer:
    """End the update that is under way; what it did is rolled back.

    Raises:
        AwsError: ValidationError: there is none.
    """
    stack = existing_stack(context, request["StackName"])
    if stack["StackStatus"] != "UPDATE_IN_PROGRESS":
        raise stack_error(
            f"CancelUpdateStack cannot be called from current stack status {stack['StackStatus']}"
        )
    ask_to_end(context, stack["StackId"])
    return {}


@blocking
def continue_update_rollback(context: Context, request: Request) -> Answer:
    """Try again to take back an update, without the resources that are to be skipped.

    Raises:
        AwsError: ValidationError: no rollback has failed, or the resources are none that did.
    """
    stack = existing_stack(context, request["StackName"])
    check_request(context, request)
    if stack["StackStatus"] != "UPDATE_ROLLBACK_FAILED":
        raise stack_error(
            f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not continue"
            " update rollback."
        )
    skipped = request.get("ResourcesToSkip", [])
    resources = resources_of(context, stack["StackId"])
    wrong = [
        name
        for name in skipped
        if name not in resources or resources[name]["ResourceStatus"] != "UPDATE_FAILED"
    ]
    if wrong:
        raise stack_error(
            f"Resources [{', '.join(wrong)}] are not in UPDATE_FAILED state and can not be skipped."
        )
    enter_stack(context, stack["StackId"], "UPDATE_ROLLBACK_IN_PROGRESS", _INITIATED)
    start(context, stack["StackId"], partial(roll_back, skipped=skipped))
    return {}


def update_termination_protection(context: Context, request: Request) -> Answer:
    """Protect a stack against deletion, or do so no more.

    Raises:
        AwsError: ValidationError: there is no such stack, or it is within another.
    """
    stack = existing_stack(context, request["StackName"])
    if "ParentId" in stack:
        raise stack_error("Termination protection is set on the root stack of nested stacks.")
    enabled = request["EnableTerminationProtection"]

    def protect(document: Document) -> None:
        document["EnableTerminationProtection"] = enabled

    context.store.update(STACK, stack["StackId"], protect)
    return {"StackId": stack["StackId"]}


OPERATIONS: Mapping[str, Handler] = {
    "CreateStack": create_stack,
    "UpdateStack": update_stack,
    "DeleteStack": delete_stack,
    "CancelUpdateStack": cancel_update_stack,
    "ContinueUpdateRollback": continue_update_rollback,
    "UpdateTerminationProtection": update_termination_protection,
}
