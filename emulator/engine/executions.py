"""Executions and their steps as they are kept: every change of status is one write.

An execution's document counts its changes in ``_Revision``; whoever moves a step moves it too, so
that the executor sleeps on that one document.
"""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.context import Context
from emulator.engine.graph import ENDED, FAILED, STOPPED, SUCCEEDED

KIND = "PipelineExecution"
STEP_KIND = "PipelineExecutionStep"
DEFINITION_KIND = "PipelineExecutionDefinition"
REQUEST_KIND = "PipelineExecutionRequest"
STARTING, EXECUTING, STOPPING = "Starting", "Executing", "Stopping"
COMPLETED_WITH_FAILURES = "CompletedWithFailures"
MAX_REASON_CHARACTERS = 1_024
_MAX_EXECUTION_REASON_CHARACTERS = 1_300
_STEP_MOVES: Mapping[str, tuple[str, ...]] = {
    STARTING: (STARTING, EXECUTING, STOPPING, *ENDED),
    EXECUTING: (EXECUTING, STARTING, STOPPING, *ENDED),
    STOPPING: (STOPPING, *ENDED),
}

Document = dict[str, Any]


def execution_id(execution_arn: str) -> str:
    """The id at the end of an execution's ARN."""
    return execution_arn.rpartition("/")[2]


def step_key(arn: str, step_name: str) -> str:
    """The name under which something of a step is kept.

    The store takes names in any case for the same; steps may differ in case alone.
    """
    return f"{arn}/{step_name.encode().hex()}"


def step_documents(context: Context, execution_arn: str) -> dict[str, Document]:
    """The steps that were started, by name, in the order in which they were."""
    documents = context.store.list(STEP_KIND, f"{execution_arn}/")
    return {document["StepName"]: document for document in documents}


def step_document(context: Context, execution_arn: str, step_name: str) -> Document | None:
    """One step, if it was started."""
    return context.store.get(STEP_KIND, step_key(execution_arn, step_name))


def add_step(context: Context, execution_arn: str, document: Document) -> None:
    """Keep a step that starts, or one whose result is taken from elsewhere."""
    with context.store.transaction():
        name = step_key(execution_arn, document["StepName"])
        context.store.put(STEP_KIND, name, document | {"_ExecutionArn": execution_arn})
        touch(context, execution_arn)


def move_step(
    context: Context, execution_arn: str, step_name: str, status: str, **members: Any
) -> bool:
    """Give a step its next status and further members.

    Returns:
        False, and nothing is changed, when its present status does not lead there.
    """
    has_moved = False

    def change(document: Document) -> None:
        nonlocal has_moved
        has_moved = status in _STEP_MOVES.get(document["StepStatus"], ())
        if has_moved:
            document |= {"StepStatus": status, **members}
            if status in ENDED:
                document["EndTime"] = context.clock()

    with context.store.transaction():
        context.store.update(STEP_KIND, step_key(execution_arn, step_name), change)
        if has_moved:
            touch(context, execution_arn)
    return has_moved


def add_step_members(context: Context, execution_arn: str, step_name: str, **members: Any) -> None:
    """Give a step further members, whatever its status is."""
    with context.store.transaction():
        name = step_key(execution_arn, step_name)
        context.store.update(STEP_KIND, name, lambda document: document | members)
        touch(context, execution_arn)


def touch(
    context: Context, execution_arn: str, change: Callable[[Document], None] | None = None
) -> Document:
    """Change an execution and wake its executor."""

    def changed(document: Document) -> None:
        if change is not None:
            change(document)
        document["_Revision"] += 1
        document["LastModifiedTime"] = context.clock()

    return context.store.update(KIND, execution_arn, changed)


def end_execution(
    context: Context, execution_arn: str, status: str, reason: str | None = None
) -> None:
    """Give an execution its last status; one that is to be stopped ends Stopped at best."""

    def change(document: Document) -> None:
        is_stopping = document["PipelineExecutionStatus"] == STOPPING
        document["PipelineExecutionStatus"] = (
            STOPPED if is_stopping and status == SUCCEEDED else status
        )
        if reason is not None:
            document["FailureReason"] = reason[:_MAX_EXECUTION_REASON_CHARACTERS]

    touch(context, execution_arn, change)


def end_what_died(context: Context, reason: str) -> None:
    """Fail the executions, and their steps, whose executor ended with its process."""
    for document in context.store.list(KIND):
        if document["PipelineExecutionStatus"] not in (EXECUTING, STOPPING):
            continue
        arn = document["PipelineExecutionArn"]
        with context.store.transaction():
            for step_name in step_documents(context, arn):
                move_step(context, arn, step_name, FAILED, FailureReason=reason)
            end_execution(context, arn, FAILED, reason)


def forget_unsuccessful(context: Context, execution_arn: str) -> dict[str, int]:
    """Drop the steps that have to run again; gives how many attempts each had."""
    attempts = {}
    for name, document in step_documents(context, execution_arn).items():
        if document["StepStatus"] != SUCCEEDED:
            attempts[name] = document.get("AttemptCount", 1)
            context.store.delete(STEP_KIND, step_key(execution_arn, name))
    return attempts
