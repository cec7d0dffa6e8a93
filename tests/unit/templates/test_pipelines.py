"""What the two CodePipelines are made of, and which events start them."""

import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore.validate import ParamValidator
from moto.events.models import EventPattern

from model_deploy.approved_package import NONE
from scripts.check_templates.loading import load
from tests.unit.templates.conditions import parameters_of, render, resources

ROOT = Path(__file__).parents[3]
BUILD, DEPLOY = (load(ROOT / path / "pipeline.yaml") for path in ("model_build", "model_deploy"))
PROJECT = load(ROOT / "project/template.yaml")
CONNECTION = "arn:aws:codeconnections:us-east-1:123456789012:connection/1"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
HERE = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
}
SHARED = {
    "SageMakerProjectName": "books",
    "SageMakerProjectId": "p-abc",
    "RepositoryName": "sagemaker-books-p-abc",
    "BranchName": "main",
    "ArtifactBucketName": "sagemaker-project-p-abc",
    "ModelPackageGroupName": "books",
    "ExecutionRoleArn": "arn:aws:iam::123456789012:role/sagemaker-p-abc-execution",
    "KmsKeyArn": KEY,
    "SubnetIds": [],
    "SecurityGroupIds": [],
}
FOR_BUILD = SHARED | {"Pipeline": "book_ratings"}
FOR_DEPLOY = SHARED | {"NoticesTopicArn": "arn:aws:sns:us-east-1:123456789012:notices"}


