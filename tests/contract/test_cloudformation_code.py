"""Repositories, builds, pipelines and products in stacks.

Source: "Return values" of each type in the CloudFormation template reference.
"""

import io
import zipfile

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

    def condition(result):
        kind = {"Category": "Rule", "Owner": "AWS", "Provider": "VariableCheck", "Version": "1"}
        asked = {"Variable": "a", "Operator": "EQ", "Value": "a"}
        return {
            "Result": result,
            "Rules": [{"Name": "Is", "RuleTypeId": kind, "Configuration": asked}],
        }

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
                        {
                            "Name": "Build",
                            "Actions": [build],
                            "BeforeEntry": {"Conditions": [condition("SKIP")]},
                            "OnSuccess": {"Conditions": [condition("FAIL")]},
                            "OnFailure": {"Conditions": [condition("ROLLBACK")]},
                        },
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
    built = made["pipeline"]["stages"][1]
    for member, result in (
        ("beforeEntry", "SKIP"),
        ("onSuccess", "FAIL"),
        ("onFailure", "ROLLBACK"),
    ):
        assert built[member] == {
            "conditions": [
                {
                    "result": result,
                    "rules": [
                        {
                            "name": "Is",
                            "ruleTypeId": {
                                "category": "Rule",
                                "owner": "AWS",
                                "provider": "VariableCheck",
                                "version": "1",
                            },
                            "configuration": {"Variable": "a", "Operator": "EQ", "Value": "a"},
                        }
                    ],
                }
            ]
        }
    arn = made["metadata"]["pipelineArn"]
    tags = codepipeline.list_tags_for_resource(resourceArn=arn)["tags"]
    assert {"key": "team", "value": "books"} in tags
    updated = stacks.updated(stack["StackId"], template("two.zip"))
    assert outputs(updated)["Version"] == "2"
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    names = [each["name"] for each in codepipeline.list_pipelines()["pipelines"]]
    assert found["Name"] not in names


def zipped(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100755 if name.endswith(".sh") else 0o100644) << 16
            archive.writestr(entry, text)
    return content.getvalue()


def test_a_repository_starts_with_the_code_of_a_zip_file(stacks, client, bucket, unique):
    # More files than one commit by the API may have.
    files = {f"src/file_{number}.txt": f"text {number}" for number in range(130)}
    client("s3").put_object(
        Bucket=bucket, Key="seed.zip", Body=zipped({**files, "build.sh": "true"})
    )
    name = unique("repository")

    def template(description):
        return {
            "Resources": {
                "Repository": resource(
                    "AWS::CodeCommit::Repository",
                    RepositoryName=name,
                    RepositoryDescription=description,
                    Code={"BranchName": "main", "S3": {"Bucket": bucket, "Key": "seed.zip"}},
                )
            },
            "Outputs": {
                "Id": {"Value": {"Ref": "Repository"}},
                "Arn": {"Value": {"Fn::GetAtt": ["Repository", "Arn"]}},
                "Name": {"Value": {"Fn::GetAtt": ["Repository", "Name"]}},
                "Url": {"Value": {"Fn::GetAtt": ["Repository", "CloneUrlHttp"]}},
            },
        }

    stack = stacks.created(template("before"))

    found, codecommit = outputs(stack), client("codecommit")
    made = codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
    assert (made["repositoryId"], made["Arn"]) == (found["Id"], found["Arn"])
    assert (found["Name"], found["Url"]) == (name, made["cloneUrlHttp"])
    for number in (0, 129):
        file = codecommit.get_file(
            repositoryName=name, commitSpecifier="main", filePath=f"src/file_{number}.txt"
        )
        assert file["fileContent"] == f"text {number}".encode()
        assert file["fileMode"] == "NORMAL"
    script = codecommit.get_file(repositoryName=name, filePath="build.sh")
    assert script["fileMode"] == "EXECUTABLE"
    # As AWS does, it takes one commit, however many files there are.
    commit = codecommit.get_commit(repositoryName=name, commitId=script["commitId"])["commit"]
    assert commit["parents"] == []
    assert commit["message"].strip() == "Initial commit by AWS CloudFormation"
    stacks.updated(stack["StackId"], template("after"))
    made = codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
    assert made["repositoryDescription"] == "after"
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    assert name not in [
        each["repositoryName"] for each in codecommit.list_repositories()["repositories"]
    ]


