"""What holds of every template: parameters in groups, tags, names that fit, existing parts."""

import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from scripts.check_templates.loading import load
from tests.unit.templates import conditions

ROOT = Path(__file__).parents[3]
PROJECT = (
    "project/template.yaml",
    "project/seed.yaml",
    "model_build/pipeline.yaml",
    "model_deploy/pipeline.yaml",
)
ALL = (*PROJECT, "model_deploy/endpoint.yaml", "project/portfolio.yaml")
TEMPLATES = {path: load(ROOT / path) for path in ALL}
# The longest that the parameters allow.
LONGEST = {"SageMakerProjectName": "n" * 32, "SageMakerProjectId": "p-" + "i" * 18}
CONNECTED = {
    "ConnectionArn": "arn:aws:codeconnections:us-east-1:123456789012:connection/1",
    "FullRepositoryId": "ada/books",
}
# The botocore shape with the limits of each kind of name.
NAMES = {
    "AWS::CodeBuild::Project": ("codebuild", "ProjectName", "Name"),
    "AWS::CodeCommit::Repository": ("codecommit", "RepositoryName", "RepositoryName"),
    "AWS::CodePipeline::Pipeline": ("codepipeline", "PipelineName", "Name"),
    "AWS::Events::Rule": ("events", "RuleName", "Name"),
    "AWS::IAM::Role": ("iam", "roleNameType", "RoleName"),
    "AWS::Lambda::Function": ("lambda", "FunctionName", "FunctionName"),
    "AWS::Logs::LogGroup": ("logs", "LogGroupName", "LogGroupName"),
    "AWS::S3::Bucket": ("s3control", "BucketName", "BucketName"),
    "AWS::SageMaker::ModelPackageGroup": ("sagemaker", "EntityName", "ModelPackageGroupName"),
}


def named(text: Any, parameters: dict[str, str]) -> str:
    if isinstance(text, dict):
        text = text["Fn::Sub"] if "Fn::Sub" in text else f"${{{text['Ref']}}}"
    return re.sub(r"\$\{(\w+)\}", lambda found: parameters[found[1]], str(text))


def resources(*paths: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, name, resource)
        for path in paths
        for name, resource in TEMPLATES[path]["Resources"].items()
    ]


@pytest.mark.parametrize("path", ALL)
def test_each_parameter_has_a_description_and_is_in_one_group(path: str) -> None:
    template = TEMPLATES[path]
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    listed = [name for group in groups for name in group["Parameters"]]
    assert sorted(listed) == sorted(template["Parameters"])
    assert all(parameter["Description"] for parameter in template["Parameters"].values())


def test_the_project_has_the_parameters_that_studio_gives() -> None:
    # Source: ProjectEntityName and ProjectId of the SageMaker API.
    shapes = botocore.session.get_session().get_service_model("sagemaker")
    for name, shape in (
        ("SageMakerProjectName", "ProjectEntityName"),
        ("SageMakerProjectId", "ProjectId"),
    ):
        parameter = TEMPLATES["project/template.yaml"]["Parameters"][name]
        assert parameter["MaxLength"] == shapes.shape_for(shape).metadata["max"]
        assert "Default" not in parameter


@pytest.mark.parametrize("path", [*PROJECT, "model_deploy/endpoint.yaml"])
def test_all_that_takes_tags_has_those_of_the_project(path: str) -> None:
    wanted = {
        "sagemaker:project-name": {"Ref": "SageMakerProjectName"},
        "sagemaker:project-id": {"Ref": "SageMakerProjectId"},
    }
    if path == "model_deploy/endpoint.yaml":
        wanted["sagemaker:deployment-stage"] = {"Ref": "StageName"}
    for _, name, resource in resources(path):
        if resource["Type"].startswith("Custom::"):
            continue  # its properties are for its function
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource["Type"]).schema
        if "Tags" in schema["properties"]:
            given = resource["Properties"].get("Tags", [])
            tags = {tag["Key"]: tag["Value"] for tag in given if "Fn::If" not in tag}
            assert tags == wanted, name


