"""The schemas of resource types, beside cfn-lint's own reading and AWS's pages."""

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from emulator.services.cloudformation.schemas import attributes, has_type, offers, schema

TYPES = [
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::CloudFormation::WaitConditionHandle",
    "AWS::CloudWatch::Alarm",
    "AWS::CodeBuild::Project",
    "AWS::CodeCommit::Repository",
    "AWS::CodePipeline::Pipeline",
    "AWS::ECR::Repository",
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SSM::Parameter",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Model",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::ServiceCatalog::CloudFormationProduct",
]


def pointers(names: tuple[str, ...]) -> list[str]:
    return ["/properties/" + name.replace(".", "/") for name in names]


@pytest.mark.parametrize("name", TYPES)
def test_a_schema_says_what_cfn_lint_reads(name: str) -> None:
    theirs = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", name)
    document = theirs.schema
    ours = schema(name)
    assert ours.type_name == theirs.type_name
    assert list(ours.required) == document.get("required", [])
    assert pointers(ours.read_only) == document.get("readOnlyProperties", [])
    assert pointers(ours.create_only) == document.get("createOnlyProperties", [])
    assert pointers(ours.primary_identifier) == document["primaryIdentifier"]
    assert set(ours.property_types) == set(document["properties"])
    assert set(attributes(name)) >= set(theirs.get_atts)
    assert all(offers(name, attribute) for attribute in theirs.get_atts)
    assert not offers(name, "Nope")


def test_properties_are_dotted_paths_and_have_types() -> None:
    # "Update requires: Replacement" of each property on AWS::SageMaker::Endpoint's and
    # AWS::ECR::Repository's pages.
    assert schema("AWS::SageMaker::Endpoint").create_only == ("EndpointName",)
    assert "EncryptionConfiguration.KmsKey" in schema("AWS::ECR::Repository").create_only
    assert schema("AWS::RDS::DBInstance").conditional_create_only
    types = schema("AWS::Lambda::Function").property_types
    assert {name: types[name] for name in ("MemorySize", "Role", "Layers", "Code")} == {
        "MemorySize": "integer",
        "Role": "string",
        "Layers": "array",
        "Code": "object",
    }


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        # "Return values" on the pages of these types.
        ("AWS::SageMaker::Model", "ModelName"),
        ("AWS::SageMaker::EndpointConfig", "EndpointConfigName"),
        ("AWS::SageMaker::Endpoint", "EndpointName"),
        ("AWS::SNS::Topic", "TopicName"),
        ("AWS::SQS::Queue", "QueueName"),
        ("AWS::SSM::Parameter", "Value"),
        ("AWS::IAM::Role", "Arn"),
        ("AWS::S3::Bucket", "RegionalDomainName"),
        ("AWS::CloudFormation::Stack", "Outputs.BucketName"),
        ("Custom::Anything", "Whatever.It.Answers"),
        ("AWS::CloudFormation::CustomResource", "Whatever.It.Answers"),
    ],
)
def test_attributes_of_the_documents_are_offered(name: str, attribute: str) -> None:
    assert offers(name, attribute)


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("AWS::CloudFormation::Stack", "StackId"),
        ("AWS::IAM::ManagedPolicy", "Arn"),
        ("AWS::S3::Bucket", "BucketName"),
    ],
)
def test_others_are_not(name: str, attribute: str) -> None:
    assert not offers(name, attribute)


def test_custom_resources_have_one_schema_under_any_name() -> None:
    assert schema("Custom::Seed").type_name == "Custom::Seed"
    assert schema("Custom::Seed").required == ("ServiceToken",)
    assert schema("Custom::Seed").create_only == ("ServiceToken",)


def test_types_that_there_are_not() -> None:
    assert has_type("Custom::Seed")
    assert not has_type("AWS::No::Thing")
    with pytest.raises(KeyError):
        schema("AWS::No::Thing")


def test_a_region_that_is_not_known_has_the_types_of_the_first() -> None:
    assert schema("AWS::SNS::Topic", "xx-nowhere-1").required == ()
