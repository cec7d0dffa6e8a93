"""Sources that are built: a zip in S3 with a buildspec, a template and its configuration."""

import json
from typing import Any

from tests.conftest import ROLE_ARN
from tests.contract.code_pipelines import CodePipelineLab, action, zipped

STAGE = [{"name": "STAGE", "defaultValue": "beta"}]
BUILDSPEC = """\
version: 0.2
env:
  exported-variables: [TAG]
phases:
  build:
    commands:
      - export TAG="$STAGE-$CODEBUILD_RESOLVED_SOURCE_VERSION"
      - test ! -e broken || sh -c 'exit 7'
artifacts:
  files: ["*.json"]
"""
TEMPLATE = {
    "Parameters": {"Tag": {"Type": "String"}, "Stage": {"Type": "String"}},
    "Resources": {
        "Parameter": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Value": {"Fn::Sub": "${Stage}/${Tag}"}},
        }
    },
    "Outputs": {"Name": {"Value": {"Ref": "Parameter"}}},
}
FILES = {
    "buildspec.yml": BUILDSPEC,
    "template.json": json.dumps(TEMPLATE),
    "staging.json": json.dumps({"Parameters": {"Stage": "staging"}, "Tags": {"team": "books"}}),
}


def project(lab: CodePipelineLab) -> str:
    name = lab.unique("project")
    lab.emulator.client("codebuild").create_project(
        name=name,
        source={"type": "CODEPIPELINE"},
        artifacts={"type": "CODEPIPELINE"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole=ROLE_ARN,
    )
    return name


def build(lab: CodePipelineLab, project_name: str) -> dict[str, Any]:
    environment = [{"name": "STAGE", "value": "#{variables.STAGE}", "type": "PLAINTEXT"}]
    configuration = {
        "ProjectName": project_name,
        "EnvironmentVariables": json.dumps(environment),
    }
    return action(
        "Build",
        "Build",
        "CodeBuild",
        configuration=configuration,
        inputArtifacts=["Code"],
        outputArtifacts=["Built"],
        namespace="Build",
    )


def put(lab: CodePipelineLab, files: dict[str, str]) -> str:
    """Put the source's files, these changed; gives the version of the object."""
    content = zipped({**FILES, **files})
    answer = lab.emulator.client("s3").put_object(Bucket=lab.bucket, Key="Source.zip", Body=content)
    return str(answer["VersionId"])


def source(lab: CodePipelineLab, polls: str = "false", **files: str) -> dict[str, Any]:
    """A source action with the files."""
    configuration = {"PollForSourceChanges": polls}
    made = lab.source(configuration=configuration, outputArtifacts=["Code"])
    put(lab, files)
    return made
