"""Stacks: created, updated and deleted."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError, unsupported
from emulator.services.cloudformation.beginnings import (
    INITIATED,
    begin_deletion,
    begin_update,
    check_updatable,
    delete_instead,
    described,
    new_stack,
    on_failure_of,
)
from emulator.services.cloudformation.definitions import Definition, from_document
from emulator.services.cloudformation.execution.creation import create_stack as make_stack
from emulator.services.cloudformation.execution.running import Operate, start
from emulator.services.cloudformation.execution.transformation import (
    transform_and_create,
    transform_and_update,
)
from emulator.services.cloudformation.history import tell_of_stack
from emulator.services.cloudformation.plan import has_changes
from emulator.services.cloudformation.records import (
    DELETED,
    STACK,
    existing_stack,
    find_stack,
    is_busy,
    resources_of,
    stack_error,
)
from emulator.services.cloudformation.requests import Submission, submitted, wanted
from emulator.store import Document


@blocking
def create_stack(context: Context, request: Request) -> Answer:
    """Begin to make the resources of a template.

    Raises:
        AwsError: AlreadyExistsException; all that ``requests.submitted`` and, where there are no
            transforms to carry out first, ``requests.wanted`` raise.
    """
    name = request["StackName"]
    present = find_stack(context, name)
    if present is not None:
        if _is_repeated(present, request, "CREATE"):
            return {"StackId": present["StackId"]}
        raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
    stack = new_stack(context, request)
    submission = submitted(context, request, is_reviewed=False)
    definition, work = _begun(context, stack, submission)
    stack |= {"StackStatus": "CREATE_IN_PROGRESS", "StackStatusReason": INITIATED}
    stack |= described(request, definition) | {"_OnFailure": on_failure_of(request)}
    with context.store.transaction():
        if find_stack(context, name) is not None:
            raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
        context.store.insert(STACK, stack["StackId"], stack)
        tell_of_stack(context, stack)
    start(context, stack["StackId"], work, request.get("TimeoutInMinutes"))
    return {"StackId": stack["StackId"]}


def _begun(context: Context, stack: Document, submission: Submission) -> tuple[Definition, Operate]:
    """What a new stack is to be as far as it is known, and what is to be done for it."""
    if submission.is_pending:
        return submission.outline, partial(transform_and_create, submission=submission)
    return wanted(context, stack, submission), make_stack


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
            ``requests.submitted`` and, where there are no transforms to carry out first,
            ``requests.wanted`` raise.
    """
    stack = existing_stack(context, request["StackName"])
    if _is_repeated(stack, request, "UPDATE"):
        return {"StackId": stack["StackId"]}
    check_updatable(stack)
    previous = from_document(stack["_Definition"])
    submission = submitted(context, request, previous, is_reviewed=False)
    if submission.is_pending:
        work = partial(transform_and_update, submission=submission)
        begin_update(context, stack, request, submission.outline, work)
        return {"StackId": stack["StackId"]}
    definition = wanted(context, stack, submission)
    if not has_changes(context, stack, previous, definition):
        raise stack_error("No updates are to be performed.")
    begin_update(context, stack, request, definition)
    return {"StackId": stack["StackId"]}


def delete_stack(context: Context, request: Request) -> Answer:
    """Begin to remove a stack; of one that is not there, or being deleted, nothing is done.

    Raises:
        AwsError: ValidationError: it is protected or busy, or RetainResources does not fit.
    """
    if request.get("DeletionMode", "STANDARD") != "STANDARD":
        raise unsupported("DeletionMode FORCE_DELETE_STACK is not emulated.")
    retained = request.get("RetainResources", [])
    # As one step: of two callers one begins, and the other finds it begun.
    with context.store.transaction():
        stack = find_stack(context, request["StackName"])
        if stack is None or stack["StackStatus"] in (DELETED, "DELETE_IN_PROGRESS"):
            return {}
        if stack["StackStatus"] == "CREATE_IN_PROGRESS" and not _is_protected(stack):
            delete_instead(context, stack)
            return {}
        _check_deletable(context, stack, retained)
        begin_deletion(context, stack, retained, request.get("ClientRequestToken"))
    return {}


def _is_protected(stack: Document) -> bool:
    return bool(stack["EnableTerminationProtection"])


def _check_deletable(context: Context, stack: Document, retained: Sequence[str]) -> None:
    name, status = stack["StackName"], stack["StackStatus"]
    if _is_protected(stack):
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


OPERATIONS: Mapping[str, Handler] = {
    "CreateStack": create_stack,
    "UpdateStack": update_stack,
    "DeleteStack": delete_stack,
}
