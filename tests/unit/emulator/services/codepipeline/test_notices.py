"""Events in the shapes of "Monitoring CodePipeline events" of the CodePipeline user guide."""

import re

from emulator.services.codepipeline.records import EXECUTION, RUNNING
from emulator.services.events.outbox import KIND as WAITING_EVENT
from tests.unit.emulator.services.codepipeline.conftest import (
    BUCKET,
    WAIT_SECONDS,
    Harness,
    source_action,
)

ARN = "arn:aws:codepipeline:us-east-1:123456789012:p"


def run_to_approval(harness: Harness, status: str) -> str:
    objects = harness.context.objects
    objects.configure_bucket(BUCKET, lambda _: {"Versioning": {"Status": "Enabled"}})
    objects.put_bytes(BUCKET, "code.zip", b"code")
    source = source_action(
        "S3", S3Bucket=BUCKET, S3ObjectKey="code.zip", PollForSourceChanges="false"
    )
    harness.create("p", source)
    execution_id: str = harness.executions("p")[0]["pipelineExecutionId"]
    store = harness.context.store
    store.wait_until(
        "CodePipelineProgress", "p", lambda each: "Deploy/Approve" in each["Actions"], WAIT_SECONDS
    )
    name = (store.get("CodePipelineProgress", "p") or {})["Actions"]["Deploy/Approve"]
    action = store.wait_until(
        "CodePipelineActionExecution", name, lambda each: bool(each["_IsAsked"]), WAIT_SECONDS
    )
    harness.call(
        "PutApprovalResult",
        pipelineName="p",
        stageName="Deploy",
        actionName="Approve",
        token=action["_Token"],
        result={"status": status, "summary": "seen"},
    )
    store.wait_until(
        EXECUTION, f"p/{execution_id}", lambda each: each["status"] not in RUNNING, WAIT_SECONDS
    )
    return execution_id


def test_pipeline_and_stages_tell_their_states_in_order(harness: Harness) -> None:
    execution_id = run_to_approval(harness, "Approved")

    pipeline, stages = harness.events("Pipeline"), harness.events("Stage")

    assert [each["state"] for each in pipeline] == ["STARTED", "SUCCEEDED"]
    assert [(each["stage"], each["state"]) for each in stages] == [
        ("Source", "STARTED"),
        ("Source", "SUCCEEDED"),
        ("Deploy", "STARTED"),
        ("Deploy", "SUCCEEDED"),
    ]
    started = pipeline[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", started.pop("start-time"))
    assert started == {
        "pipeline": "p",
        "execution-id": execution_id,
        "execution-trigger": {"trigger-type": "CreatePipeline", "trigger-detail": ARN},
        "state": "STARTED",
        "version": 1.0,
        "pipeline-execution-attempt": 1.0,
    }
    [event, *_] = harness.context.store.list(WAITING_EVENT)
    assert (event["source"], event["resources"]) == ("aws.codepipeline", [ARN])


def test_actions_tell_their_artifacts_and_why_they_failed(harness: Harness) -> None:
    run_to_approval(harness, "Rejected")

    source, approval = (
        [each for each in harness.events("Action") if each["action"] == name][-1]
        for name in ("Source", "Approve")
    )

    assert source["state"] == "SUCCEEDED"
    assert source["type"] == {
        "owner": "AWS",
        "provider": "S3",
        "category": "Source",
        "version": "1",
    }
    [artifact] = source["output-artifacts"]
    assert artifact["name"] == "Code"
    assert artifact["s3location"]["bucket"] == BUCKET
    assert approval["state"] == "FAILED"
    assert approval["stage"] == "Deploy"
    rejected = "Rejected by arn:aws:iam::123456789012:root: seen"
    assert approval["execution-result"] == {
        "external-execution-summary": rejected,
        "error-code": "JobFailed",
    }
    assert harness.events("Pipeline")[-1]["state"] == "FAILED"
