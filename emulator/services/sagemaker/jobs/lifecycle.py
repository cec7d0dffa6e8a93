"""The only way from one job status to another."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.services.sagemaker.jobs.kinds import JobKind

Document = dict[str, Any]

IN_PROGRESS = "InProgress"
STOPPING = "Stopping"
COMPLETED = "Completed"
FAILED = "Failed"
STOPPED = "Stopped"
TERMINAL = frozenset({COMPLETED, FAILED, STOPPED})

# A job that a Stop request meets at its very end may still be Completed or Failed: AWS does the
# same, the request only asks. A time limit leads from InProgress to Stopped without Stopping.
_NEXT: Mapping[str, frozenset[str]] = {
    IN_PROGRESS: frozenset({STOPPING, COMPLETED, FAILED, STOPPED}),
    STOPPING: frozenset({COMPLETED, FAILED, STOPPED}),
    COMPLETED: frozenset(),
    FAILED: frozenset(),
    STOPPED: frozenset(),
}


class IllegalTransition(Exception):
    """A status change that the table does not allow: a fault of the emulator, not of the job."""


def enter(kind: JobKind, document: Document, status: str, at: float) -> None:
    """Put the status into the document.

    Raises:
        IllegalTransition: There is no way from the document's status to this one.
    """
    present = document[kind.status_key]
    if status not in _NEXT[present]:
        raise IllegalTransition(
            f"{kind.words} {document[kind.name_key]!r}: no way from {present} to {status}; "
            f"possible: {', '.join(sorted(_NEXT[present])) or 'none'}"
        )
    document[kind.status_key] = status
    document["LastModifiedTime"] = at
    if status in TERMINAL:
        document[kind.end_time_key] = at


def is_terminal(kind: JobKind, document: Document) -> bool:
    """Whether the job has ended."""
    return document[kind.status_key] in TERMINAL


def note(context: Context, kind: JobKind, name: str, **members: Any) -> Document:
    """Write members that do not touch the status."""

    def change(document: Document) -> None:
        document.update(members)
        document["LastModifiedTime"] = context.clock()

    return context.store.update(kind.noun, name, change)
