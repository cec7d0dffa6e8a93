"""ListActionExecutions."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.services.codepipeline.records import (
    ACTION_EXECUTION,
    existing_execution,
    existing_pipeline,
    page,
)
from emulator.store import Document

_ALL = "All"


def list_action_executions(context: Context, request: Request) -> Answer:
    """Executions of the pipeline's actions, newest first.

    Raises:
        AwsError: PipelineNotFoundException; PipelineExecutionNotFoundException;
            InvalidNextTokenException.
    """
    name, filters = request["pipelineName"], request.get("filter", {})
    existing_pipeline(context, name)
    latest = filters.get("latestInPipelineExecution", {})
    execution_id = filters.get("pipelineExecutionId", latest.get("pipelineExecutionId"))
    prefix = f"{name}/"
    current: set[str] | None = None
    if execution_id is not None:
        execution = existing_execution(context, name, execution_id)
        prefix = f"{name}/{execution_id}/"
        if latest.get("startTimeRange", _ALL) != _ALL:
            current = _current(execution)
    found = [
        each
        for each in reversed(context.store.list(ACTION_EXECUTION, prefix))
        if current is None or each["actionExecutionId"] in current
    ]
    shown, following = page(request, f"ListActionExecutions/{prefix}", found, _public)
    return {"actionExecutionDetails": shown, **following}


def _current(execution: Document) -> set[str]:
    """The ids of the latest execution of each action."""
    stages = execution["_Stages"].values()
    return {action for stage in stages for action in stage["Actions"].values()}


def _public(document: Document) -> Answer:
    return {key: value for key, value in document.items() if not key.startswith("_")}


OPERATIONS: Mapping[str, Handler] = {"ListActionExecutions": list_action_executions}
