"""A stage that is taken again by the execution that failed in it.

Source: "Configuring stage retry for a failed stage or failed actions" of the user guide.
"""

from emulator.context import Context
from emulator.services.codepipeline import gates, lifecycle, notices
from emulator.services.codepipeline.declaration.plan import ALL_ACTIONS, Plan
from emulator.services.codepipeline.records import FAILED, IN_PROGRESS, PROGRESS, SUCCEEDED
from emulator.store import Document

MANUAL, AUTOMATED = "ManualStageRetry", "AutomatedStageRetry"


def retry_stage(
    context: Context, plan: Plan, execution: Document, stage: str, mode: str, trigger: str
) -> None:
    """Take the stage again, to run its failed actions or all of them."""
    execution_id = execution["pipelineExecutionId"]
    before = execution["_Stages"][stage]
    kept = {} if mode == ALL_ACTIONS else _succeeded(context, execution, stage)
    retries = {**before["Retries"], trigger: before["Retries"].get(trigger, 0) + 1}
    at = next(index for index, each in enumerate(plan.stages) if each.name == stage)

    def enter(progress: Document) -> None:
        gates.enter(gates.gate_of(progress, stage), execution_id)

    with context.store.transaction():
        context.store.update(PROGRESS, plan.pipeline, enter)
        lifecycle.change_stage(
            context,
            plan,
            execution_id,
            stage,
            status=IN_PROGRESS,
            Actions=kept,
            Retries=retries,
            LatestRetry=trigger,
            IsRetry=True,
        )
        resumed = lifecycle.change(
            context,
            plan.pipeline,
            execution_id,
            status=IN_PROGRESS,
            statusSummary="",
            _At=at,
            _IsInside=True,
            _Attempt=execution["_Attempt"] + 1,
        )
        notices.tell_pipeline(context, resumed, notices.RESUMED)
        notices.tell_stage(context, resumed, stage, notices.RESUMED)


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
