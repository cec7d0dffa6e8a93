"""Rules of EventBridge that start pipelines, and those that hear of them."""

import re
from typing import Any

from tests.conftest import ROLE_ARN
from tests.contract.code_pipelines import CodePipelineLab, approval, lab, stage
from tests.contract.inboxes import EventLab, event_lab

__all__ = ["event_lab", "lab"]


def arn_of(name: str) -> str:
    return f"arn:aws:codepipeline:us-east-1:123456789012:{name}"


def test_a_rule_starts_a_pipeline_with_variables_and_revisions_of_the_event(
    lab: CodePipelineLab, event_lab: EventLab
) -> None:
    """Source: "Source revision overrides" of the CodePipeline user guide."""
    name = lab.create(
        stage("Deploy", approval(configuration={"CustomData": "#{variables.MODEL}"})),
        variables=[{"name": "MODEL", "defaultValue": "none"}],
        executionMode="PARALLEL",
    )
    [first] = lab.until(
        lambda: lab.execution(name, lab.first(name))["artifactRevisions"], lambda found: len(found)
    )
    lab.emulator.client("s3").put_object(Bucket=lab.bucket, Key="Source.zip", Body=b"newer")
    source = event_lab.unique("registry")
    template = (
        '{"variables": [{"name": "MODEL", "value": "<model>"}], "sourceRevisions":'
        ' [{"actionName": "Source", "revisionType": "S3_OBJECT_VERSION_ID",'
        ' "revisionValue": "<version>"}]}'
    )
    paths = {"model": "$.detail.model", "version": "$.detail.version"}
    rule = event_lab.rule(
        {"source": [source]},
        {
            "Arn": arn_of(name),
            "RoleArn": ROLE_ARN,
            "InputTransformer": {"InputPathsMap": paths, "InputTemplate": template},
        },
    )
    event_lab.send(source, {"model": "books/7", "version": first["revisionId"]})

    newest, _ = lab.until(lambda: lab.executions(name), lambda found: len(found) == 2)

    assert newest["trigger"] == {
        "triggerType": "CloudWatchEvent",
        "triggerDetail": f"arn:aws:events:us-east-1:123456789012:rule/{rule}",
    }
    execution_id = newest["pipelineExecutionId"]
    decision, source_action = lab.until(
        lambda: lab.action_executions(name, execution_id), lambda found: len(found) == 2
    )
    assert decision["input"]["resolvedConfiguration"] == {"CustomData": "books/7"}
    assert source_action["output"]["outputVariables"]["VersionId"] == first["revisionId"]


def test_pipelines_stages_and_actions_tell_their_states_in_the_documented_shapes(
    lab: CodePipelineLab, event_lab: EventLab
) -> None:
    """Source: "Monitoring CodePipeline events" of the user guide."""
    declaration = lab.declaration(stage("Deploy", approval()))
    name = declaration["name"]
    inbox = event_lab.listen({"source": ["aws.codepipeline"], "detail": {"pipeline": [name]}})
    lab.pipelines.create_pipeline(pipeline=declaration)
    lab.answer(name, "Rejected", summary="too bad")
    execution_id = lab.ended(name)["pipelineExecutionId"]

    heard = inbox.until(lambda bodies: len(bodies) == 10)

    kinds: dict[str, list[dict[str, Any]]] = {"Pipeline": [], "Stage": [], "Action": []}
    for each in heard:
        assert each["resources"] == [arn_of(name)]
        kind = each["detail-type"].removeprefix("CodePipeline ").split()[0]
        assert each["detail-type"] == f"CodePipeline {kind} Execution State Change"
        start = each["detail"].pop("start-time")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", start)
        kinds[kind].append(each["detail"])
    common = {
        "pipeline": name,
        "execution-id": execution_id,
        "version": 1.0,
        "pipeline-execution-attempt": 1.0,
    }
    trigger = {"trigger-type": "CreatePipeline", "trigger-detail": arn_of(name)}
    for state in ("STARTED", "FAILED"):
        assert {**common, "execution-trigger": trigger, "state": state} in kinds["Pipeline"]
    for of_stage, state in (
        ("Source", "STARTED"),
        ("Source", "SUCCEEDED"),
        ("Deploy", "STARTED"),
        ("Deploy", "FAILED"),
    ):
        assert {**common, "stage": of_stage, "state": state} in kinds["Stage"]
    [made] = [each for each in kinds["Action"] if each["state"] == "SUCCEEDED"]
    [failed] = [each for each in kinds["Action"] if each["state"] == "FAILED"]
    [artifact] = made["output-artifacts"]
    assert artifact["name"] == "SourceOutput"
    assert artifact["s3location"]["bucket"] == lab.bucket
    kind = {"owner": "AWS", "provider": "Manual", "category": "Approval", "version": "1"}
    said = "Rejected by arn:aws:iam::123456789012:root: too bad"
    del failed["action-execution-id"]
    assert failed == {
        **common,
        "stage": "Deploy",
        "action": "Approve",
        "state": "FAILED",
        "region": "us-east-1",
        "type": kind,
        "input-artifacts": [],
        "output-artifacts": [],
        "execution-result": {"external-execution-summary": said, "error-code": "JobFailed"},
    }
