"""Lists of the executions of a pipeline's actions and rules."""

from collections.abc import Callable
from typing import Any

from emulator.context import Answer, Context, Request
from emulator.services.codepipeline.records import existing_execution, existing_pipeline, page
from emulator.store import Document

_ALL = "All"


def history(
    context: Context,
    request: Request,
    operation: str,
    kind: str,
    id_member: str,
    current_of: Callable[[Document], set[str]],
) -> tuple[list[Any], Answer]:
    """The asked page of a kind of documents, newest first, and the next one's token.

    ``current_of`` gives the ids of those that are the latest in an execution.

    Raises:
        AwsError: PipelineNotFoundException; PipelineExecutionNotFoundException;
            InvalidNextTokenException.
    """
    name, filters = request["pipelineName"], request.get("filter", {})
    existing_pipeline(context, name)
    latest = filters.get("latestInPipelineExecution", {})
    execution_id = filters.get("pipelineExecutionId", latest.get("pipelineExecutionId"))
    prefix, current = f"{name}/", None
    if execution_id is not None:
        execution = existing_execution(context, name, execution_id)
        prefix = f"{name}/{execution_id}/"
        if latest.get("startTimeRange", _ALL) != _ALL:
            current = current_of(execution)
    found = [
        each
        for each in reversed(context.store.list(kind, prefix))
        if current is None or each[id_member] in current
    ]
    return page(request, f"{operation}/{prefix}", found, _public)


def _public(document: Document) -> Answer:
    return {key: value for key, value in document.items() if not key.startswith("_")}
