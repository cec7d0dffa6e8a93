"""What a change set would do, planned at once or, where there are transforms, after them.

Source: "Create a change set" in the User Guide: a template's transforms are carried out while the
change set is CREATE_IN_PROGRESS; one that fails is its StatusReason.
"""

import logging
from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.cloudformation.change_set_records import (
    all_change_sets,
    is_in_progress,
    keep,
)
from emulator.services.cloudformation.definitions import (
    Definition,
    from_document,
    members_of_stack,
)
from emulator.services.cloudformation.plan import has_changes, plan
from emulator.services.cloudformation.records import CHANGE_SET, STACK
from emulator.services.cloudformation.requests import Submission, wanted
from emulator.store import Document

logger = logging.getLogger(__name__)

IN_PROGRESS: Document = {
    "Status": "CREATE_IN_PROGRESS",
    "ExecutionStatus": "UNAVAILABLE",
    "Changes": [],
}
_AVAILABLE: Document = {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE"}
_UNCHANGED = (
    "The submitted information didn't contain changes. Submit different information to create a"
    " change set."
)
# What AWS says where it had to carry out transforms to know.
_UNCHANGED_AFTER_TRANSFORMS = "No updates are to be performed."
_FAULT = "Internal Failure: the emulator failed: see its own log."
_ENDED = "The emulator ended while the change set was created. Create it again."


def planned(
    context: Context,
    stack: Mapping[str, Any],
    submission: Submission,
    previous: Definition | None,
) -> Document:
    """The members of the change set that tell what it would do.

    Raises:
        AwsError: All that ``requests.wanted`` raises.
    """
    definition = wanted(context, stack, submission)
    changes = plan(context, stack, previous, definition)
    is_changed = previous is None or has_changes(context, stack, previous, definition)
    reason = _UNCHANGED_AFTER_TRANSFORMS if submission.is_pending else _UNCHANGED
    members = members_of_stack(definition)
    # The description of a change set is its own.
    del members["Description"]
    return {
        **members,
        "Changes": [change.document() for change in changes],
        **(_AVAILABLE if is_changed else _failed(reason)),
    }


def _failed(reason: str) -> Document:
    return {"Status": "FAILED", "ExecutionStatus": "UNAVAILABLE", "StatusReason": reason}


def transform_and_plan(context: Context, change_set_id: str, submission: Submission) -> None:
    """Carry out the transforms and plan; in a thread of its own."""
    change_set = context.store.get(CHANGE_SET, change_set_id)
    stack = context.store.get(STACK, change_set["StackId"]) if change_set else None
    if change_set is None or stack is None:
        return
    is_update = change_set["_Kind"] == "UPDATE"
    try:
        previous = from_document(stack["_Definition"]) if is_update else None
        found = planned(context, stack, submission, previous)
    except AwsError as error:
        found = _failed(error.message)
    except Exception:  # the thread's boundary: the change set must not be in progress for ever
        logger.exception("the planning of %s failed", change_set_id)
        found = _failed(_FAULT)
    _settle(context, change_set_id, found, stack)


def _settle(
    context: Context, change_set_id: str, found: Document, stack: Mapping[str, Any]
) -> None:
    """Keep what was found, unless the change set has been deleted or its stack has moved on."""
    with context.store.transaction():
        change_set = context.store.get(CHANGE_SET, change_set_id)
        if change_set is None:
            return
        now = context.store.get(STACK, stack["StackId"]) or {}
        is_outdated = now.get("_Definition") != stack.get("_Definition")
        if is_outdated and found["ExecutionStatus"] == "AVAILABLE":
            found = found | {"ExecutionStatus": "OBSOLETE"}
        keep(context, change_set | found)


def fail_unplanned(context: Context) -> None:
    """End what was being planned when the last emulator ended."""
    for change_set in all_change_sets(context):
        if is_in_progress(change_set):
            keep(context, change_set | _failed(_ENDED))
