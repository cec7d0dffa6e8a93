"""An execution's thread: stage after stage, as its plan says.

wait for the stage   gates; ends here when superseded or stopped
check its entry      a beforeEntry condition may fail it, or skip it
run its groups       the actions of one runOrder at the same time
check what they did  onSuccess and onFailure conditions
leave it             Succeeded, Skipped: on to the next; else the execution ends so, or the stage is
                     retried or rolled back
"""

import json
from dataclasses import dataclass
from functools import partial

from emulator.context import Context
from emulator.services.codepipeline import conditions, gates, lifecycle, retries, rollbacks
from emulator.services.codepipeline.action_documents import fail_interrupted
from emulator.services.codepipeline.action_runs import run_action
from emulator.services.codepipeline.actions import RESUMED_AFTER_A_KILL
from emulator.services.codepipeline.declaration.actions import key_of
from emulator.services.codepipeline.declaration.conditions import (
    BEFORE_ENTRY,
    ON_FAILURE,
    ON_SUCCESS,
    SKIP,
)
from emulator.services.codepipeline.declaration.plan import Action, Plan, Stage
from emulator.services.codepipeline.declaration.structure import ROLLBACK
from emulator.services.codepipeline.records import (
    ACTION_EXECUTION,
    EXECUTION,
    FAILED,
    IN_PROGRESS,
    PROGRESS,
    RUNNING,
    SKIPPED,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    Visit,
    action_execution_name,
    execution_name,
    plan_of,
    visit_of,
)
from emulator.services.codepipeline.together import run_together
from emulator.store import Document, Missing


@dataclass(frozen=True)
class Outcome:
    """How an attempt at a stage has ended, and whether that takes the stage back."""

    status: str
    is_rolled_back: bool = False


def start(context: Context, execution: Document) -> None:
    """Carry an execution out in a thread of its own."""
    pipeline, execution_id = execution["pipelineName"], execution["pipelineExecutionId"]
    context.workers.start(
        f"pipeline {execution_id}", run_execution, context, pipeline, execution_id
    )


def run_execution(context: Context, pipeline: str, execution_id: str) -> None:
    """Go on with an execution from where it is, until it has ended or its pipeline is gone."""
    try:
        execution = _execution(context, pipeline, execution_id)
        plan = plan_of(context, execution)
        while _run_next(context, plan, execution_id):
            pass
    except Missing:
        return


def _run_next(context: Context, plan: Plan, execution_id: str) -> bool:
    """Carry out one stage; False when the execution has ended."""
    execution = _inside(context, plan, execution_id)
    if execution is None:
        return False
    stage, visit = plan.stages[execution["_At"]], visit_of(execution)
    outcome = _run_stage(context, plan, stage, execution_id, visit)
    with context.store.transaction():
        # Who stops an execution without waiting ends it, and who retries it has a thread of its own
        # for it: then there is nothing to leave.
        execution = _execution(context, plan.pipeline, execution_id)
        if execution["status"] not in RUNNING or visit_of(execution) != visit:
            return False
        is_stopping = execution["status"] == STOPPING
        status = STOPPED if is_stopping else outcome.status
        left = lifecycle.leave_stage(context, plan, execution, status)
        if stage.retry_mode and retries.may_retry_by_itself(left, stage.name):
            retries.retry_stage(
                context, plan, left, stage.name, stage.retry_mode, retries.AUTOMATED
            )
            return True
        if outcome.is_rolled_back and left["status"] == FAILED:
            _roll_back(context, plan, left)
    return left["status"] in RUNNING


def _roll_back(context: Context, plan: Plan, failed: Document) -> None:
    """Take the failed stage back to the last execution that succeeded in it, if there is one."""
    target = rollbacks.last_success(context, plan, failed)
    if target is not None:
        detail = json.dumps({"FailedPipelineExecutionId": failed["pipelineExecutionId"]})
        trigger = {"triggerType": "AutomatedRollback", "triggerDetail": detail}
        start(context, lifecycle.begin_rollback(context, plan, trigger, target, failed["_At"]))


