"""What CloudFormation refuses: all that is wrong in one message, and nothing is made.

Source: the messages that AWS answers; "Template anatomy" and "Intrinsic function reference".
"""

import json

import pytest
from botocore.exceptions import ClientError

from tests.contract.stacks import parameter, resource


@pytest.fixture
def refusal(stacks, unique):
    """Try to create a stack and give code and message; nothing of it may be there."""

    def refused(template, **members):
        name = unique("refused")
        body = template if isinstance(template, str) else json.dumps(template)
        with pytest.raises(ClientError) as caught:
            stacks.api.create_stack(StackName=name, TemplateBody=body, **members)
        with pytest.raises(ClientError, match="does not exist"):
            stacks.api.describe_stacks(StackName=name)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    return refused


def test_resources_that_need_each_other(refusal):
    code, message = refusal(
        {"Resources": {"A": parameter({"Ref": "B"}), "B": parameter({"Ref": "A"})}}
    )

    assert code == "ValidationError"
    assert message == "Circular dependency between resources: [A, B]"


def test_parameters_without_values_and_values_without_parameters(refusal):
    template = {
        "Parameters": {"Needed": {"Type": "String"}},
        "Resources": {"P": parameter({"Ref": "Needed"})},
    }

    code, message = refusal(template, Parameters=[{"ParameterKey": "Other", "ParameterValue": "1"}])

    assert code == "ValidationError"
    assert "Parameters: [Needed] must have values" in message
    assert "Parameters: [Other] do not exist in the template" in message


def test_a_type_that_aws_does_not_have(refusal):
    code, message = refusal(
        {"Resources": {"A": resource("AWS::S3::Buckett"), "B": resource("AWS::No::Thing")}}
    )

    assert code == "ValidationError"
    assert message == (
        "Template format error: Unrecognized resource types: [AWS::No::Thing, AWS::S3::Buckett]"
    )


def test_types_and_properties_that_the_emulator_does_not_have_come_in_one_message(refusal):
    code, message = refusal(
        {
            "Resources": {
                "Table": resource("AWS::DynamoDB::Table"),
                "Queue": resource("AWS::SQS::Queue"),
                "Bucket": resource("AWS::S3::Bucket", ObjectLockEnabled=True),
                "Kept": parameter("1", DeletionPolicy="Snapshot"),
            }
        }
    )

    assert code == "UnsupportedByEmulator"
    assert "[AWS::DynamoDB::Table, AWS::SQS::Queue]" in message
    assert "Resource Bucket: the emulator does not support the properties [ObjectLockEnabled]" in (
        message
    )
    assert "Resource Kept: AWS::SSM::Parameter does not support DeletionPolicy Snapshot" in message


def test_an_attribute_that_the_type_does_not_have(refusal):
    code, message = refusal(
        {
            "Resources": {
                "Bucket": resource("AWS::S3::Bucket"),
                "P": parameter({"Fn::GetAtt": ["Bucket", "Nothing"]}),
                "Q": parameter({"Fn::GetAtt": ["Nobody", "Arn"]}),
            }
        }
    )

    assert code == "ValidationError"
    assert "Nothing" in message
    assert "Nobody" in message


def test_properties_that_are_missing_unknown_or_of_another_type(refusal):
    code, message = refusal(
        {
            "Resources": {
                "P": resource("AWS::SSM::Parameter", Type="String"),
                "Logs": resource("AWS::Logs::LogGroup", RetentionInDays="soon"),
            }
        }
    )

    assert code == "ValidationError"
    assert "Properties validation failed for resource P with message: #: required key [Value]" in (
        message
    )
    assert "Properties validation failed for resource Logs with message: #/RetentionInDays" in (
        message
    )


def test_what_is_no_template_at_all(refusal):
    assert refusal("{ not: [json")[0] == "ValidationError"
    assert refusal('"text"') == (
        "ValidationError",
        "Template format error: unsupported structure.",
    )


def test_what_is_not_emulated_says_so(stacks, refusal):
    template = {"Resources": {"P": parameter("1")}}

    code, message = refusal(template, StackPolicyBody="{}")

    assert code == "UnsupportedByEmulator"
    assert "StackPolicyBody" in message
    with pytest.raises(ClientError) as caught:
        stacks.api.set_stack_policy(StackName="any", StackPolicyBody="{}")
    assert caught.value.response["Error"]["Code"] == "UnsupportedByEmulator"
    with pytest.raises(ClientError) as caught:
        stacks.api.detect_stack_drift(StackName="any")
    assert caught.value.response["Error"]["Code"] == "UnsupportedByEmulator"


def test_validate_template_tells_parameters_and_capabilities(stacks):
    role = resource("AWS::IAM::Role", AssumeRolePolicyDocument={}, RoleName="mine")
    template = {
        "Description": "It is described",
        "Parameters": {
            "Secret": {"Type": "String", "NoEcho": True, "Description": "It is secret"},
            "Stage": {"Type": "String", "Default": "a", "AllowedValues": ["a", "b"]},
        },
        "Resources": {"Role": role},
    }

    found = stacks.api.validate_template(TemplateBody=json.dumps(template))

    assert found["Description"] == "It is described"
    assert found["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
    assert found["CapabilitiesReason"] == (
        "The following resource(s) require capabilities: [AWS::IAM::Role]"
    )
    assert found["Parameters"] == [
        {"ParameterKey": "Secret", "NoEcho": True, "Description": "It is secret"},
        {"ParameterKey": "Stage", "DefaultValue": "a", "NoEcho": False},
    ]
    summary = stacks.api.get_template_summary(TemplateBody=json.dumps(template))
    assert summary["ResourceTypes"] == ["AWS::IAM::Role"]
    assert summary["Parameters"][1]["ParameterConstraints"] == {"AllowedValues": ["a", "b"]}


def test_secret_parameters_are_not_shown(stacks):
    template = {
        "Parameters": {"Secret": {"Type": "String", "NoEcho": True}},
        "Resources": {"P": parameter({"Ref": "Secret"})},
    }

    stack = stacks.created(
        template, Parameters=[{"ParameterKey": "Secret", "ParameterValue": "hidden"}]
    )

    assert stack["Parameters"] == [{"ParameterKey": "Secret", "ParameterValue": "****"}]
    shown = [each.get("ResourceProperties", "") for each in stacks.events(stack["StackId"])]
    assert not any("hidden" in each for each in shown)
    assert any('"Value": "****"' in each for each in shown)


def test_a_template_that_is_too_large_for_the_request(refusal):
    code, message = refusal(
        {"Resources": {"P": parameter("1")}, "Metadata": {"large": "x" * 51_200}}
    )

    assert code == "ValidationError"
    assert "'templateBody' failed to satisfy constraint: Member must have length less than" in (
        message
    )
    assert "51200" in message


def test_a_name_that_no_stack_can_have(stacks):
    with pytest.raises(ClientError) as caught:
        stacks.create({"Resources": {"P": parameter("1")}}, "1_name")

    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert "Value '1_name' at 'stackName' failed to satisfy constraint" in error["Message"]
