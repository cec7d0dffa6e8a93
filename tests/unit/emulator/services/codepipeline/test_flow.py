"""What an execution does after a restart, and for a rule."""

import pytest

from emulator.errors import AwsError
from emulator.services import codepipeline
from emulator.services.codepipeline.action_documents import begin
from emulator.services.codepipeline.records import (
    ACTION_EXECUTION,
    EXECUTION,
    RUNNING,
    plan_of,
)
from emulator.services.codepipeline.starting import start_by_rule
from emulator.store import Document
from tests.unit.emulator.services.codepipeline.conftest import (
    BUCKET,
    WAIT_SECONDS,
    Harness,
    source_action,
)

DAYS = 24 * 60 * 60


@pytest.fixture
def asked(harness: Harness) -> str:
    """The name of an approval, of pipeline p, that is asked for."""
    objects = harness.context.objects
    objects.configure_bucket(BUCKET, lambda _: {"Versioning": {"Status": "Enabled"}})
    objects.put_bytes(BUCKET, "code.zip", b"code")
    source = source_action(
        "S3", S3Bucket=BUCKET, S3ObjectKey="code.zip", PollForSourceChanges="false"
    )
    variables = [{"name": "STAGE", "defaultValue": "staging"}]
    harness.create("p", source, executionMode="PARALLEL", variables=variables)
    return approval_of(harness)


def approval_of(harness: Harness) -> str:
    store = harness.context.store
    progress = store.wait_until(
        "CodePipelineProgress", "p", lambda each: "Deploy/Approve" in each["Actions"], WAIT_SECONDS
    )
    name: str = progress["Actions"]["Deploy/Approve"]
    store.wait_until(ACTION_EXECUTION, name, lambda each: bool(each["_IsAsked"]), WAIT_SECONDS)
    return name


@pytest.mark.parametrize(("age_days", "is_over"), [(6.9, False), (7.1, True)])
def test_an_approval_is_waited_for_seven_days_whenever_the_emulator_ran(
    harness: Harness, asked: str, age_days: float, is_over: bool
) -> None:
    """Source: "Quotas in CodePipeline", manual approval action account level default timeout."""
    store = harness.context.store

    def grow_old(document: Document) -> None:
        document["startTime"] -= age_days * DAYS

    token = store.update(ACTION_EXECUTION, asked, grow_old)["_Token"]
    codepipeline.recover(harness.context)
    if not is_over:
        harness.call(
            "PutApprovalResult",
            pipelineName="p",
            stageName="Deploy",
            actionName="Approve",
            token=token,
            result={"status": "Approved", "summary": ""},
        )
    pipeline, execution_id, _ = asked.split("/")
    execution = store.wait_until(
        EXECUTION,
        f"{pipeline}/{execution_id}",
        lambda each: each["status"] not in RUNNING,
        WAIT_SECONDS,
    )
    result = (store.get(ACTION_EXECUTION, asked) or {})["output"].get("executionResult", {})

    assert execution["status"] == ("Failed" if is_over else "Succeeded")
    assert ("timed out" in result.get("externalExecutionSummary", "")) is is_over


def test_a_rule_starts_an_execution_once_and_is_its_trigger(harness: Harness, asked: str) -> None:
    rule_arn = "arn:aws:events:us-east-1:123456789012:rule/changed"
    request = {"name": "p", "clientRequestToken": "delivery-1"}

    started = [start_by_rule(harness.context, request, rule_arn) for _ in range(2)]

    assert started[0] == started[1]
    [_, execution] = harness.executions("p")
    assert execution["pipelineExecutionId"] == started[0]["pipelineExecutionId"]
    assert execution["trigger"] == {"triggerType": "CloudWatchEvent", "triggerDetail": rule_arn}


def test_fifty_executions_run_at_the_same_time_and_no_more(harness: Harness, asked: str) -> None:
    """Source: "Quotas in CodePipeline", concurrent executions in PARALLEL mode."""
    for _ in range(49):
        harness.call("StartPipelineExecution", name="p")

    with pytest.raises(AwsError) as caught:
        harness.call("StartPipelineExecution", name="p")

    assert caught.value.code == "ConcurrentPipelineExecutionsLimitExceededException"
    assert len(harness.executions("p")) == 50


def test_no_action_begins_once_its_execution_was_stopped_or_retried(
    harness: Harness, asked: str
) -> None:
    store = harness.context.store
    pipeline, execution_id, _ = asked.split("/")
    seen = store.get(EXECUTION, f"{pipeline}/{execution_id}") or {}
    plan = plan_of(harness.context, seen)
    stage = plan.stages[1]
    retried = {**seen, "_Attempt": seen["_Attempt"] - 1}

    assert begin(harness.context, plan, stage, stage.actions[0], retried) is None
    harness.call(
        "StopPipelineExecution",
        pipelineName=pipeline,
        pipelineExecutionId=execution_id,
        abandon=True,
    )
    assert begin(harness.context, plan, stage, stage.actions[0], seen) is None
    assert len(store.list(ACTION_EXECUTION, f"{pipeline}/{execution_id}/")) == 2
