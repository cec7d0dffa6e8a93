"""Rules of EventBridge that start pipelines, and those that hear of them."""

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


def test_rules_hear_of_a_pipelines_states(lab: CodePipelineLab, event_lab: EventLab) -> None:
    """Source: "Monitoring CodePipeline events"."""
    declaration = lab.declaration(stage("Deploy", approval()))
    name = declaration["name"]
    inbox = event_lab.listen(
        {
            "source": ["aws.codepipeline"],
            "detail-type": ["CodePipeline Stage Execution State Change"],
            "detail": {"pipeline": [name], "state": ["FAILED", "SUCCEEDED"]},
        }
    )
    lab.pipelines.create_pipeline(pipeline=declaration)
    lab.answer(name, "Rejected")
    execution = lab.ended(name)

    heard = inbox.until(lambda bodies: len(bodies) == 2)

    assert {(each["detail"]["stage"], each["detail"]["state"]) for each in heard} == {
        ("Source", "SUCCEEDED"),
        ("Deploy", "FAILED"),
    }
    for each in heard:
        assert each["resources"] == [arn_of(name)]
        assert each["detail"]["execution-id"] == execution["pipelineExecutionId"]
