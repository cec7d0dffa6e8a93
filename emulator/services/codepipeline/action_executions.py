"""ListActionExecutions."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.services.codepipeline.histories import history
from emulator.services.codepipeline.records import ACTION_EXECUTION
from emulator.store import Document


def list_action_executions(context: Context, request: Request) -> Answer:
    """Executions of the pipeline's actions, newest first.

    Raises:
        AwsError: PipelineNotFoundException; PipelineExecutionNotFoundException;
            InvalidNextTokenException.
    """
    shown, following = history(
        context, request, "ListActionExecutions", ACTION_EXECUTION, "actionExecutionId", _current
    )
    return {"actionExecutionDetails": shown, **following}


def _current(execution: Document) -> set[str]:
    """The ids of the latest execution of each action."""
    stages = execution["_Stages"].values()
    return {action for stage in stages for action in stage["Actions"].values()}


OPERATIONS: Mapping[str, Handler] = {"ListActionExecutions": list_action_executions}
