"""Stacks whose templates have transforms: these are carried out once the operation has begun.

Source: events of stacks as recorded of AWS: in progress with the failure of a transform as the
reason, then rolled back for it.
"""

import threading
from functools import partial

from emulator.context import Context
from emulator.services.cloudformation.definitions import members_of_stack
from emulator.services.cloudformation.execution.changes import failure_of
from emulator.services.cloudformation.execution.creation import create_stack, fail_creation
from emulator.services.cloudformation.execution.running import Operation
from emulator.services.cloudformation.execution.sites import site_of
from emulator.services.cloudformation.execution.update import give_up, update_stack
from emulator.services.cloudformation.history import enter_stack
from emulator.services.cloudformation.records import STACK, existing_stack
from emulator.services.cloudformation.requests import Submission, wanted
from emulator.services.cloudformation.resources.provider import Cancelled
from emulator.store import Document

_CANCELLED = "The transforms of the template were cancelled"
_POLL_SECONDS = 0.05


def transform_and_create(
    context: Context, stack_id: str, operation: Operation, submission: Submission
) -> None:
    """Carry out the transforms, then make the stack; what is wrong by then fails it."""
    reason = _failure(context, stack_id, operation, submission)
    # One that is to end has nothing to make, and knows why.
    if reason is None or operation.cancelled.is_set():
        create_stack(context, stack_id, operation)
        return
    enter_stack(context, stack_id, "CREATE_IN_PROGRESS", reason)
    fail_creation(site_of(context, stack_id, operation), f"{reason}.")


def transform_and_update(
    context: Context, stack_id: str, operation: Operation, submission: Submission
) -> None:
    """Carry out the transforms, then change the stack; what is wrong by then is taken back."""
    reason = _failure(context, stack_id, operation, submission)
    if reason is None or operation.cancelled.is_set():
        update_stack(context, stack_id, operation)
        return
    enter_stack(context, stack_id, "UPDATE_IN_PROGRESS", reason)
    give_up(site_of(context, stack_id, operation), reason)


def _failure(
    context: Context, stack_id: str, operation: Operation, submission: Submission
) -> str | None:
    """Give the stack what its transforms make of its template, or tell why that failed.

    Whoever ends the operation does not wait for a macro.
    """
    outcome: list[str | None] = []
    has_ended = threading.Event()

    def run() -> None:
        try:
            action = partial(_define, context, stack_id, operation, submission)
            outcome.append(failure_of(action, _CANCELLED))
        finally:
            has_ended.set()

    context.workers.start(f"transforms of {stack_id}", run)
    while not has_ended.wait(_POLL_SECONDS):
        if operation.cancelled.is_set():
            return _CANCELLED
    return outcome[0] if outcome else _CANCELLED


def _define(context: Context, stack_id: str, operation: Operation, submission: Submission) -> None:
    definition = wanted(context, existing_stack(context, stack_id), submission)

    def keep(stack: Document) -> None:
        if operation.cancelled.is_set():
            raise Cancelled
        stack |= members_of_stack(definition)

    context.store.update(STACK, stack_id, keep)
