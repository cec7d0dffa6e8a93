"""Pipelines: their declarations, versions, tags, and everything that is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ROLE_ARN
from tests.contract.code_pipelines import CodePipelineLab, action, approval, lab, stage

__all__ = ["lab"]

Change = Callable[[dict[str, Any]], object]


def error_of(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def arn_of(name: str) -> str:
    return f"arn:aws:codepipeline:us-east-1:123456789012:{name}"


def test_a_pipeline_is_kept_with_its_versions(lab: CodePipelineLab) -> None:
    declaration = lab.declaration(stage("Deploy", approval()))
    name, tags = declaration["name"], [{"key": "team", "value": "books"}]
    made = lab.pipelines.create_pipeline(pipeline=declaration, tags=tags)
    assert made["pipeline"]["version"] == 1
    assert made["pipeline"]["executionMode"] == "SUPERSEDED"
    assert made["tags"] == tags

    changed = {**made["pipeline"], "executionMode": "QUEUED"}
    updated = lab.pipelines.update_pipeline(pipeline=changed)
    found = lab.pipelines.get_pipeline(name=name)
    first = lab.pipelines.get_pipeline(name=name, version=1)

    assert updated["pipeline"]["version"] == 2
    assert found["pipeline"] == updated["pipeline"]
    assert found["metadata"]["pipelineArn"] == arn_of(name)
    assert found["metadata"]["updated"] > found["metadata"]["created"]
    assert first["pipeline"] == made["pipeline"]
    pages = lab.pipelines.get_paginator("list_pipelines").paginate()
    [summary] = [each for page in pages for each in page["pipelines"] if each["name"] == name]
    assert (summary["version"], summary["pipelineType"]) == (2, "V2")
    code, message = error_of(lab.pipelines.get_pipeline, name=name, version=3)
    assert code == "PipelineVersionNotFoundException"
    assert "no version 3" in message


def test_a_deleted_pipeline_is_gone_with_its_executions(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Deploy", approval()))
    execution_id = lab.first(name)
    lab.token(name)

    lab.pipelines.delete_pipeline(name=name)
    lab.pipelines.delete_pipeline(name=name)

    assert error_of(lab.pipelines.get_pipeline, name=name)[0] == "PipelineNotFoundException"
    assert error_of(lab.execution, name=name, execution_id=execution_id)[0] == (
        "PipelineNotFoundException"
    )
    again = lab.declaration(stage("Deploy", approval())) | {"name": name}
    lab.pipelines.create_pipeline(pipeline=again)
    assert [each["pipelineExecutionId"] for each in lab.executions(name)] != [execution_id]


def test_a_name_that_is_taken_is_refused(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Deploy", approval()))
    declaration = lab.declaration(stage("Deploy", approval())) | {"name": name}

    code, _ = error_of(lab.pipelines.create_pipeline, pipeline=declaration)

    assert code == "PipelineNameInUseException"


def test_tags_are_added_replaced_and_removed(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Deploy", approval()))
    pipelines, arn = lab.pipelines, arn_of(name)
    pipelines.tag_resource(
        resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    )
    pipelines.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "3"}])
    of_a_stack = {"key": "aws:cloudformation:stack-name", "value": "s"}
    pipelines.tag_resource(resourceArn=arn, tags=[of_a_stack])
    pipelines.untag_resource(resourceArn=arn, tagKeys=["b"])

    assert pipelines.list_tags_for_resource(resourceArn=arn)["tags"] == [
        {"key": "a", "value": "3"},
        of_a_stack,
    ]
    refused = error_of(
        pipelines.tag_resource, resourceArn=arn, tags=[{"key": "aws:x", "value": ""}]
    )
    assert refused[0] == "InvalidTagsException"
    missing = error_of(pipelines.list_tags_for_resource, resourceArn=arn_of("not-there"))
    assert missing[0] == "ResourceNotFoundException"
    foreign = arn.replace("us-east-1", "eu-west-1")
    assert error_of(pipelines.list_tags_for_resource, resourceArn=foreign)[0] == (
        "InvalidArnException"
    )


def approve(**members: Any) -> dict[str, Any]:
    return stage("Deploy", approval(**members))


def lambda_of(**members: Any) -> dict[str, Any]:
    members.setdefault("configuration", {"FunctionName": "f"})
    return action("Run", "Invoke", "Lambda", **members)


def cloudformation_of(mode: str, **configuration: str) -> dict[str, Any]:
    return action(
        "Stack",
        "Deploy",
        "CloudFormation",
        configuration={"ActionMode": mode, "StackName": "s"} | configuration,
        inputArtifacts=["SourceOutput"],
    )


def build_of(**members: Any) -> dict[str, Any]:
    members.setdefault("inputArtifacts", ["SourceOutput"])
    configuration = {"ProjectName": "p"} | members.pop("configuration", {})
    return action("Build", "Build", "CodeBuild", configuration=configuration, **members)


STRUCTURE, ACTION = "InvalidStructureException", "InvalidActionDeclarationException"


@pytest.mark.parametrize(
    ("stages", "code", "said"),
    [
        ([], STRUCTURE, ["at least 2 stages", "it has 1"]),
        ([approve(), approve()], STRUCTURE, ["'Deploy' is used more than once"]),
        ([stage("Deploy")], "InvalidStageDeclarationException", ["at least one action"]),
        (
            [stage("Deploy", approval(), approval())],
            "InvalidStageDeclarationException",
            ["more than one action with the name 'Approve'"],
        ),
        (
            [stage("Test", lambda_of(inputArtifacts=["BuildOutput"]))],
            STRUCTURE,
            ["Input Artifact Bundle BuildOutput in action Run", "they make: SourceOutput"],
        ),
        (
            [stage("Test", lambda_of(outputArtifacts=["SourceOutput"]))],
            STRUCTURE,
            ["must be unique within the pipeline", "SourceOutput"],
        ),
        (
            [
                stage(
                    "Test",
                    build_of(outputArtifacts=["Built"]),
                    lambda_of(inputArtifacts=["Built"]),
                )
            ],
            STRUCTURE,
            ["Input Artifact Bundle Built in action Run"],
        ),
        (
            [stage("Test", lambda_of(configuration={}))],
            ACTION,
            ["'Run' is missing required configuration 'FunctionName'"],
        ),
        (
            [stage("Test", lambda_of(configuration={"FunctionName": "f", "Payload": "x"}))],
            ACTION,
            ["'Run' contains unknown configuration 'Payload'", "FunctionName, UserParameters"],
        ),
        (
            [stage("Test", action("X", "Build", "CodeBuilt"))],
            ACTION,
            ["Provider: 'CodeBuilt'", "in action 'X' is not available"],
        ),
        (
            [stage("Test", action("X", "Invoke", "StepFunctions"))],
            "UnsupportedByEmulator",
            ["no Invoke action of AWS StepFunctions"],
        ),
        (
            [stage("Test", build_of(inputArtifacts=[]))],
            ACTION,
            ["Action Build declares 0 input artifacts", "minimum count (1)"],
        ),
        (
            [stage("Test", build_of(configuration={"EnvironmentVariables": "{}"}))],
            ACTION,
            ["EnvironmentVariables has to be a list"],
        ),
        (
            [stage("Test", build_of(configuration={"BatchEnabled": "true"}))],
            "UnsupportedByEmulator",
            ["batch builds"],
        ),
        (
            [stage("Test", cloudformation_of("CHANGE_SET_REPLACE", RoleArn=ROLE_ARN))],
            ACTION,
            ["'TemplatePath', which ActionMode CHANGE_SET_REPLACE needs", "'ChangeSetName'"],
        ),
        (
            [
                stage(
                    "Test",
                    cloudformation_of(
                        "CREATE_UPDATE", RoleArn=ROLE_ARN, TemplatePath="Built::template.json"
                    ),
                )
            ],
            ACTION,
            ["names the artifact 'Built'", "input artifacts: SourceOutput"],
        ),
        (
            [stage("Test", cloudformation_of("CREATE"))],
            ACTION,
            ["ActionMode is 'CREATE'", "DELETE_ONLY"],
        ),
        (
            [approve(configuration={"CustomData": "#{Build.TAG} #{variables.X} #{nothing}"})],
            ACTION,
            [
                "#{Build.TAG}: no earlier action has this namespace",
                "#{variables.X}: variables has: nothing",
                "#{nothing}: expected #{namespace.key}",
            ],
        ),
        (
            [stage("Test", lambda_of(timeoutInMinutes=5))],
            ACTION,
            ["only manual approvals take timeoutInMinutes"],
        ),
        (
            [approve() | {"onFailure": {"result": "SKIP"}}],
            "UnsupportedByEmulator",
            ["onFailure result SKIP"],
        ),
    ],
)
def test_a_declaration_that_cannot_run_is_refused(
    lab: CodePipelineLab, stages: list[dict[str, Any]], code: str, said: list[str]
) -> None:
    found = error_of(lab.pipelines.create_pipeline, pipeline=lab.declaration(*stages))

    assert found[0] == code
    for each in said:
        assert each in found[1]


@pytest.mark.parametrize(
    ("members", "code", "said"),
    [
        ({"pipelineType": "V1", "executionMode": "QUEUED"}, STRUCTURE, "executionMode SUPERSEDED"),
        ({"pipelineType": "V1", "variables": [{"name": "A"}]}, STRUCTURE, "have no variables"),
        ({"artifactStore": None}, STRUCTURE, "artifactStore or artifactStores; it has neither"),
        ({"roleArn": f"{ROLE_ARN}-not"}, STRUCTURE, "ExecutionRole-not: it does not exist"),
        ({"variables": [{"name": "A"}, {"name": "A"}]}, STRUCTURE, "'A' is declared more than"),
        (
            {
                "triggers": [
                    {
                        "providerType": "CodeStarSourceConnection",
                        "gitConfiguration": {"sourceActionName": "Source"},
                    }
                ]
            },
            STRUCTURE,
            "no source action CodeStarSourceConnection of this name",
        ),
    ],
)
def test_members_of_a_pipeline_that_cannot_be_are_refused(
    lab: CodePipelineLab, members: dict[str, Any], code: str, said: str
) -> None:
    declaration = lab.declaration(stage("Deploy", approval())) | members
    given = {key: value for key, value in declaration.items() if value is not None}

    found = error_of(lab.pipelines.create_pipeline, pipeline=given)

    assert found[0] == code
    assert said in found[1]


def test_all_faults_come_at_once_and_nothing_is_kept(lab: CodePipelineLab) -> None:
    declaration = lab.declaration(
        stage("Test", lambda_of(configuration={}, inputArtifacts=["Built"])),
        stage("Deploy", approval(), approval()),
    )

    code, message = error_of(lab.pipelines.create_pipeline, pipeline=declaration)

    assert code == "InvalidStageDeclarationException"
    assert "more than one action with the name 'Approve'" in message
    assert "'FunctionName'" in message
    assert "Input Artifact Bundle Built" in message
    missing = error_of(lab.pipelines.get_pipeline, name=declaration["name"])
    assert missing[0] == "PipelineNotFoundException"


def push_trigger(**push: Any) -> list[dict[str, Any]]:
    configuration = {"sourceActionName": "Source", "push": [push]}
    return [{"providerType": "CodeStarSourceConnection", "gitConfiguration": configuration}]


@pytest.mark.parametrize(
    ("push", "code", "said"),
    [
        ({"tags": {"includes": ["v*"]}}, "UnsupportedByEmulator", "a push filter with tags"),
        ({"filePaths": {"includes": ["a"]}}, STRUCTURE, "filePaths needs branches"),
        ({"branches": {"includes": ["[a"]}}, STRUCTURE, "'[a' has a bracket"),
        ({"branches": {}}, STRUCTURE, "branches needs includes or excludes"),
    ],
)
def test_a_trigger_that_cannot_be_is_refused(
    lab: CodePipelineLab, push: dict[str, Any], code: str, said: str
) -> None:
    source = action(
        "Source",
        "Source",
        "CodeStarSourceConnection",
        configuration={"ConnectionArn": "arn", "FullRepositoryId": "o/r", "BranchName": "main"},
        outputArtifacts=["SourceOutput"],
    )
    declaration = lab.declaration(
        stage("Source", source), stage("Deploy", approval()), triggers=push_trigger(**push)
    )

    found = error_of(lab.pipelines.create_pipeline, pipeline=declaration)

    assert found[0] == code
    assert said in found[1]


def test_what_is_not_there_has_the_documented_errors(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Deploy", approval()))
    pipelines, unknown = lab.pipelines, "11111111-abcd-1111-abcd-111111abcdef"
    place = {"pipelineName": name, "stageName": "Nowhere"}
    retry = {"pipelineExecutionId": unknown, "retryMode": "ALL_ACTIONS"}
    found = [
        error_of(pipelines.start_pipeline_execution, name="not-there"),
        error_of(pipelines.get_pipeline_state, name="not-there"),
        error_of(lab.execution, name=name, execution_id=unknown),
        error_of(lab.action_executions, name=name, execution_id=unknown),
        error_of(pipelines.retry_stage_execution, **place, **retry),
        error_of(pipelines.enable_stage_transition, **place, transitionType="Inbound"),
        error_of(lab.answer, name=name, actionName="Nobody", token=unknown),
        error_of(pipelines.list_pipelines, nextToken="never-given"),
        error_of(pipelines.list_webhooks),
    ]

    assert [code for code, _ in found] == [
        "PipelineNotFoundException",
        "PipelineNotFoundException",
        "PipelineExecutionNotFoundException",
        "PipelineExecutionNotFoundException",
        "StageNotFoundException",
        "StageNotFoundException",
        "ActionNotFoundException",
        "InvalidNextTokenException",
        "UnsupportedByEmulator",
    ]
    assert "ListWebhooks" in found[-1][1]
