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


def action(category, provider, configuration, **artifacts):
    return {
        "Name": provider,
        "ActionTypeId": {
            "Category": category,
            "Owner": "AWS",
            "Provider": provider,
            "Version": "1",
        },
        "Configuration": configuration,
        "RunOrder": "1",
        **artifacts,
    }


def test_a_pipeline_is_made_with_its_stages_and_changed(stacks, client, bucket):
    client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def template(key):
        source = action(
            "Source",
            "S3",
            {"S3Bucket": bucket, "S3ObjectKey": key, "PollForSourceChanges": False},
            OutputArtifacts=[{"Name": "code"}],
        )
        build = action(
            "Build",
            "CodeBuild",
            {"ProjectName": {"Ref": "Project"}},
            InputArtifacts=[{"Name": "code"}],
        )
        built = project("version: 0.2\nphases: {build: {commands: [ls]}}\n")
        built["Properties"]["Source"]["Type"] = "CODEPIPELINE"
        built["Properties"]["Artifacts"]["Type"] = "CODEPIPELINE"
        return {
            "Resources": {
                "Project": built,
                "Pipeline": resource(
                    "AWS::CodePipeline::Pipeline",
                    RoleArn=ROLE_ARN,
                    PipelineType="V2",
                    ArtifactStore={"Type": "S3", "Location": bucket},
                    Stages=[
                        {"Name": "Source", "Actions": [source]},
                        {"Name": "Build", "Actions": [build]},
                    ],
                    Tags=[{"Key": "team", "Value": "books"}],
                ),
            },
            "Outputs": {
                "Name": {"Value": {"Ref": "Pipeline"}},
                "Version": {"Value": {"Fn::GetAtt": ["Pipeline", "Version"]}},
            },
        }

    stack = stacks.created(template("one.zip"))

    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack["StackId"])
    found, codepipeline = outputs(stack), client("codepipeline")
    made = codepipeline.get_pipeline(name=found["Name"])
    assert (made["pipeline"]["version"], found["Version"]) == (1, "1")
    assert made["pipeline"]["stages"][0]["actions"][0]["configuration"] == {
        "S3Bucket": bucket,
        "S3ObjectKey": "one.zip",
        "PollForSourceChanges": "false",
    }
    arn = made["metadata"]["pipelineArn"]
    tags = codepipeline.list_tags_for_resource(resourceArn=arn)["tags"]
    assert {"key": "team", "value": "books"} in tags
    updated = stacks.updated(stack["StackId"], template("two.zip"))
    assert outputs(updated)["Version"] == "2"
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    names = [each["name"] for each in codepipeline.list_pipelines()["pipelines"]]
    assert found["Name"] not in names
