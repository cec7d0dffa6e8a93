"""Repositories, builds, pipelines and products in stacks.

Source: "Return values" of each type in the CloudFormation template reference.
"""

from tests.conftest import ROLE_ARN
from tests.contract.stacks import outputs, resource

ACCOUNT = "123456789012"
REGION = "us-east-1"


def project(buildspec):
    return resource(
        "AWS::CodeBuild::Project",
        Artifacts={"Type": "NO_ARTIFACTS"},
        Environment={
            "Type": "LINUX_CONTAINER",
            "ComputeType": "BUILD_GENERAL1_SMALL",
            "Image": "aws/codebuild/amazonlinux2-x86_64-standard:5.0",
            "PrivilegedMode": "false",
            "EnvironmentVariables": [{"Name": "STAGE", "Value": "staging"}],
        },
        ServiceRole=ROLE_ARN,
        Source={"Type": "NO_SOURCE", "BuildSpec": buildspec},
        TimeoutInMinutes="15",
    )


def test_a_build_project_is_made_changed_and_removed(stacks, client):
    def template(command):
        buildspec = f"version: 0.2\nphases: {{build: {{commands: ['{command}']}}}}\n"
        return {
            "Resources": {"Project": project(buildspec)},
            "Outputs": {
                "Name": {"Value": {"Ref": "Project"}},
                "Arn": {"Value": {"Fn::GetAtt": ["Project", "Arn"]}},
            },
        }

    stack = stacks.created(template("echo before"))

    found, codebuild = outputs(stack), client("codebuild")
    assert found["Arn"] == f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/{found['Name']}"
    made = codebuild.batch_get_projects(names=[found["Name"]])["projects"][0]
    assert "echo before" in made["source"]["buildspec"]
    assert made["timeoutInMinutes"] == 15
    assert made["environment"]["environmentVariables"][0]["name"] == "STAGE"
    stacks.updated(stack["StackId"], template("echo after"))
    made = codebuild.batch_get_projects(names=[found["Name"]])["projects"][0]
    assert "echo after" in made["source"]["buildspec"]
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    assert codebuild.batch_get_projects(names=[found["Name"]])["projects"] == []
