"""The transitions of an execution, each with its event in one transaction.

starting -> waiting for a stage -> in the stage -> (the next one) -> ended
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.services.codepipeline import gates, notices
from emulator.services.codepipeline.declaration.conditions import BEFORE_ENTRY
from emulator.services.codepipeline.declaration.plan import Plan
from emulator.services.codepipeline.records import (
    ACTION_EXECUTION,
    ERRORED,
    EXECUTION,
    FAILED,
    IN_PROGRESS,
    PROGRESS,
    SKIPPED,
    STOPPED,
    SUCCEEDED,
    SUPERSEDED,
    action_execution_name,
    execution_name,
)
from emulator.store import Document

STANDARD, ROLLBACK = "STANDARD", "ROLLBACK"
_OF_THE_TARGET = (
    "artifactRevisions",
    "variables",
    "_Artifacts",
    "_SourceRevisions",
    "_Variables",
    "_Overrides",
)


def begin(
    context: Context,
    plan: Plan,
    trigger: Mapping[str, str],
    variables: Mapping[str, str],
    overrides: Sequence[Mapping[str, Any]] = (),
    client_token: str | None = None,
) -> Document:
    """Keep a new execution, which waits before the first stage."""
    given = [{"name": name, "resolvedValue": value} for name, value in variables.items()]
    made: dict[str, Any] = {
        "artifactRevisions": [],
        "variables": given,
        "executionType": STANDARD,
        "_Artifacts": {},
        "_SourceRevisions": [],
        "_Variables": {},
        "_Overrides": list(overrides),
        "_ClientToken": client_token,
    }
    return _keep(context, plan, trigger, made, 0)


def begin_rollback(
    context: Context, plan: Plan, trigger: Mapping[str, str], target: Document, at: int
) -> Document:
    """Keep a new execution of one stage alone, with what an earlier execution had there.

    Source: "Configuring stage rollback" of the user guide.
    """
    taken = {key: target[key] for key in _OF_THE_TARGET}
    target_id = {"rollbackTargetPipelineExecutionId": target["pipelineExecutionId"]}
    made = {"executionType": ROLLBACK, "rollbackMetadata": target_id, "_ClientToken": None}
    return _keep(context, plan, trigger, taken | made, at)


def _keep(
    context: Context, plan: Plan, trigger: Mapping[str, str], made: Mapping[str, Any], at: int
) -> Document:
    execution_id, now = str(uuid.uuid4()), context.clock()
    document: Document = {
        "pipelineName": plan.pipeline,
        "pipelineVersion": plan.version,
        "pipelineExecutionId": execution_id,
        "status": IN_PROGRESS,
        "trigger": dict(trigger),
        "executionMode": plan.mode,
        "startTime": now,
        "lastUpdateTime": now,
        "_Attempt": 1,
        "_Stages": {},
        **made,
    }
    with context.store.transaction():
        document["_Number"] = context.store.next_number("codepipeline-executions")
        context.store.insert(EXECUTION, execution_name(plan.pipeline, execution_id), document)
        notices.tell_pipeline(context, document)
        wait_for_stage(context, plan, execution_id, at)
    return document


def wait_for_stage(context: Context, plan: Plan, execution_id: str, at: int) -> None:
    """Let the execution wait before a stage; older ones that wait there may be superseded."""
    with context.store.transaction():
        execution = change(context, plan.pipeline, execution_id, _At=at, _IsInside=False)
        superseded: list[str] = []

        def arrive(progress: Document) -> None:
            gate = gates.gate_of(progress, plan.stages[at].name)
            superseded.extend(gates.arrive(gate, execution["_Number"], execution_id, plan.mode))

        context.store.update(PROGRESS, plan.pipeline, arrive)
        for each in superseded:
            ended = change(context, plan.pipeline, each, status=SUPERSEDED)
            notices.tell_pipeline(context, ended)


def enter_stage(context: Context, plan: Plan, execution: Document) -> bool:
    """Take the stage that the execution waits for; False if another one came before.

    It has started then, unless a condition decides first.
    """
    conditions, stage = plan.stages[execution["_At"]].conditions, plan.stages[execution["_At"]].name
    execution_id = execution["pipelineExecutionId"]
    entered: list[bool] = []

    def enter(progress: Document) -> None:
        gate = gates.gate_of(progress, stage)
        entered.append(gates.may_enter(gate, execution_id, plan.mode))
        if entered[-1]:
            gates.enter(gate, execution_id)

    with context.store.transaction():
        context.store.update(PROGRESS, plan.pipeline, enter)
        if entered[-1]:
            fresh: dict[str, Any] = {"Actions": {}, "Retries": {}, "Conditions": {}}
            change_stage(context, plan, execution_id, stage, status=IN_PROGRESS, **fresh)
            inside = change(context, plan.pipeline, execution_id, _IsInside=True)
            if BEFORE_ENTRY not in conditions:
                notices.tell_stage(context, inside, stage)
    return entered[-1]


def leave_stage(context: Context, plan: Plan, execution: Document, status: str) -> Document:
    """End the stage with a status, and the execution too unless another stage follows."""
    stage, at = plan.stages[execution["_At"]].name, execution["_At"]
    execution_id = execution["pipelineExecutionId"]
    with context.store.transaction():
        changed = change_stage(context, plan, execution_id, stage, status=status)
        notices.tell_stage(context, changed, stage)
        context.store.update(
            PROGRESS,
            plan.pipeline,
            lambda progress: gates.leave(gates.gate_of(progress, stage), execution_id),
        )
        is_followed = at + 1 < len(plan.stages) and execution["executionType"] == STANDARD
        if status in (SUCCEEDED, SKIPPED) and is_followed:
            wait_for_stage(context, plan, execution_id, at + 1)
            return changed
        summary = _failure(context, changed, stage) if status == FAILED else ""
        # To skip its last stage is no failure of an execution, which has no status for it.
        status = SUCCEEDED if status == SKIPPED else status
        ended = change(context, plan.pipeline, execution_id, status=status, statusSummary=summary)
        notices.tell_pipeline(context, ended)
        return ended


def take_again(
    context: Context, plan: Plan, execution: Document, stage: str, **members: Any
) -> Document:
    """Begin another attempt at a stage, with these members of what is told of it.

    An execution that has ended there is resumed. Whoever carries out the former attempt stops.
    """
    execution_id = execution["pipelineExecutionId"]
    at = next(index for index, each in enumerate(plan.stages) if each.name == stage)

    def enter(progress: Document) -> None:
        gates.enter(gates.gate_of(progress, stage), execution_id)

    with context.store.transaction():
        is_resumed = execution["status"] != IN_PROGRESS
        if is_resumed:
            context.store.update(PROGRESS, plan.pipeline, enter)
            members["IsRetry"] = True
        change_stage(context, plan, execution_id, stage, status=IN_PROGRESS, **members)
        taken = change(
            context,
            plan.pipeline,
            execution_id,
            status=IN_PROGRESS,
            statusSummary="",
            _At=at,
            _IsInside=True,
            _Attempt=execution["_Attempt"] + 1,
        )
        if is_resumed:
            notices.tell_pipeline(context, taken, notices.RESUMED)
            notices.tell_stage(context, taken, stage, notices.RESUMED)
        return taken


def stop_waiting(context: Context, plan: Plan, execution: Document) -> None:
    """Stop an execution that waits before a stage."""
    execution_id = execution["pipelineExecutionId"]
    stage = plan.stages[execution["_At"]].name
    with context.store.transaction():
        context.store.update(
            PROGRESS,
            plan.pipeline,
            lambda progress: gates.quit_waiting(gates.gate_of(progress, stage), execution_id),
        )
        ended = change(context, plan.pipeline, execution_id, status=STOPPED)
        notices.tell_pipeline(context, ended)


def _failure(context: Context, execution: Document, stage: str) -> str:
    """Why the stage failed: its first failed action, what it says, and where to look further.

    It is a condition's fault if no action has failed.
    """
    for ran in ran_in(context, execution, stage):
        if ran["status"] == FAILED:
            result = ran["output"]["executionResult"]
            told, where = result["errorDetails"], result.get("externalExecutionId")
            return (
                f"Stage {stage}, action {ran['actionName']}: {told['code']}: {told['message']}"
                f"{f' ({where})' if where else ''}"
            )
    for kind, state in execution["_Stages"][stage].get("Conditions", {}).items():
        if state["status"] in (FAILED, ERRORED):
            return f"Stage {stage}, {kind} condition: {state['summary']}"
    return ""


def ran_in(context: Context, execution: Document, stage: str) -> list[Document]:
    """The executions of the stage's actions in the present attempt."""
    pipeline, execution_id = execution["pipelineName"], execution["pipelineExecutionId"]
    names = [
        action_execution_name(pipeline, execution_id, each)
        for each in execution["_Stages"][stage]["Actions"].values()
    ]
    found = [context.store.get(ACTION_EXECUTION, name) for name in names]
    return [each for each in found if each is not None]


def change(context: Context, pipeline: str, execution_id: str, **members: Any) -> Document:
    """Change members of the execution's document."""
    return context.store.update(
        EXECUTION,
        execution_name(pipeline, execution_id),
        lambda document: {**document, **members, "lastUpdateTime": context.clock()},
    )


def change_stage(
    context: Context, plan: Plan, execution_id: str, stage: str, **members: Any
) -> Document:
    """Change members of what the execution's document tells of a stage."""

    def set_members(document: Document) -> None:
        stages = document["_Stages"]
        document["_Stages"] = {**stages, stage: {**stages.get(stage, {}), **members}}

    return context.store.update(EXECUTION, execution_name(plan.pipeline, execution_id), set_members)
