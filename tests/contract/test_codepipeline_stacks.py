"""CloudFormation as an action, and pipelines that a template declares."""

import json
from typing import Any

from tests.conftest import ROLE_ARN
from tests.contract.code_pipelines import CodePipelineLab, action, approval, lab, stage
from tests.contract.deliveries import STAGE, TEMPLATE, build, project, put, source

__all__ = ["lab"]


def deploy(name: str, mode: str, stack: str, **members: Any) -> dict[str, Any]:
    configuration = {"ActionMode": mode, "StackName": stack, **members.pop("configuration", {})}
    if mode not in ("CHANGE_SET_EXECUTE", "DELETE_ONLY"):
        configuration |= {
            "RoleArn": ROLE_ARN,
            "TemplatePath": "Built::template.json",
            "TemplateConfiguration": "Built::staging.json",
            "ParameterOverrides": json.dumps({"Tag": "#{Build.TAG}"}),
            "Capabilities": "CAPABILITY_IAM,CAPABILITY_NAMED_IAM",
        }
        members.setdefault("inputArtifacts", ["Built"])
    return action(name, "Deploy", "CloudFormation", configuration=configuration, **members)


def second(lab: CodePipelineLab, name: str) -> str:
    """The id of the execution that a push starts, once it is there."""
    found = lab.until(lambda: lab.executions(name), lambda each: len(each) == 2)
    return str(found[0]["pipelineExecutionId"])


def value_of(lab: CodePipelineLab, stack: str) -> str:
    [found] = lab.emulator.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    [output] = found["Outputs"]
    parameter = lab.emulator.client("ssm").get_parameter(Name=output["OutputValue"])
    return str(parameter["Parameter"]["Value"])


def test_a_changed_source_is_built_and_deployed(lab: CodePipelineLab) -> None:
    stack = lab.unique("stack")
    pipeline = lab.create(
        stage("Source", source(lab, polls="true")),
        stage("Build", build(lab, project(lab))),
        stage(
            "Deploy",
            deploy(
                "Stack",
                "CREATE_UPDATE",
                stack,
                outputArtifacts=["Outputs"],
                configuration={"OutputFileName": "outputs.json"},
                namespace="Stack",
            ),
        ),
        variables=STAGE,
    )
    created = lab.ended(pipeline)
    assert created["status"] == "Succeeded", created["statusSummary"]
    version_id = put(lab, {"more.txt": "more"})

    execution = lab.ended(pipeline, second(lab, pipeline))

    assert execution["status"] == "Succeeded", execution["statusSummary"]
    assert execution["trigger"]["triggerType"] == "PollForSourceChanges"
    assert value_of(lab, stack) == f"staging/beta-{version_id}"
    deployed, built, taken = lab.action_executions(pipeline, execution["pipelineExecutionId"])
    assert taken["output"]["outputVariables"]["VersionId"] == version_id
    assert built["output"]["outputVariables"] == {"TAG": f"beta-{version_id}"}
    build_id = built["output"]["executionResult"]["externalExecutionId"]
    [found] = lab.emulator.client("codebuild").batch_get_builds(ids=[build_id])["builds"]
    assert found["initiator"] == f"codepipeline/{pipeline}"
    assert set(deployed["output"]["outputVariables"]) == {"Name"}
    [tag] = lab.emulator.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0][
        "Tags"
    ]
    assert tag == {"Key": "team", "Value": "books"}
    again = lab.start(pipeline)
    assert lab.ended(pipeline, again)["status"] == "Succeeded"
    summary = lab.action(pipeline, "Deploy", "Stack")["summary"]
    assert "No updates are to be performed" in summary


