"""Events of pipelines, stages and actions.

Source: "Monitoring CodePipeline events" of the user guide.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from emulator.context import Context
from emulator.services.codepipeline.records import (
    ABANDONED,
    CANCELLED,
    FAILED,
    IN_PROGRESS,
    SKIPPED,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    SUPERSEDED,
    pipeline_arn,
)
from emulator.services.events.outbox import emit
from emulator.store import Document

SOURCE = "aws.codepipeline"
RESUMED = "RESUMED"
_STATES: Mapping[str, str] = {
    IN_PROGRESS: "STARTED",
    SUCCEEDED: "SUCCEEDED",
    FAILED: "FAILED",
    STOPPING: "STOPPING",
    STOPPED: "STOPPED",
    SUPERSEDED: "SUPERSEDED",
    CANCELLED: "CANCELED",
    ABANDONED: "ABANDONED",
}


def tell_pipeline(context: Context, execution: Document, state: str | None = None) -> None:
    """The execution has reached its status."""
    trigger = execution["trigger"]
    detail = {
        **_common(execution),
        "execution-trigger": {
            "trigger-type": trigger["triggerType"],
            "trigger-detail": trigger["triggerDetail"],
        },
        "state": state or _STATES[execution["status"]],
    }
    _emit(context, "Pipeline", execution, detail)


def tell_entry(context: Context, execution: Document, stage: str) -> None:
    """The execution is let into a stage that has a condition for that.

    One that is taken again has been told to be resumed.
    """
    if not execution["_Stages"][stage].get("IsRetry"):
        tell_stage(context, execution, stage)


def tell_stage(context: Context, execution: Document, stage: str, state: str | None = None) -> None:
    """A stage of the execution has reached its status, if that is one that events have.

    A stage that is skipped never starts, and no event is documented for it.
    """
    status = execution["_Stages"][stage]["status"]
    if status == SKIPPED:
        return
    detail = {**_common(execution), "stage": stage, "state": state or _STATES[status]}
    _emit(context, "Stage", execution, detail)


def tell_action(context: Context, execution: Document, action_execution: Document) -> None:
    """An action of the execution has reached its status."""
    told, result = action_execution, action_execution["output"].get("executionResult", {})
    detail = {
        **_common(execution),
        "start-time": _time(told["startTime"]),
        "stage": told["stageName"],
        "action": told["actionName"],
        "action-execution-id": told["actionExecutionId"],
        "state": _STATES[told["status"]],
        "region": context.settings.region,
        "type": told["input"]["actionTypeId"],
        "input-artifacts": told["input"]["inputArtifacts"],
        "output-artifacts": told["output"].get("outputArtifacts", []),
    }
    if result:
        detail["execution-result"] = _result(result)
    _emit(context, "Action", execution, detail)


def _result(result: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        "external-execution-url": result.get("externalExecutionUrl"),
        "external-execution-summary": result.get("externalExecutionSummary"),
        "external-execution-id": result.get("externalExecutionId"),
        "error-code": result.get("errorDetails", {}).get("code"),
    }
    return {key: value for key, value in told.items() if value is not None}


def _common(execution: Document) -> dict[str, Any]:
    return {
        "pipeline": execution["pipelineName"],
        "execution-id": execution["pipelineExecutionId"],
        "start-time": _time(execution["startTime"]),
        "version": float(execution["pipelineVersion"]),
        "pipeline-execution-attempt": float(execution["_Attempt"]),
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _emit(context: Context, what: str, execution: Document, detail: Mapping[str, Any]) -> None:
    arn = pipeline_arn(context, execution["pipelineName"])
    emit(context, SOURCE, f"CodePipeline {what} Execution State Change", [arn], detail)
