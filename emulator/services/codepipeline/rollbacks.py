"""Which execution a stage can go back to.

Source: "Configuring stage rollback" of the user guide.
"""

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.codepipeline import gates
from emulator.services.codepipeline.declaration.plan import Plan
from emulator.services.codepipeline.lifecycle import STANDARD
from emulator.services.codepipeline.records import EXECUTION, PROGRESS, SUCCEEDED
from emulator.store import Document

_UNABLE = "UnableToRollbackStageException"


def last_success(context: Context, plan: Plan, failed: Document) -> Document | None:
    """The newest execution that succeeded in the stage in which this one failed.

    None too if the one that failed was itself a rollback: it would go on for ever.
    """
    if failed["executionType"] != STANDARD:
        return None
    stage = plan.stages[failed["_At"]].name
    for execution in reversed(context.store.list(EXECUTION, f"{plan.pipeline}/")):
        if _fault(plan, execution, stage) is None:
            return execution
    return None


def check_target(context: Context, plan: Plan, target: Document, at: int) -> None:
    """Refuse a target that the stage cannot go back to.

    Raises:
        AwsError: UnableToRollbackStageException; PipelineExecutionOutdatedException.
    """
    stage = plan.stages[at].name
    if at == 0:
        raise AwsError(_UNABLE, f"Stage '{stage}' has the sources, and cannot be rolled back.")
    fault = _fault(plan, target, stage)
    if fault is not None:
        raise AwsError(*fault)
    gate = gates.gate_of(context.store.get(PROGRESS, plan.pipeline) or {"Gates": {}}, stage)
    if gate["Inside"]:
        raise AwsError(_UNABLE, f"Stage '{stage}' is running: wait for its end, or stop it.")


def _fault(plan: Plan, target: Document, stage: str) -> tuple[str, str] | None:
    execution_id = target["pipelineExecutionId"]
    if target["pipelineVersion"] != plan.version:
        return (
            "PipelineExecutionOutdatedException",
            f"Execution {execution_id} ran version {target['pipelineVersion']} of the pipeline, "
            f"which is at version {plan.version} now.",
        )
    if target["executionType"] != STANDARD:
        return _UNABLE, f"Execution {execution_id} is a rollback itself."
    if target["_Stages"].get(stage, {}).get("status") != SUCCEEDED:
        return _UNABLE, f"Execution {execution_id} has not succeeded in stage '{stage}'."
    return None
