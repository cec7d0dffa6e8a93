"""What ends, repairs or protects a stack."""

from collections.abc import Mapping
from functools import partial

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.services.cloudformation.beginnings import INITIATED
from emulator.services.cloudformation.execution.rollback import roll_back
from emulator.services.cloudformation.execution.running import ask_to_end, start
from emulator.services.cloudformation.history import enter_stack
from emulator.services.cloudformation.records import (
    STACK,
    existing_stack,
    resources_of,
    stack_error,
)
from emulator.services.cloudformation.requests import check_request
from emulator.store import Document


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
    enter_stack(context, stack["StackId"], "UPDATE_ROLLBACK_IN_PROGRESS", INITIATED)
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
    "CancelUpdateStack": cancel_update_stack,
    "ContinueUpdateRollback": continue_update_rollback,
    "UpdateTerminationProtection": update_termination_protection,
}
