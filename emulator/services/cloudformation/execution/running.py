"""Operations that are under way in this process, and how they are told to end."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from emulator.context import Context
from emulator.services.cloudformation.records import STACK

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


def start(
    context: Context,
    stack_id: str,
    work: Callable[[Context, str, Operation], None],
    timeout_minutes: int | None = None,
) -> None:
    """Run the operation in a thread of its own."""
    operation = Operation()
    with _lock:
        _operations[stack_id] = operation
    context.workers.start(f"cloudformation {stack_id}", work, context, stack_id, operation)
    if timeout_minutes is not None:
        timer = threading.Timer(timeout_minutes * 60, _time_out, (operation,))
        timer.daemon = True
        timer.start()


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