def _inside(context: Context, plan: Plan, execution_id: str) -> Document | None:
    """The execution once it is in its stage; None if it has ended before."""
    while True:
        execution = _execution(context, plan.pipeline, execution_id)
        if execution["status"] not in RUNNING:
            return None
        if execution["_IsInside"]:
            return execution
        stage = plan.stages[execution["_At"]].name

        def has_a_turn(progress: Document, stage: str = stage) -> bool:
            gate = gates.gate_of(progress, stage)
            is_next = gates.may_enter(gate, execution_id, plan.mode)
            return is_next or not gates.is_waiting(gate, execution_id)

        context.store.wait_until(PROGRESS, plan.pipeline, has_a_turn)
        lifecycle.enter_stage(context, plan, execution)


def _run_stage(
    context: Context, plan: Plan, stage: Stage, execution_id: str, visit: Visit
) -> Outcome:
    """Carry out an attempt at the stage between its conditions."""
    engaged = conditions.engaged(context, plan, stage, BEFORE_ENTRY, execution_id, visit)
    if engaged is not None:
        return Outcome(SKIPPED if engaged == SKIP else FAILED)
    status = _run_groups(context, plan, stage, execution_id, visit)
    if status == STOPPED:
        return Outcome(STOPPED)
    kind = ON_SUCCESS if status == SUCCEEDED else ON_FAILURE
    engaged = conditions.engaged(context, plan, stage, kind, execution_id, visit)
    is_failed = status == FAILED or engaged is not None
    is_rolled_back = engaged == ROLLBACK or (status == FAILED and stage.is_rolled_back)
    return Outcome(FAILED if is_failed else SUCCEEDED, is_rolled_back)


def _run_groups(context: Context, plan: Plan, stage: Stage, execution_id: str, visit: Visit) -> str:
    """Run the stage's actions that have not succeeded, and say what came of them."""
    for group in stage.groups():
        execution = _execution(context, plan.pipeline, execution_id)
        if execution["status"] != IN_PROGRESS or visit_of(execution) != visit:
            return STOPPED
        _run_group(context, plan, stage, execution, group)
        execution = _execution(context, plan.pipeline, execution_id)
        statuses = [_status(context, execution, stage, action) for action in group]
        if any(status != SUCCEEDED for status in statuses):
            return FAILED
    return SUCCEEDED


def _run_group(
    context: Context, plan: Plan, stage: Stage, execution: Document, group: tuple[Action, ...]
) -> None:
    left = [
        action
        for action in group
        if _status(context, execution, stage, action) in (None, IN_PROGRESS)
    ]
    run = partial(run_action, context, plan, stage)
    tasks = {f"action {action.name}": partial(run, action, execution) for action in left}
    run_together(context, tasks)


def _status(context: Context, execution: Document, stage: Stage, action: Action) -> str | None:
    """How far the action is in the present attempt at the stage; None if not begun."""
    found = execution["_Stages"][stage.name]["Actions"].get(action.name)
    if found is None:
        return None
    name = action_execution_name(execution["pipelineName"], execution["pipelineExecutionId"], found)
    document = context.store.get(ACTION_EXECUTION, name)
    return None if document is None else document["status"]


def _execution(context: Context, pipeline: str, execution_id: str) -> Document:
    name = execution_name(pipeline, execution_id)
    execution = context.store.get(EXECUTION, name)
    if execution is None:
        raise Missing(EXECUTION, name)
    return execution


def recover(context: Context) -> None:
    """Fail the actions that ran when the last emulator ended, and go on with the executions.

    Rules change nothing, so that what they were checking is checked again.
    """
    for execution in context.store.list(EXECUTION):
        if execution["status"] in RUNNING:
            _fail_running(context, execution)
            conditions.abandon(context, execution)
            start(context, execution)


def _fail_running(context: Context, execution: Document) -> None:
    prefix = execution_name(execution["pipelineName"], execution["pipelineExecutionId"])
    for document in context.store.list(ACTION_EXECUTION, f"{prefix}/"):
        is_running = document["status"] == IN_PROGRESS
        if is_running and key_of(document["input"]) not in RESUMED_AFTER_A_KILL:
            fail_interrupted(context, f"{prefix}/{document['actionExecutionId']}")