def made(template: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    return resources(template, given)


def in_camel_case(value: Any) -> Any:
    """CloudFormation's members as CodePipeline's API spells them; configurations are the same."""
    if isinstance(value, list):
        return [in_camel_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key[0].lower() + key[1:]: member if key == "Configuration" else in_camel_case(member)
        for key, member in value.items()
    }


def pipeline_faults(pipeline: dict[str, Any]) -> str:
    declared = in_camel_case({key: value for key, value in pipeline.items() if key != "Tags"})
    model = botocore.session.get_session().get_service_model("codepipeline")
    shape = model.operation_model("CreatePipeline").input_shape
    report: str = ParamValidator().validate({"pipeline": declared}, shape).generate_report()
    return report


def actions(pipeline: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    return [
        (stage["Name"], action["Name"], action["ActionTypeId"]["Provider"], action["RunOrder"])
        for stage in pipeline["Stages"]
        for action in stage["Actions"]
    ]


def test_a_push_to_codecommit_is_built() -> None:
    stack = made(BUILD, FOR_BUILD)
    pipeline = stack["BuildPipeline"]
    assert pipeline_faults(pipeline) == ""
    assert actions(pipeline) == [
        ("Source", "Source", "CodeCommit", 1),
        ("Build", "Build", "CodeBuild", 2),
    ]
    assert "Triggers" not in pipeline
    assert "PushRule" in stack


def test_a_push_over_a_connection_is_built_by_the_pipelines_own_trigger() -> None:
    given = FOR_BUILD | {"ConnectionArn": CONNECTION, "RepositoryName": "owner/books"}
    stack = made(BUILD, given)
    pipeline = stack["BuildPipeline"]
    assert pipeline_faults(pipeline) == ""
    assert pipeline["Triggers"] == [
        {
            "ProviderType": "CodeStarSourceConnection",
            "GitConfiguration": {
                "SourceActionName": "Source",
                "Push": [{"Branches": {"Includes": ["main"]}}],
            },
        }
    ]
    assert pipeline["Stages"][0]["Actions"][0]["Configuration"] == {
        "ConnectionArn": CONNECTION,
        "FullRepositoryId": "owner/books",
        "BranchName": "main",
        "OutputArtifactFormat": "CODE_ZIP",
        "DetectChanges": "false",
    }
    assert "PushRule" not in stack


def test_the_image_is_built_first_where_there_is_one() -> None:
    stack = made(BUILD, FOR_BUILD | {"Pipeline": "r_recommender"})
    assert actions(stack["BuildPipeline"])[1:] == [
        ("Build", "Image", "CodeBuild", 1),
        ("Build", "Build", "CodeBuild", 2),
    ]
    assert {"ImageBuild", "ImageRepository"} <= set(stack)
    assert not {"ImageBuild", "ImageRepository"} & set(made(BUILD, FOR_BUILD))


@pytest.mark.parametrize("schedule", ["rate(7 days)", "cron(0 3 ? * MON *)"])
def test_a_schedule_trains_anew(schedule: str) -> None:
    rule = made(BUILD, FOR_BUILD | {"RetrainingSchedule": schedule})["ScheduleRule"]
    assert rule["ScheduleExpression"] == schedule
    assert "ScheduleRule" not in made(BUILD, FOR_BUILD)


@pytest.mark.parametrize("connection", ["", CONNECTION])
def test_a_model_goes_to_staging_is_tested_and_approved_before_production(connection: str) -> None:
    pipeline = made(DEPLOY, FOR_DEPLOY | {"ConnectionArn": connection})["DeployPipeline"]
    assert pipeline_faults(pipeline) == ""
    assert actions(pipeline)[1:] == [
        ("Build", "Settings", "CodeBuild", 1),
        ("DeployStaging", "Deploy", "CloudFormation", 1),
        ("DeployStaging", "SmokeTest", "CodeBuild", 2),
        ("DeployStaging", "ApproveDeployment", "Manual", 3),
        ("DeployProd", "Deploy", "CloudFormation", 1),
        ("DeployProd", "SmokeTest", "CodeBuild", 2),
    ]


@pytest.mark.parametrize("connection", ["", CONNECTION])
def test_no_push_starts_the_deploy_pipeline(connection: str) -> None:
    stack = made(DEPLOY, FOR_DEPLOY | {"ConnectionArn": connection})
    assert "Triggers" not in stack["DeployPipeline"]
    configuration = stack["DeployPipeline"]["Stages"][0]["Actions"][0]["Configuration"]
    assert configuration["DetectChanges" if connection else "PollForSourceChanges"] == "false"


def test_the_stages_read_the_files_that_the_build_is_told_to_write() -> None:
    stack = made(DEPLOY, FOR_DEPLOY)
    variables = stack["Settings"]["Environment"]["EnvironmentVariables"]
    names = {entry["Name"]: entry["Value"] for entry in variables}
    spec = yaml.safe_load((ROOT / "model_deploy/buildspec.yml").read_text())
    files = [file for file in spec["artifacts"]["files"] if file.startswith("$")]
    written = [names[file.removeprefix("$")] for file in files]
    deploys = [
        action["Configuration"]
        for stage in stack["DeployPipeline"]["Stages"]
        for action in stage["Actions"]
        if action["ActionTypeId"]["Provider"] == "CloudFormation"
    ]
    read = {
        configuration[key]
        for configuration in deploys
        for key in ("TemplatePath", "TemplateConfiguration")
    }
    assert read == {f"Settings::{file}" for file in written}
    assert [configuration["StackName"] for configuration in deploys] == [
        "sagemaker-books-p-abc-staging",
        "sagemaker-books-p-abc-prod",
    ]


def test_a_stage_is_skipped_only_where_the_build_says_that_nothing_is_approved() -> None:
    stages = {
        stage["Name"]: stage for stage in made(DEPLOY, FOR_DEPLOY)["DeployPipeline"]["Stages"]
    }
    spec = yaml.safe_load((ROOT / "model_deploy/buildspec.yml").read_text())
    (exported,) = spec["env"]["exported-variables"]
    (settings,) = stages["Build"]["Actions"]
    variable = f"#{{{settings['Namespace']}.{exported}}}"

    assert [name for name, stage in stages.items() if "BeforeEntry" in stage] == [
        "DeployStaging",
        "DeployProd",
    ]
    for name in ("DeployStaging", "DeployProd"):
        (condition,) = stages[name]["BeforeEntry"]["Conditions"]
        (rule,) = condition["Rules"]
        assert condition["Result"] == "SKIP"
        assert rule["RuleTypeId"]["Provider"] == "VariableCheck"
        assert rule["Configuration"] == {"Variable": variable, "Operator": "NE", "Value": NONE}


def test_the_test_of_each_stage_is_told_which_it_is() -> None:
    stages = {
        stage["Name"]: json.loads(action["Configuration"]["EnvironmentVariables"])
        for stage in made(DEPLOY, FOR_DEPLOY)["DeployPipeline"]["Stages"]
        for action in stage["Actions"]
        if action["Name"] == "SmokeTest"
    }
    assert stages == {
        "DeployStaging": [{"name": "STAGE", "value": "staging", "type": "PLAINTEXT"}],
        "DeployProd": [{"name": "STAGE", "value": "prod", "type": "PLAINTEXT"}],
    }


@pytest.mark.parametrize(
    ("template", "given", "build", "spec"),
    [
        (BUILD, FOR_BUILD, "Build", "buildspec.yml"),
        (DEPLOY, FOR_DEPLOY, "Settings", "model_deploy/buildspec.yml"),
        (DEPLOY, FOR_DEPLOY, "SmokeTest", "model_deploy/smoke-test-buildspec.yml"),
    ],
)
def test_a_build_is_given_every_variable_that_its_buildspec_names(
    template: dict[str, Any], given: dict[str, Any], build: str, spec: str
) -> None:
    environment = made(template, given)[build]["Environment"]["EnvironmentVariables"]
    lines = (ROOT / spec).read_text().partition("version:")[0]
    named = {word.strip("#,.:;()") for word in lines.split()}
    of_project = {word for word in named if (word.isupper() and "_" in word) or word == "STAGE"}
    assert of_project <= {entry["Name"] for entry in environment}
    assert len(of_project) >= 5


# --- Events. The matching is moto's.


def matches(rule: str, template: dict[str, Any], given: dict[str, Any], event: Any) -> bool:
    pattern = render(
        template["Resources"][rule]["Properties"]["EventPattern"],
        template,
        parameters_of(template, given) | HERE,
    )
    found: bool = EventPattern.load(json.dumps(pattern)).matches_event(event)
    return found


def approval(status: str, group: str = "books") -> dict[str, Any]:
    """Source: the SageMaker developer guide, "Amazon SageMaker AI model package state change"."""
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{group}/1"
    return {
        "version": "0",
        "id": "844e2571-85d4-695f-b930-0153b71dcb42",
        "detail-type": "SageMaker Model Package State Change",
        "source": "aws.sagemaker",
        "account": "123456789012",
        "time": "2021-02-24T17:00:14Z",
        "region": "us-east-1",
        "resources": [arn],
        "detail": {
            "ModelPackageGroupName": group,
            "ModelPackageVersion": 1,
            "ModelPackageArn": arn,
            "ModelPackageStatus": "Completed",
            "ModelApprovalStatus": status,
        },
    }


@pytest.mark.parametrize(
    ("status", "rule"),
    [("Approved", "ApprovedRule"), ("Rejected", "RejectedRule"), ("PendingManualApproval", None)],
)
def test_each_decision_has_its_own_rule(status: str, rule: str | None) -> None:
    for name in ("ApprovedRule", "RejectedRule"):
        assert matches(name, DEPLOY, FOR_DEPLOY, approval(status)) is (name == rule)
        assert not matches(name, DEPLOY, FOR_DEPLOY, approval(status, group="films"))


def test_only_an_approval_starts_the_pipeline_by_itself() -> None:
    rules = {
        name: resource["Properties"]["Targets"]
        for name, resource in DEPLOY["Resources"].items()
        if resource["Type"] == "AWS::Events::Rule"
    }
    started = [name for name, (target,) in rules.items() if "DeployPipeline" in str(target["Arn"])]
    assert started == ["ApprovedRule"]


@pytest.mark.parametrize(
    ("event", "branch", "is_built"),
    [
        ("referenceUpdated", "main", True),
        ("referenceCreated", "main", True),
        ("referenceDeleted", "main", False),
        ("referenceUpdated", "other", False),
    ],
)
def test_a_push_to_the_branch_is_built(event: str, branch: str, is_built: bool) -> None:
    """Source: the CodeCommit user guide, "referenceUpdated event"."""
    arn = "arn:aws:codecommit:us-east-1:123456789012:sagemaker-books-p-abc"
    pushed = {
        "version": "0",
        "id": "01234567-EXAMPLE",
        "detail-type": "CodeCommit Repository State Change",
        "source": "aws.codecommit",
        "account": "123456789012",
        "time": "2019-06-12T10:23:43Z",
        "region": "us-east-1",
        "resources": [arn],
        "detail": {
            "event": event,
            "repositoryName": "sagemaker-books-p-abc",
            "referenceType": "branch",
            "referenceName": branch,
            "referenceFullName": f"refs/heads/{branch}",
            "commitId": "7f0103fEXAMPLE",
        },
    }
    assert matches("PushRule", BUILD, FOR_BUILD, pushed) is is_built
    elsewhere = pushed | {"resources": [arn.replace("books", "films")]}
    assert not matches("PushRule", BUILD, FOR_BUILD, elsewhere)


@pytest.mark.parametrize(
    ("pipeline", "state", "is_told"),
    [
        ("sagemaker-books-p-abc-modelbuild", "FAILED", True),
        ("sagemaker-books-p-abc-modeldeploy", "FAILED", True),
        ("sagemaker-books-p-abc-modelbuild", "SUCCEEDED", False),
        ("sagemaker-films-p-def-modelbuild", "FAILED", False),
    ],
)
def test_a_failed_stage_is_told(pipeline: str, state: str, is_told: bool) -> None:
    """Source: the CodePipeline user guide, "Detail types" of EventBridge events."""
    event = {
        "version": "0",
        "id": "event_Id",
        "detail-type": "CodePipeline Stage Execution State Change",
        "source": "aws.codepipeline",
        "account": "123456789012",
        "time": "2020-01-24T22:03:07Z",
        "region": "us-east-1",
        "resources": [f"arn:aws:codepipeline:us-east-1:123456789012:{pipeline}"],
        "detail": {
            "pipeline": pipeline,
            "execution-id": "12345678-1234-5678-abcd-12345678abcd",
            "stage": "Build",
            "state": state,
            "version": 1.0,
        },
    }
    given = {"SageMakerProjectName": "books", "SageMakerProjectId": "p-abc"}
    assert matches("FailureRule", PROJECT, given, event) is is_told


def test_a_notice_says_project_pipeline_stage_and_where_to_look() -> None:
    (target,) = PROJECT["Resources"]["FailureRule"]["Properties"]["Targets"]
    transformer = target["InputTransformer"]
    text = transformer["InputTemplate"]["Fn::Sub"]
    # A text for EventBridge is a JSON string.
    assert json.loads(text)
    for name in transformer["InputPathsMap"]:
        assert f"<{name}>" in text
    assert "${SageMakerProjectName}" in text
