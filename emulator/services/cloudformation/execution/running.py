"""Operations that are under way in this process, and how they are told to end."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from emulator.context import Context
from emulator.services.cloudformation.history import enter_stack
from emulator.services.cloudformation.records import STACK

logger = logging.getLogger(__name__)

_FAULT = "Internal Failure: the emulator failed: see its own log."
# Where the same calls can repair the stack.
_AFTER_A_FAULT = {
    "CREATE_IN_PROGRESS": "CREATE_FAILED",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_FAILED",
    "DELETE_IN_PROGRESS": "DELETE_FAILED",
    "UPDATE_IN_PROGRESS": "UPDATE_FAILED",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
}
_operations: dict[str, "Operation"] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Operation:
    """One operation on one stack.

    Attributes:
        cancelled: Set when nothing more is to be begun or waited for.
        timed_out: Set, too, when that is because its time is over.
        asked: Set, too, when somebody asked for it.
    """

    cancelled: threading.Event = field(default_factory=threading.Event)
    timed_out: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)


Operate = Callable[[Context, str, Operation], None]


def start(
    context: Context,
    stack_id: str,
    work: Operate,
    timeout_minutes: int | None = None,
) -> None:
    """Run the operation in a thread of its own."""
    operation = Operation()
    with _lock:
        _operations[stack_id] = operation
    arguments = (context, stack_id, operation, work)
    context.workers.start(f"cloudformation {stack_id}", _work, *arguments)
    if timeout_minutes is not None:
        timer = threading.Timer(timeout_minutes * 60, _time_out, (operation,))
        timer.daemon = True
        timer.start()


def _work(
    context: Context,
    stack_id: str,
    operation: Operation,
    work: Operate,
) -> None:
    try:
        work(context, stack_id, operation)
    except Exception:  # the thread's boundary: the stack must not be in progress for ever
        logger.exception("the operation on %s failed", stack_id)
        status = (context.store.get(STACK, stack_id) or {}).get("StackStatus", "")
        if status in _AFTER_A_FAULT:
            enter_stack(context, stack_id, _AFTER_A_FAULT[status], _FAULT)


def _time_out(operation: Operation) -> None:
    operation.timed_out.set()
    operation.cancelled.set()


def ask_to_end(context: Context, stack_id: str) -> None:
    """End the operation on the stack as soon as it can."""
    with _lock:
        operation = _operations.get(stack_id)
    if operation is not None and context.store.get(STACK, stack_id) is not None:
        operation.asked.set()
        operation.cancelled.set()
