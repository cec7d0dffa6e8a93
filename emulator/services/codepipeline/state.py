"""GetPipelineState, and the transitions between stages."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import validation_error
from emulator.services.codepipeline import gates
from emulator.services.codepipeline.condition_states import condition_states
from emulator.services.codepipeline.declaration.actions import key_of
from emulator.services.codepipeline.declaration.providers import APPROVAL
from emulator.services.codepipeline.records import (
    ACTION_EXECUTION,
    EXECUTION,
    IN_PROGRESS,
    PROGRESS,
    STOPPING,
    execution_name,
    existing_pipeline,
    existing_stage,
)
from emulator.services.codepipeline.retries import AUTOMATED, MANUAL
from emulator.store import Document

_INBOUND = "Inbound"
_RESULT = {
    "externalExecutionId": "externalExecutionId",
    "externalExecutionUrl": "externalExecutionUrl",
    "externalExecutionSummary": "summary",
    "errorDetails": "errorDetails",
}


def get_pipeline_state(context: Context, request: Request) -> Answer:
    """Where executions are: in each stage, before it, and in its actions.

    Raises:
        AwsError: PipelineNotFoundException.
    """
    document = existing_pipeline(context, request["name"])
    declaration, metadata = document["pipeline"], document["metadata"]
    progress = context.store.get(PROGRESS, declaration["name"]) or {"Gates": {}, "Actions": {}}
    return {
        "pipelineName": declaration["name"],
        "pipelineVersion": declaration["version"],
        "stageStates": [
            _stage_state(context, declaration["name"], stage, progress)
            for stage in declaration["stages"]
        ],
        "created": metadata["created"],
        "updated": metadata["updated"],
    }


def _stage_state(context: Context, pipeline: str, stage: Document, progress: Document) -> Answer:
    name = stage["name"]
    gate = gates.gate_of(progress, name)
    waiting = [{"pipelineExecutionId": each, "status": IN_PROGRESS} for _, each in gate["Waiting"]]
    state: Answer = {
        "stageName": name,
        "inboundExecutions": waiting,
        "inboundTransitionState": gate.get("Transition", {"enabled": True}),
        "actionStates": [
            _action_state(context, action, progress["Actions"].get(f"{name}/{action['name']}"))
            for action in stage["actions"]
        ],
    }
    if waiting:
        state["inboundExecution"] = waiting[-1]
    latest = context.store.get(EXECUTION, execution_name(pipeline, gate.get("Latest", "")))
    if latest is not None:
        _add_latest(state, latest, name)
    return {**state, **condition_states(context, stage, latest)}


def _add_latest(state: Answer, execution: Document, stage: str) -> None:
    told = execution["_Stages"][stage]
    is_stopping = execution["status"] == STOPPING and told["status"] == IN_PROGRESS
    state["latestExecution"] = {
        "pipelineExecutionId": execution["pipelineExecutionId"],
        "status": STOPPING if is_stopping else told["status"],
        "type": execution["executionType"],
    }
    if told["Retries"]:
        counts = {
            "autoStageRetryAttempt": told["Retries"].get(AUTOMATED),
            "manualStageRetryAttempt": told["Retries"].get(MANUAL),
        }
        state["retryStageMetadata"] = {
            **{key: count for key, count in counts.items() if count},
            "latestRetryTrigger": told["LatestRetry"],
        }


def _action_state(context: Context, action: Document, latest: str | None) -> Answer:
    state: Answer = {"actionName": action["name"]}
    document = None if latest is None else context.store.get(ACTION_EXECUTION, latest)
    if document is None:
        return state
    state["latestExecution"] = latest_execution(document)
    revision = document.get("_Revision")
    if revision is not None:
        state["currentRevision"] = {
            "revisionId": revision["revisionId"],
            "revisionChangeId": revision.get("revisionChangeIdentifier", revision["revisionId"]),
            "created": revision["created"],
        }
        state["revisionUrl"] = revision["revisionUrl"]
    return state


def latest_execution(document: Document) -> dict[str, Any]:
    """An action execution's document as botocore's ActionExecution."""
    result = document["output"].get("executionResult", {})
    shown: dict[str, Any] = {
        "actionExecutionId": document["actionExecutionId"],
        "status": document["status"],
        "lastStatusChange": document["lastUpdateTime"],
        **{theirs: result[ours] for ours, theirs in _RESULT.items() if ours in result},
    }
    is_waiting = document["status"] == IN_PROGRESS and document["_IsAsked"]
    if key_of(document["input"]) == APPROVAL and is_waiting:
        shown["token"] = document["_Token"]
    if "_Approval" in document:
        shown["lastUpdatedBy"] = document["_Approval"]["by"]
    return shown


def disable_stage_transition(context: Context, request: Request) -> Answer:
    """Let no execution into the stage, or out of it.

    Raises:
        AwsError: PipelineNotFoundException; StageNotFoundException; ValidationException.
    """
    return _set_transition(context, request, enabled=False, disabledReason=request["reason"])


def enable_stage_transition(context: Context, request: Request) -> Answer:
    """Let executions into the stage, or out of it; one that waits comes at once.

    Raises:
        AwsError: PipelineNotFoundException; StageNotFoundException; ValidationException.
    """
    return _set_transition(context, request, enabled=True)


def _set_transition(context: Context, request: Request, **members: object) -> Answer:
    name = request["pipelineName"]
    declaration = existing_pipeline(context, name)["pipeline"]
    at = existing_stage(declaration, request["stageName"])
    if request["transitionType"] != _INBOUND:
        at += 1
    stages = declaration["stages"]
    if at == len(stages):
        raise validation_error(
            f"Stage '{request['stageName']}' is the last: there is no transition out of it"
        )

    def set_transition(progress: Document) -> None:
        gates.gate_of(progress, stages[at]["name"])["Transition"] = {
            "lastChangedBy": f"arn:aws:iam::{context.settings.account_id}:root",
            "lastChangedAt": context.clock(),
            **members,
        }

    context.store.update(PROGRESS, name, set_transition)
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "GetPipelineState": get_pipeline_state,
    "EnableStageTransition": enable_stage_transition,
    "DisableStageTransition": disable_stage_transition,
}
