"""Approval: wait for somebody's answer.

Source: "Manual approval action reference" and "JSON data format for manual approval notifications"
of the user guide.
"""

import json
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from emulator.services.clients import client
from emulator.services.codepipeline.actions.work import (
    CONFIGURATION_ERROR,
    JOB_FAILED,
    Abandoned,
    ActionFailed,
    Result,
    Work,
)
from emulator.services.codepipeline.records import ACTION_EXECUTION, IN_PROGRESS
from emulator.store import Document

# Source: "Quotas in CodePipeline": an approval waits for 7 days unless its action says otherwise.
DEFAULT_TIMEOUT_MINUTES = 7 * 24 * 60
APPROVED = "Approved"


def perform(work: Work) -> Result:
    """Ask, once, and wait for the answer."""
    store = work.context.store
    document = store.get(ACTION_EXECUTION, work.name)
    if document is None:
        raise Abandoned
    deadline = deadline_of(document["startTime"], work.action.timeout_minutes)
    if not document["_IsAsked"]:
        _ask(work, document["_Token"], deadline)
    try:
        document = store.wait_until(
            ACTION_EXECUTION, work.name, _is_answered, deadline - work.context.clock()
        )
    except TimeoutError as error:
        raise ActionFailed(
            JOB_FAILED, "The approval action timed out: nobody approved or rejected it."
        ) from error
    if document["status"] != IN_PROGRESS:
        raise Abandoned
    answer = document["_Approval"]
    if answer["status"] != APPROVED:
        said = f": {answer['summary']}" if answer["summary"] else ""
        raise ActionFailed(JOB_FAILED, f"Rejected by {answer['by']}{said}")
    return Result(summary=answer["summary"])


def deadline_of(start: float, timeout_minutes: int | None) -> float:
    """When an approval that was asked for at the start is too late, in epoch seconds."""
    return start + 60 * (timeout_minutes or DEFAULT_TIMEOUT_MINUTES)


def _is_answered(document: Document) -> bool:
    return document["status"] != IN_PROGRESS or "_Approval" in document


def _ask(work: Work, token: str, deadline: float) -> None:
    topic_arn = work.configuration.get("NotificationArn")
    if topic_arn:
        subject = f"APPROVAL NEEDED: AWS CodePipeline {work.plan.pipeline} for action "
        try:
            client(work.context, "sns").publish(
                TopicArn=topic_arn,
                Subject=f"{subject}{work.action.name}"[:100],
                Message=json.dumps(notification(work, token, deadline)),
            )
        except ClientError as error:
            raise ActionFailed(
                CONFIGURATION_ERROR, f"NotificationArn {topic_arn}: {error}"
            ) from error

    def asked(document: Document) -> None:
        document["_IsAsked"] = True

    work.context.store.update(ACTION_EXECUTION, work.name, asked)


def notification(work: Work, token: str, deadline: float) -> dict[str, object]:
    """What subscribers of the topic get."""
    region, plan, action = work.context.settings.region, work.plan, work.action
    console = (
        f"https://console.aws.amazon.com/codepipeline/home?region={region}#/view/{plan.pipeline}"
    )
    link = work.configuration.get("ExternalEntityLink")
    text = work.configuration.get("CustomData")
    return {
        "region": region,
        "consoleLink": console,
        "approval": {
            "pipelineName": plan.pipeline,
            "stageName": work.stage,
            "actionName": action.name,
            "token": token,
            "expires": datetime.fromtimestamp(deadline, UTC).strftime("%Y-%m-%dT%H:%MZ"),
            **({"externalEntityLink": link} if link else {}),
            "approvalReviewLink": f"{console}/{work.stage}/{action.name}/approve/{token}",
            **({"customData": text} if text else {}),
        },
    }
