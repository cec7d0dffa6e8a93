"""The documents of pipelines and of executions, also of actions and rules; how they are found."""

from collections.abc import Callable, Sequence
from typing import Any

from emulator.context import Answer, Context, Request
from emulator.errors import AwsError
from emulator.page_tokens import entry_before, token_after
from emulator.services.codepipeline.declaration.plan import Plan, read_plan
from emulator.store import Document, Missing

PIPELINE = "CodePipeline"
VERSION = "CodePipelineVersion"
EXECUTION = "CodePipelineExecution"
ACTION_EXECUTION = "CodePipelineActionExecution"
RULE_EXECUTION = "CodePipelineRuleExecution"
# Who is in which stage and who waits for it; one document a pipeline.
PROGRESS = "CodePipelineProgress"
JOB = "CodePipelineJob"

IN_PROGRESS, STOPPING, STOPPED = "InProgress", "Stopping", "Stopped"
SUCCEEDED, FAILED, SUPERSEDED = "Succeeded", "Failed", "Superseded"
CANCELLED, ABANDONED, SKIPPED = "Cancelled", "Abandoned", "Skipped"
OVERRIDDEN, ERRORED = "Overridden", "Errored"
RUNNING = (IN_PROGRESS, STOPPING)

# Which attempt at which stage an execution is at.
Visit = tuple[int, int]

_PAGE_SIZE = 100


def pipeline_arn(context: Context, name: str) -> str:
    """The pipeline's ARN."""
    settings = context.settings
    return f"arn:aws:codepipeline:{settings.region}:{settings.account_id}:{name}"


def existing_pipeline(context: Context, name: str) -> Document:
    """The pipeline's document.

    Raises:
        AwsError: PipelineNotFoundException.
    """
    document = context.store.get(PIPELINE, name)
    if document is None:
        raise AwsError(
            "PipelineNotFoundException",
            f"Account '{context.settings.account_id}' does not have a pipeline with name '{name}'",
        )
    return document


def existing_execution(context: Context, pipeline: str, execution_id: str) -> Document:
    """The execution's document.

    Raises:
        AwsError: PipelineNotFoundException; PipelineExecutionNotFoundException.
    """
    existing_pipeline(context, pipeline)
    document = context.store.get(EXECUTION, execution_name(pipeline, execution_id))
    if document is None:
        raise AwsError(
            "PipelineExecutionNotFoundException",
            f"Pipeline '{pipeline}' does not have an execution with id '{execution_id}'",
        )
    return document


def existing_stage(declaration: Document, name: str) -> int:
    """Which stage of the declaration has the name, counted from 0.

    Raises:
        AwsError: StageNotFoundException.
    """
    names = [stage["name"] for stage in declaration["stages"]]
    if name not in names:
        raise AwsError(
            "StageNotFoundException",
            f"Pipeline '{declaration['name']}' does not have a stage with name '{name}'; it has: "
            f"{', '.join(names)}",
        )
    return names.index(name)


def version_name(pipeline: str, version: int) -> str:
    """The name of a version of the declaration in the store."""
    return f"{pipeline}/{version}"


def execution_name(pipeline: str, execution_id: str) -> str:
    """The name of an execution in the store."""
    return f"{pipeline}/{execution_id}"


def action_execution_name(pipeline: str, execution_id: str, action_execution_id: str) -> str:
    """The name of an action's execution in the store."""
    return f"{pipeline}/{execution_id}/{action_execution_id}"


def rule_execution_name(pipeline: str, execution_id: str, rule_execution_id: str) -> str:
    """The name of a rule's execution in the store."""
    return f"{pipeline}/{execution_id}/{rule_execution_id}"


def visit_of(execution: Document) -> Visit:
    """Which attempt at which stage the execution is at."""
    return execution["_Attempt"], execution["_At"]


def plan_of(context: Context, execution: Document) -> Plan:
    """The plan that the execution was started with.

    Raises:
        Missing: The pipeline was deleted.
    """
    name = version_name(execution["pipelineName"], execution["pipelineVersion"])
    declaration = context.store.get(VERSION, name)
    if declaration is None:
        raise Missing(VERSION, name)
    return read_plan(declaration)


def page(
    request: Request,
    list_name: str,
    documents: Sequence[Document],
    show: Callable[[Document], Any],
) -> tuple[list[Any], Answer]:
    """One page, and the nextToken of the next as a member of the answer.

    Raises:
        AwsError: InvalidNextTokenException for a token that this list did not give.
    """
    token = request.get("nextToken")
    try:
        start = int(entry_before(list_name, token)) if token else 0
    except ValueError as error:
        raise AwsError(
            "InvalidNextTokenException", "The nextToken is none that this operation gave."
        ) from error
    end = start + int(request.get("maxResults", _PAGE_SIZE))
    following = {"nextToken": token_after(list_name, str(end))} if end < len(documents) else {}
    return [show(document) for document in documents[start:end]], following
