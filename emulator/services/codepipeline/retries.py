"""A stage that is taken again by the execution that failed in it.

Source: "Configuring stage retry for a failed stage or failed actions" of the user guide.
"""

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.codepipeline import conditions, gates, lifecycle
from emulator.services.codepipeline.declaration.plan import ALL_ACTIONS, Plan
from emulator.services.codepipeline.declaration.structure import PARALLEL
from emulator.services.codepipeline.records import FAILED, PROGRESS, SUCCEEDED
from emulator.store import Document

MANUAL, AUTOMATED = "ManualStageRetry", "AutomatedStageRetry"


def retry_stage(
    context: Context, plan: Plan, execution: Document, stage: str, mode: str, trigger: str
) -> None:
    """Take the stage again, to run its failed actions or all of them."""
    before = execution["_Stages"][stage]
    is_whole = mode == ALL_ACTIONS
    lifecycle.take_again(
        context,
        plan,
        execution,
        stage,
        Actions={} if is_whole else _succeeded(context, execution, stage),
        Conditions={} if is_whole else conditions.passed(execution, stage),
        Retries={**before["Retries"], trigger: before["Retries"].get(trigger, 0) + 1},
        LatestRetry=trigger,
    )


def _succeeded(context: Context, execution: Document, stage: str) -> dict[str, str]:
    """The stage's actions that need not run again."""
    return {
        ran["actionName"]: ran["actionExecutionId"]
        for ran in lifecycle.ran_in(context, execution, stage)
        if ran["status"] == SUCCEEDED
    }


def may_retry_by_itself(execution: Document, stage: str) -> bool:
    """Whether the stage failed, and was not tried again by itself yet."""
    state = execution["_Stages"][stage]
    return state["status"] == FAILED and AUTOMATED not in state["Retries"]


def refuse_if_overtaken(context: Context, execution: Document, stage: str) -> None:
    """Let an execution into a stage again only if no other one has been there since.

    Raises:
        AwsError: NotLatestPipelineExecutionException; ConflictException.
    """
    if execution["executionMode"] == PARALLEL:
        return
    progress = context.store.get(PROGRESS, execution["pipelineName"]) or {"Gates": {}}
    gate = gates.gate_of(progress, stage)
    if gate.get("Latest") != execution["pipelineExecutionId"]:
        raise AwsError(
            "NotLatestPipelineExecutionException",
            f"Execution {gate.get('Latest')} has been in stage '{stage}' since; take that one.",
        )
    if gate["Inside"]:
        raise AwsError("ConflictException", f"Stage '{stage}' is busy; try again later.")
