"""Runs an execution: one thread that starts what is ready and sleeps until something ends.

It keeps nothing in memory: what is to be done follows from the step documents, so that a stop, a
changed limit and a retry are writes to the store like any other.
"""

import logging
from collections.abc import Callable, Mapping

from emulator.context import Context
from emulator.engine.attempts import is_settled_at_once, run_step
from emulator.engine.definition import Step
from emulator.engine.executions import (
    COMPLETED_WITH_FAILURES,
    KIND,
    STARTING,
    STOPPING,
    Document,
    add_step,
    end_execution,
    execution_id,
    move_step,
    step_documents,
)
from emulator.engine.graph import (
    ENDED,
    FAILED,
    READY,
    STOPPED,
    SUCCEEDED,
    Node,
    dispositions,
)
from emulator.engine.plan import Plan, open_plan
from emulator.engine.steps.resources import can_stop, stop
from emulator.errors import AwsError

logger = logging.getLogger(__name__)

# Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ParallelismConfiguration.html
DEFAULT_PARALLEL_STEPS = 50
_STEP_FAILURE = "Step failure: One or multiple steps failed."
_HANDLED_BY: Mapping[str, tuple[str, ...]] = {
    FAILED: ("Failed", "Any"),
    STOPPED: ("Stopped", "Any"),
}


def start(context: Context, execution_arn: str) -> None:
    """Run an execution in a thread of its own."""
    name = f"pipeline-execution-{execution_id(execution_arn)}"
    context.workers.start(name, run_execution, context, execution_arn)


def run_execution(context: Context, execution_arn: str) -> None:
    """Run an execution to its end, whatever happens."""
    try:
        plan = open_plan(context, execution_arn)
        revision = -1
        while True:
            execution = context.store.wait_until(KIND, execution_arn, _differs(revision))
            revision = execution["_Revision"]
            if _advance(plan, execution):
                return
    except Exception as error:  # the thread's boundary: the execution must still end
        logger.exception("execution %s", execution_arn)
        reason = f"InternalServerError: {type(error).__name__}: {error}"
        end_execution(context, execution_arn, FAILED, reason)


def _differs(revision: int) -> Callable[[Document], bool]:
    return lambda execution: execution["_Revision"] != revision


def _advance(plan: Plan, execution: Document) -> bool:
    """Do what can be done now; True when nothing is left."""
    documents = step_documents(plan.context, plan.execution_arn)
    running = [d for d in documents.values() if d["StepStatus"] not in ENDED]
    is_stopping = execution["PipelineExecutionStatus"] == STOPPING
    if is_stopping:
        _stop_steps(plan, running)
    elif not has_reached_fail(documents) and _start_steps(plan, execution, documents, len(running)):
        return False
    if running:
        return False
    status, reason = _outcome(plan.ordered, documents, is_stopped=is_stopping)
    end_execution(plan.context, plan.execution_arn, status, reason)
    return True


def _start_steps(
    plan: Plan, execution: Document, documents: Mapping[str, Document], running: int
) -> bool:
    """Start what is ready, as far as the limit lets; True when something was started."""
    found = dispositions(plan.ordered, _statuses(documents), _condition_outcomes(documents))
    selected = execution.get("_SelectedSteps")
    ready = [
        step
        for step in plan.definition.steps
        if found[step.name] == READY and (selected is None or step.name in selected)
    ]
    limit = execution.get("ParallelismConfiguration", {}).get(
        "MaxParallelExecutionSteps", DEFAULT_PARALLEL_STEPS
    )
    chosen = ready[: max(0, limit - running)]
    for step in chosen:
        _start_step(plan, execution, step)
    return bool(chosen)


def _start_step(plan: Plan, execution: Document, step: Step) -> None:
    attempt = execution["_Attempts"].get(step.name, 0) + 1
    document = {
        "StepName": step.name,
        "StepStatus": STARTING,
        "StartTime": plan.context.clock(),
        "AttemptCount": attempt,
        "_StepType": step.type,
    }
    if step.display_name is not None:
        document["StepDisplayName"] = step.display_name
    if step.description is not None:
        document["StepDescription"] = step.description
    add_step(plan.context, plan.execution_arn, document)
    if is_settled_at_once(step):
        run_step(plan, step, attempt)
    else:
        name = f"step-{execution_id(plan.execution_arn)}-{step.name}"
        plan.context.workers.start(name, run_step, plan, step, attempt)


def _stop_steps(plan: Plan, running: list[Document]) -> None:
    """Ask the running jobs to end; a step whose job is not there yet comes again when it is."""
    for document in running:
        step_type, name = document["_StepType"], document["StepName"]
        if document["StepStatus"] == STOPPING or "_ResourceName" not in document:
            continue
        if not can_stop(step_type):
            continue
        if move_step(plan.context, plan.execution_arn, name, STOPPING):
            try:
                stop(plan.context, step_type, document["_ResourceName"])
            except AwsError as error:
                logger.info("step %s need not be stopped: %s", name, error)


def has_reached_fail(documents: Mapping[str, Document]) -> bool:
    """Whether a Fail step has ended: what runs beside it ends, and nothing else starts.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html
    """
    return any(
        _is_fail(document) and document["StepStatus"] in ENDED for document in documents.values()
    )


def _is_fail(document: Document) -> bool:
    return bool(document["_StepType"] == "Fail")


def _outcome(
    ordered: tuple[Node, ...], documents: Mapping[str, Document], *, is_stopped: bool
) -> tuple[str, str | None]:
    """The execution's last status and its reason, once no step runs."""
    ended = [d for d in documents.values() if d["StepStatus"] in (FAILED, STOPPED)]
    for document in filter(_is_fail, ended):
        return FAILED, document["FailureReason"] or _STEP_FAILURE
    unhandled = {d["StepStatus"] for d in ended if not _is_handled(ordered, documents, d)}
    if FAILED in unhandled:
        return FAILED, _STEP_FAILURE
    if is_stopped or STOPPED in unhandled:
        return STOPPED, None
    return (COMPLETED_WITH_FAILURES if ended else SUCCEEDED), None


def _is_handled(
    ordered: tuple[Node, ...], documents: Mapping[str, Document], document: Document
) -> bool:
    """Whether a step that waits for just this end has run."""
    triggers = _HANDLED_BY[document["StepStatus"]]
    return any(
        dependency.step == document["StepName"] and dependency.trigger in triggers
        for node in ordered
        if node.step.name in documents
        for dependency in node.waits_for
    )


def _statuses(documents: Mapping[str, Document]) -> dict[str, str]:
    return {name: document["StepStatus"] for name, document in documents.items()}


def _condition_outcomes(documents: Mapping[str, Document]) -> dict[str, bool]:
    conditions = {
        name: document.get("Metadata", {}).get("Condition") for name, document in documents.items()
    }
    return {name: found["Outcome"] == "True" for name, found in conditions.items() if found}