def test_a_repository_starts_with_the_version_of_the_code_that_is_named(
    stacks, client, bucket, unique
):
    s3, name = client("s3"), unique("repository")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put = s3.put_object(Bucket=bucket, Key="seed.zip", Body=zipped({"old.txt": "old"}))
    s3.put_object(Bucket=bucket, Key="seed.zip", Body=b"no zip")
    place = {"Bucket": bucket, "Key": "seed.zip"}

    def template(place):
        repository = resource(
            "AWS::CodeCommit::Repository", RepositoryName=name, Code={"S3": place}
        )
        return {"Resources": {"Repository": repository}}

    failed = stacks.created(template(place))
    assert failed["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = stacks.reason(failed["StackId"], "Repository", "CREATE_FAILED")
    assert f"The code at s3://{bucket}/seed.zip cannot be used: " in reason
    stacks.created(template({**place, "ObjectVersion": put["VersionId"]}))
    file = client("codecommit").get_file(repositoryName=name, filePath="old.txt")
    assert file["fileContent"] == b"old"


def test_a_connection_is_known_by_its_arn(stacks, client, unique):
    connection = resource(
        "AWS::CodeConnections::Connection",
        ConnectionName=unique("connection")[-32:].strip("-"),
        ProviderType="GitHub",
    )
    stack = stacks.created(
        {
            "Resources": {"Connection": connection},
            "Outputs": {
                "Ref": {"Value": {"Ref": "Connection"}},
                "Status": {"Value": {"Fn::GetAtt": ["Connection", "ConnectionStatus"]}},
            },
        }
    )

    found = outputs(stack)
    made = client("codeconnections").get_connection(ConnectionArn=found["Ref"])["Connection"]
    assert made["ConnectionStatus"] == found["Status"]
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_a_product_is_offered_in_a_portfolio_with_the_role_that_launches_it(stacks, client, bucket):
    client("s3").put_object(
        Bucket=bucket, Key="one.yaml", Body=b"Resources: {T: {Type: AWS::SNS::Topic}}"
    )
    url = f"https://{bucket}.s3.{REGION}.amazonaws.com/one.yaml"

    def template(*versions):
        artifacts = [{"Name": each, "Info": {"LoadTemplateFromURL": url}} for each in versions]
        pair = {"PortfolioId": {"Ref": "Portfolio"}, "ProductId": {"Ref": "Product"}}
        return {
            "Resources": {
                "Portfolio": resource(
                    "AWS::ServiceCatalog::Portfolio", DisplayName="p", ProviderName="team"
                ),
                "Product": resource(
                    "AWS::ServiceCatalog::CloudFormationProduct",
                    Name="model",
                    Owner="team",
                    ProvisioningArtifactParameters=artifacts,
                    Tags=[{"Key": "sagemaker:studio-visibility", "Value": "true"}],
                ),
                "InPortfolio": resource("AWS::ServiceCatalog::PortfolioProductAssociation", **pair),
                "Users": resource(
                    "AWS::ServiceCatalog::PortfolioPrincipalAssociation",
                    PortfolioId={"Ref": "Portfolio"},
                    PrincipalARN=ROLE_ARN,
                    PrincipalType="IAM",
                ),
                "Launch": {
                    **resource(
                        "AWS::ServiceCatalog::LaunchRoleConstraint", **pair, RoleArn=ROLE_ARN
                    ),
                    "DependsOn": "InPortfolio",
                },
            },
            "Outputs": {
                "Portfolio": {"Value": {"Ref": "Portfolio"}},
                "Product": {"Value": {"Ref": "Product"}},
                "Versions": {"Value": {"Fn::GetAtt": ["Product", "ProvisioningArtifactNames"]}},
            },
        }

    stack = stacks.created(template("v1"))

    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack["StackId"])
    found, catalog = outputs(stack), client("servicecatalog")
    assert found["Versions"] == "v1"
    products = catalog.search_products_as_admin(PortfolioId=found["Portfolio"])
    summaries = [each["ProductViewSummary"] for each in products["ProductViewDetails"]]
    assert [each["ProductId"] for each in summaries] == [found["Product"]]
    updated = stacks.updated(stack["StackId"], template("v1", "v2"))
    assert outputs(updated)["Versions"] == "v1,v2"
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