def test_the_longest_names_fit() -> None:
    session = botocore.session.get_session()
    checked = 0
    for path, name, resource in resources(*PROJECT):
        if resource["Type"] in NAMES:
            service, shape, member = NAMES[resource["Type"]]
            limits = session.get_service_model(service).shape_for(shape).metadata
            text = named(resource["Properties"][member], LONGEST)
            assert len(text) <= limits["max"], (path, name, text)
            if resource["Type"] != "AWS::S3::Bucket":  # whose shape has no pattern
                assert re.fullmatch(limits.get("pattern", ".*"), text), (path, name, text)
            checked += 1
    assert checked >= 30


def test_names_are_those_that_the_commands_and_the_emulator_know() -> None:
    books = {"SageMakerProjectName": "books", "SageMakerProjectId": "p-abc"}
    found = {
        (resource["Type"].rpartition("::")[2], named(resource["Properties"][member], books))
        for _, _, resource in resources(*PROJECT)
        for member in ("Name", "BucketName", "RepositoryName", "TopicName", "ModelPackageGroupName")
        if member in resource["Properties"]
    }
    assert found >= {
        ("Bucket", "sagemaker-project-p-abc"),
        ("Repository", "sagemaker-books-p-abc"),
        ("Pipeline", "sagemaker-books-p-abc-modelbuild"),
        ("Pipeline", "sagemaker-books-p-abc-modeldeploy"),
        ("Project", "sagemaker-books-p-abc-modelbuild"),
        ("Project", "sagemaker-books-p-abc-modeldeploy"),
        ("Project", "sagemaker-books-p-abc-smoke-test"),
        ("Project", "sagemaker-books-p-abc-image"),
        ("Project", "sagemaker-books-p-abc-seed"),
        ("ModelPackageGroup", "books"),
        ("Topic", "sagemaker-books-p-abc-notices"),
    }


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "Repository"),
        ({"SeedRepository": "false"}, "Repository"),
        (CONNECTED, "Seed"),
        (CONNECTED | {"SeedRepository": "false"}, "ada/books"),
    ],
)
def test_the_halves_wait_for_the_code_that_the_repository_begins_with(
    given: dict[str, str], name: str
) -> None:
    """They name the repository by an attribute of what seeds it, if anything does."""
    made = conditions.resources(TEMPLATES["project/template.yaml"], LONGEST | given)
    assert {"Repository", "Seed"} & set(made) == {name} - {"ada/books"}
    for half in ("ModelBuild", "ModelDeploy"):
        assert made[half]["Parameters"]["RepositoryName"] == name


def test_nested_stacks_get_the_parameters_that_their_templates_have() -> None:
    stacks = [
        resource
        for _, _, resource in resources("project/template.yaml")
        if resource["Type"] == "AWS::CloudFormation::Stack"
    ]
    assert len(stacks) == 3
    for stack in stacks:
        path = (ROOT / "project" / stack["Properties"]["TemplateURL"]).resolve()
        nested = TEMPLATES[str(path.relative_to(ROOT))]
        assert sorted(stack["Properties"]["Parameters"]) == sorted(nested["Parameters"])


def test_every_build_of_the_code_has_its_buildspec() -> None:
    found = {
        resource["Properties"]["Source"]["BuildSpec"]
        for _, name, resource in resources(*PROJECT)
        if resource["Type"] == "AWS::CodeBuild::Project" and name != "SeedBuild"
    }
    assert found == {
        "buildspec.yml",
        "steps/r_recommender/buildspec.yml",
        "model_deploy/buildspec.yml",
        "model_deploy/smoke-test-buildspec.yml",
    }
    assert all((ROOT / path).is_file() for path in found)


def test_every_role_is_bounded_if_a_boundary_is_given() -> None:
    for path, name, resource in resources(*PROJECT, "project/portfolio.yaml"):
        if resource["Type"] == "AWS::IAM::Role":
            assert resource["Properties"]["PermissionsBoundary"] == {
                "Fn::If": [
                    "HasBoundary",
                    {"Ref": "PermissionsBoundaryArn"},
                    {"Ref": "AWS::NoValue"},
                ]
            }, (path, name)
