"""Operations on executions once they are there: read, list, stop, retry."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError
from emulator.services.codepipeline import (
    action_documents,
    conditions,
    flow,
    lifecycle,
    notices,
    retries,
    rollbacks,
)
from emulator.services.codepipeline.declaration.plan import read_plan
from emulator.services.codepipeline.records import (
    ACTION_EXECUTION,
    EXECUTION,
    FAILED,
    IN_PROGRESS,
    RUNNING,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    execution_name,
    existing_execution,
    existing_pipeline,
    existing_stage,
    page,
    plan_of,
)
from emulator.store import Document

_SUMMARY = (
    "pipelineExecutionId",
    "status",
    "statusSummary",
    "startTime",
    "lastUpdateTime",
    "trigger",
    "stopTrigger",
    "executionMode",
    "executionType",
    "rollbackMetadata",
)


def get_pipeline_execution(context: Context, request: Request) -> Answer:
    """An execution.

    Raises:
        AwsError: PipelineNotFoundException; PipelineExecutionNotFoundException.
    """
    execution = existing_execution(context, request["pipelineName"], request["pipelineExecutionId"])
    shown = {key: value for key, value in execution.items() if not key.startswith("_")}
    return {"pipelineExecution": shown}


def list_pipeline_executions(context: Context, request: Request) -> Answer:
    """The pipeline's executions, newest first.

    Raises:
        AwsError: PipelineNotFoundException; InvalidNextTokenException.
    """
    name = request["pipelineName"]
    existing_pipeline(context, name)
    executions = context.store.list(EXECUTION, f"{name}/")[::-1]
    stage = request.get("filter", {}).get("succeededInStage", {}).get("stageName")
    if stage is not None:
        executions = [
            each for each in executions if each["_Stages"].get(stage, {}).get("status") == SUCCEEDED
        ]
    shown, following = page(request, f"ListPipelineExecutions/{name}", executions, _summary)
    return {"pipelineExecutionSummaries": shown, **following}


def _summary(execution: Document) -> Answer:
    shown = {key: execution[key] for key in _SUMMARY if key in execution}
    return {**shown, "sourceRevisions": execution["_SourceRevisions"]}


def stop_pipeline_execution(context: Context, request: Request) -> Answer:
    """Stop an execution: its running actions end first, or are abandoned.

    Raises:
        AwsError: PipelineNotFoundException; PipelineExecutionNotStoppableException;
            DuplicatedStopRequestException.
    """
    name, execution_id = request["pipelineName"], request["pipelineExecutionId"]
    is_abandoned = request.get("abandon", False)
    with context.store.transaction():
        execution = _existing_for_stop(context, name, execution_id)
        if execution["status"] == STOPPING and not is_abandoned:
            raise AwsError(
                "DuplicatedStopRequestException",
                f"Execution {execution_id} is stopping already, and waits for its actions; with "
                "abandon it stops without them.",
            )
        reason = request.get("reason")
        if reason is not None:
            lifecycle.change(context, name, execution_id, stopTrigger={"reason": reason})
        plan = plan_of(context, execution)
        if not execution["_IsInside"]:
            lifecycle.stop_waiting(context, plan, execution)
        elif is_abandoned:
            _abandon(context, execution)
            lifecycle.leave_stage(context, plan, execution, STOPPED)
        else:
            stopping = lifecycle.change(context, name, execution_id, status=STOPPING)
            notices.tell_pipeline(context, stopping)
    return {"pipelineExecutionId": execution_id}


def _existing_for_stop(context: Context, name: str, execution_id: str) -> Document:
    existing_pipeline(context, name)
    execution = context.store.get(EXECUTION, execution_name(name, execution_id))
    if execution is None or execution["status"] not in RUNNING:
        found = "is not there" if execution is None else f"is {execution['status']}"
        raise AwsError(
            "PipelineExecutionNotStoppableException",
            f"Execution {execution_id} of pipeline '{name}' {found}: expected {IN_PROGRESS}.",
        )
    return execution


def _abandon(context: Context, execution: Document) -> None:
    prefix = execution_name(execution["pipelineName"], execution["pipelineExecutionId"])
    for document in context.store.list(ACTION_EXECUTION, f"{prefix}/"):
        if document["status"] == IN_PROGRESS:
            action_documents.abandon(context, f"{prefix}/{document['actionExecutionId']}")
    conditions.abandon(context, execution)


def retry_stage_execution(context: Context, request: Request) -> Answer:
    """Run a stage again that failed or was stopped.

    Raises:
        AwsError: PipelineNotFoundException; StageNotFoundException; StageNotRetryableException;
            NotLatestPipelineExecutionException; ConflictException.
    """
    name, execution_id = request["pipelineName"], request["pipelineExecutionId"]
    stage, mode = request["stageName"], request["retryMode"]
    with context.store.transaction():
        declaration = existing_pipeline(context, name)["pipeline"]
        existing_stage(declaration, stage)
        execution = _retryable(context, declaration, request)
        plan = plan_of(context, execution)
        retries.retry_stage(context, plan, execution, stage, mode, retries.MANUAL)
        flow.start(context, execution)
    return {"pipelineExecutionId": execution_id}


def _retryable(context: Context, declaration: Document, request: Request) -> Document:
    name, stage = request["pipelineName"], request["stageName"]
    execution_id = request["pipelineExecutionId"]
    execution = context.store.get(EXECUTION, execution_name(name, execution_id))
    state = {} if execution is None else execution["_Stages"].get(stage, {})
    if execution is None or state.get("status") not in (FAILED, STOPPED):
        raise _not_retryable(
            f"execution {execution_id} has not failed in stage '{stage}': it is "
            f"{state.get('status', 'not there')}"
        )
    if execution["pipelineVersion"] != declaration["version"]:
        raise _not_retryable(
            f"the pipeline's structure changed from version {execution['pipelineVersion']} to "
            f"{declaration['version']}; start a new execution"
        )
    retries.refuse_if_overtaken(context, execution, stage)
    return execution


def _not_retryable(reason: str) -> AwsError:
    return AwsError("StageNotRetryableException", f"Unable to retry: {reason}.")


def rollback_stage(context: Context, request: Request) -> Answer:
    """Run a stage with the artifacts and variables of an execution that succeeded in it.

    Raises:
        AwsError: PipelineNotFoundException; StageNotFoundException;
            PipelineExecutionNotFoundException; PipelineExecutionOutdatedException;
            UnableToRollbackStageException.
    """
    name, target_id = request["pipelineName"], request["targetPipelineExecutionId"]
    with context.store.transaction():
        declaration = existing_pipeline(context, name)["pipeline"]
        at = existing_stage(declaration, request["stageName"])
        target, plan = existing_execution(context, name, target_id), read_plan(declaration)
        rollbacks.check_target(context, plan, target, at)
        trigger = {
            "triggerType": "ManualRollback",
            "triggerDetail": f"arn:aws:iam::{context.settings.account_id}:root",
        }
        execution = lifecycle.begin_rollback(context, plan, trigger, target, at)
        flow.start(context, execution)
    return {"pipelineExecutionId": execution["pipelineExecutionId"]}


OPERATIONS: Mapping[str, Handler] = {
    "RollbackStage": rollback_stage,
    "GetPipelineExecution": get_pipeline_execution,
    "ListPipelineExecutions": list_pipeline_executions,
    "StopPipelineExecution": stop_pipeline_execution,
    "RetryStageExecution": retry_stage_execution,
}