def test_a_change_set_is_made_approved_and_executed(lab: CodePipelineLab) -> None:
    stack = lab.unique("stack")
    change_set = {"configuration": {"ChangeSetName": "release"}}
    pipeline = lab.create(
        stage("Source", source(lab)),
        stage("Build", build(lab, project(lab))),
        stage(
            "Deploy",
            deploy("Plan", "CHANGE_SET_REPLACE", stack, **change_set),
            approval(runOrder=2),
            deploy(
                "Execute",
                "CHANGE_SET_EXECUTE",
                stack,
                runOrder=3,
                configuration={"ChangeSetName": "release"},
            ),
        ),
        stage(
            "Remove",
            deploy("Remove", "DELETE_ONLY", stack, configuration={"RoleArn": ROLE_ARN}),
        ),
        variables=STAGE,
    )
    lab.pipelines.disable_stage_transition(
        pipelineName=pipeline, stageName="Remove", transitionType="Inbound", reason="look first"
    )
    lab.answer(pipeline)
    lab.until(lambda: lab.stages(pipeline)["Remove"]["inboundExecutions"], len)
    assert value_of(lab, stack).startswith("staging/beta-")

    lab.pipelines.enable_stage_transition(
        pipelineName=pipeline, stageName="Remove", transitionType="Inbound"
    )

    execution = lab.ended(pipeline)
    assert execution["status"] == "Succeeded", execution["statusSummary"]
    stacks = lab.emulator.client("cloudformation").list_stacks(
        StackStatusFilter=["DELETE_COMPLETE"]
    )["StackSummaries"]
    assert stack in [each["StackName"] for each in stacks]


def test_a_stack_that_fails_tells_its_first_failed_resource(lab: CodePipelineLab) -> None:
    bad = {
        **TEMPLATE,
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": lab.bucket}}
        },
        "Outputs": {},
    }
    stack = lab.unique("stack")
    pipeline = lab.create(
        stage("Source", source(lab, **{"template.json": json.dumps(bad)})),
        stage("Build", build(lab, project(lab))),
        stage("Deploy", deploy("Stack", "REPLACE_ON_FAILURE", stack)),
        variables=STAGE,
    )

    summary = lab.ended(pipeline)["statusSummary"]

    assert "ROLLBACK_COMPLETE: Bucket (AWS::S3::Bucket) CREATE_FAILED: " in summary
    assert f"({stack}" not in summary
    good = put(lab, {})
    execution = lab.ended(pipeline, lab.start(pipeline))
    assert execution["status"] == "Succeeded", execution["statusSummary"]
    assert value_of(lab, stack) == f"staging/beta-{good}"


def test_a_template_declares_a_pipeline_and_its_tags(lab: CodePipelineLab) -> None:
    name, stack = lab.unique("delivery"), lab.unique("stack")
    lab.source()
    kinds = {
        "Source": {"Category": "Source", "Owner": "AWS", "Provider": "S3", "Version": "1"},
        "Approve": {"Category": "Approval", "Owner": "AWS", "Provider": "Manual", "Version": "1"},
    }
    declared = {
        "Name": "Source",
        "ActionTypeId": kinds["Source"],
        "Configuration": {
            "S3Bucket": lab.bucket,
            "S3ObjectKey": "Source.zip",
            "PollForSourceChanges": "false",
        },
        "OutputArtifacts": [{"Name": "Code"}],
    }
    properties = {
        "Name": name,
        "RoleArn": ROLE_ARN,
        "PipelineType": "V2",
        "ArtifactStore": {"Type": "S3", "Location": lab.bucket},
        "Stages": [
            {"Name": "Source", "Actions": [declared]},
            {
                "Name": "Deploy",
                "Actions": [{"Name": "Approve", "ActionTypeId": kinds["Approve"]}],
            },
        ],
        "Tags": [{"Key": "team", "Value": "books"}],
    }
    resource = {"Type": "AWS::CodePipeline::Pipeline", "Properties": properties}
    stacks = lab.emulator.client("cloudformation")

    def settled() -> str:
        stacks_now = lab.until(
            lambda: stacks.describe_stacks(StackName=stack)["Stacks"],
            lambda found: not found[0]["StackStatus"].endswith("_IN_PROGRESS"),
        )
        return str(stacks_now[0]["StackStatus"])

    template = {"Resources": {"Pipeline": resource}}
    stacks.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    assert settled() == "CREATE_COMPLETE"
    lab.answer(name)
    assert lab.ended(name)["status"] == "Succeeded"
    properties["ExecutionMode"] = "QUEUED"
    stacks.update_stack(StackName=stack, TemplateBody=json.dumps(template))

    assert settled() == "UPDATE_COMPLETE"
    found = lab.pipelines.get_pipeline(name=name)
    assert (found["pipeline"]["version"], found["pipeline"]["executionMode"]) == (2, "QUEUED")
    tags = lab.pipelines.list_tags_for_resource(resourceArn=found["metadata"]["pipelineArn"])
    assert {"key": "team", "value": "books"} in tags["tags"]
