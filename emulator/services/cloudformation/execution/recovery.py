"""Operations that died with the last emulator, brought to where the same calls repair them."""

from collections.abc import Callable, Mapping

from emulator.context import Context
from emulator.services.cloudformation.execution.creation import fail_creation, take_down
from emulator.services.cloudformation.execution.rollback import finish_rollback, roll_back
from emulator.services.cloudformation.execution.running import Operation, start
from emulator.services.cloudformation.execution.sites import site_of
from emulator.services.cloudformation.execution.update import finish_update
from emulator.services.cloudformation.history import enter_resource, enter_stack
from emulator.services.cloudformation.records import all_stacks, is_busy, resources_of
from emulator.store import Document

_ENDED = "The emulator ended while this was in progress"


def recover(context: Context) -> None:
    """Fail what was in progress, and roll back or finish the stacks that it was of."""
    for stack in all_stacks(context):
        if is_busy(stack):
            _fail_resources(context, stack)
            start(context, stack["StackId"], _RECOVERIES[stack["StackStatus"]])


def _fail_resources(context: Context, stack: Document) -> None:
    for logical_id, resource in resources_of(context, stack["StackId"]).items():
        status = resource.get("ResourceStatus")
        if status is None:
            # It was to be made, and nothing has been done for it.
            status = "CREATE_IN_PROGRESS"
        if status.endswith("_IN_PROGRESS"):
            failed = status.replace("_IN_PROGRESS", "_FAILED")
            enter_resource(context, stack, logical_id, failed, _ENDED)


def _creation(context: Context, stack_id: str, operation: Operation) -> None:
    fail_creation(site_of(context, stack_id, operation), f"{_ENDED}.")


def _rollback_of_creation(context: Context, stack_id: str, operation: Operation) -> None:
    take_down(site_of(context, stack_id, operation), "ROLLBACK")


def _deletion(context: Context, stack_id: str, operation: Operation) -> None:
    enter_stack(context, stack_id, "DELETE_FAILED", f"{_ENDED}. Delete the stack again.")


def _update(context: Context, stack_id: str, operation: Operation) -> None:
    enter_stack(context, stack_id, "UPDATE_ROLLBACK_IN_PROGRESS", _ENDED)
    roll_back(context, stack_id, operation)


_RECOVERIES: Mapping[str, Callable[[Context, str, Operation], None]] = {
    "CREATE_IN_PROGRESS": _creation,
    "ROLLBACK_IN_PROGRESS": _rollback_of_creation,
    "DELETE_IN_PROGRESS": _deletion,
    "UPDATE_IN_PROGRESS": _update,
    "UPDATE_ROLLBACK_IN_PROGRESS": roll_back,
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": finish_update,
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": finish_rollback,
}
