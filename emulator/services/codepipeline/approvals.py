"""PutApprovalResult."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError
from emulator.services.codepipeline.declaration.actions import key_of
from emulator.services.codepipeline.declaration.providers import APPROVAL
from emulator.services.codepipeline.records import (
    ACTION_EXECUTION,
    IN_PROGRESS,
    PROGRESS,
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
    latest = _latest(context, request)
    now = context.clock()

    def answer(document: Document) -> None:
        if document["_Token"] != request["token"]:
            raise _bad_token(request)
        if "_Approval" in document or document["status"] != IN_PROGRESS:
            raise AwsError(
                "ApprovalAlreadyCompletedException",
                f"The approval action '{request['actionName']}' has already been approved or "
                "rejected, or has ended otherwise.",
            )
        document["_Approval"] = {
            **request["result"],
            "by": f"arn:aws:iam::{context.settings.account_id}:root",
            "at": now,
        }

    context.store.update(ACTION_EXECUTION, latest, answer)
    return {"approvedAt": now}


def _latest(context: Context, request: Request) -> str:
    """The name of the action's latest execution in the store."""
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
    progress = context.store.get(PROGRESS, name) or {"Actions": {}}
    latest = progress["Actions"].get(f"{stage}/{action}")
    if latest is None:
        raise _bad_token(request)
    return str(latest)


def _bad_token(request: Request) -> AwsError:
    return AwsError(
        "InvalidApprovalTokenException",
        f"The token is not that of the approval that '{request['actionName']}' asks for now; "
        "GetPipelineState tells it.",
    )


OPERATIONS: Mapping[str, Handler] = {"PutApprovalResult": put_approval_result}
