"""PutApprovalResult."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError
from emulator.services.codepipeline.declaration.actions import key_of
from emulator.services.codepipeline.declaration.providers import APPROVAL
from emulator.services.codepipeline.records import (
    ACTION_EXECUTION,
    IN_PROGRESS,
    action_execution_name,
    existing_pipeline,
    existing_stage,
)
from emulator.store import Document


def put_approval_result(context: Context, request: Request) -> Answer:
    """Approve or reject; of two answers at once the first counts.

    Raises:
        AwsError: PipelineNotFoundException; StageNotFoundException; ActionNotFoundException;
            InvalidApprovalTokenException; ApprovalAlreadyCompletedException.
    """
    _check_action(context, request)
    asked, now = _asked(context, request), context.clock()

    def answer(document: Document) -> None:
        if "_Approval" in document:
            raise AwsError(
                "ApprovalAlreadyCompletedException",
                f"The approval action '{request['actionName']}' has already been approved or "
                "rejected.",
            )
        if document["status"] != IN_PROGRESS:
            raise _bad_token(request)
        document["_Approval"] = {
            **request["result"],
            "by": f"arn:aws:iam::{context.settings.account_id}:root",
            "at": now,
        }

    context.store.update(ACTION_EXECUTION, asked, answer)
    return {"approvedAt": now}


def _check_action(context: Context, request: Request) -> None:
    name, stage, action = (
        request[member] for member in ("pipelineName", "stageName", "actionName")
    )
    declaration = existing_pipeline(context, name)["pipeline"]
    actions = declaration["stages"][existing_stage(declaration, stage)]["actions"]
    approvals = [each["name"] for each in actions if key_of(each) == APPROVAL]
    if action not in approvals:
        raise AwsError(
            "ActionNotFoundException",
            f"Stage '{stage}' has no approval action with name '{action}'; it has: "
            f"{', '.join(approvals) or 'none'}",
        )


def _asked(context: Context, request: Request) -> str:
    """The name in the store of the execution of the action that has the token.

    It need not be the latest: executions in PARALLEL mode ask at the same time.
    """
    pipeline, place = request["pipelineName"], (request["stageName"], request["actionName"])
    for document in context.store.list(ACTION_EXECUTION, f"{pipeline}/"):
        is_of_action = (document["stageName"], document["actionName"]) == place
        if is_of_action and document["_Token"] == request["token"]:
            ids = document["pipelineExecutionId"], document["actionExecutionId"]
            return action_execution_name(pipeline, *ids)
    raise _bad_token(request)


def _bad_token(request: Request) -> AwsError:
    return AwsError(
        "InvalidApprovalTokenException",
        f"The token is not that of an approval that '{request['actionName']}' asks for now; "
        "GetPipelineState tells it.",
    )


OPERATIONS: Mapping[str, Handler] = {"PutApprovalResult": put_approval_result}
