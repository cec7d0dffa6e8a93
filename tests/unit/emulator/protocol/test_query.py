"""botocore is the other implementation: what it writes is read, what is written it reads."""

from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.model import OperationModel
from botocore.parsers import QueryParser
from botocore.serialize import QuerySerializer

from emulator.errors import AwsError
from emulator.protocol import query
from emulator.protocol.answer import answer, error_answer
from emulator.protocol.models import load_service
from emulator.protocol.parse import HttpRequest, parse

CLOUDFORMATION = load_service("cloudformation")
CLOUDWATCH = load_service("cloudwatch")


def sent(operation: OperationModel, parameters: dict[str, Any]) -> bytes:
    serialized = QuerySerializer().serialize_to_request(parameters, operation)
    return urlencode(serialized["body"]).encode()


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        (
            CLOUDFORMATION,
            "CreateStack",
            {
                "StackName": "books",
                "TemplateBody": "a: 1\nb: ü & <x>",
                "Parameters": [
                    {"ParameterKey": "A", "ParameterValue": ""},
                    {"ParameterKey": "B", "UsePreviousValue": True},
                ],
                "DisableRollback": False,
                "TimeoutInMinutes": 5,
                "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
                "RollbackConfiguration": {"RollbackTriggers": [{"Arn": "a", "Type": "t"}]},
            },
        ),
        (CLOUDFORMATION, "UpdateStack", {"StackName": "books", "NotificationARNs": []}),
        (
            CLOUDFORMATION,
            "CreateChangeSet",
            {
                "StackName": "books",
                "ChangeSetName": "c",
                "ResourcesToImport": [
                    {
                        "ResourceType": "AWS::S3::Bucket",
                        "LogicalResourceId": "B",
                        "ResourceIdentifier": {"BucketName": "one", "Other": "two"},
                    }
                ],
            },
        ),
        (CLOUDWATCH, "PutMetricAlarm", {"AlarmName": "a", "Threshold": 1.5, "Period": 60}),
    ],
)
def test_what_botocore_sends_is_read(
    service: Any, operation: str, parameters: dict[str, Any]
) -> None:
    model = service.operation_model(operation)
    form = query.read_form(sent(model, parameters))
    assert query.read_members(model.input_shape, form) == parameters


def test_eleven_elements_keep_their_order() -> None:
    model = CLOUDFORMATION.operation_model("CreateStack")
    arns = [f"arn:{number}" for number in range(11)]
    form = query.read_form(sent(model, {"StackName": "b", "NotificationARNs": arns}))
    assert query.read_members(model.input_shape, form)["NotificationARNs"] == arns


def test_what_does_not_convert_is_left_to_validation() -> None:
    shape = CLOUDFORMATION.operation_model("CreateStack").input_shape
    form = query.read_form(b"StackName=b&TimeoutInMinutes=soon&DisableRollback=perhaps")
    assert query.read_members(shape, form) == {
        "StackName": "b",
        "TimeoutInMinutes": "soon",
        "DisableRollback": "perhaps",
    }


def test_a_key_within_another_ones_value_breaks_nothing() -> None:
    shape = CLOUDFORMATION.operation_model("CreateStack").input_shape
    form = query.read_form(b"Tags=x&Tags.member.1.Key=k&Tags.member.x.Key=z&StackName.a=1")
    assert query.read_members(shape, form) == {"StackName": {"a": "1"}, "Tags": [{"Key": "k"}]}


def test_an_operation_that_is_not_there_is_invalid() -> None:
    request = HttpRequest("POST", "/", "", {}, b"Action=MakeStack&Version=2010-05-15")
    with pytest.raises(AwsError, match="Could not find operation MakeStack") as raised:
        parse(CLOUDFORMATION, request)
    assert raised.value.code == "InvalidAction"


def test_botocore_reads_an_answer() -> None:
    operation = CLOUDFORMATION.operation_model("DescribeStacks")
    result = {
        "Stacks": [
            {
                "StackName": "books & more",
                "CreationTime": 1700000000,
                "StackStatus": "CREATE_COMPLETE",
                "DisableRollback": False,
                "Outputs": [{"OutputKey": "Url", "OutputValue": "<http://x>\r\n"}],
                "Tags": [],
            }
        ],
    }
    response = answer(operation, result)
    parsed = QueryParser().parse(
        {"status_code": response.status, "headers": {}, "body": response.body},
        operation.output_shape,
    )
    parsed.pop("ResponseMetadata")
    created = parsed["Stacks"][0].pop("CreationTime")
    assert created.isoformat() == "2023-11-14T22:13:20+00:00"
    del result["Stacks"][0]["CreationTime"]
    assert parsed == result


def test_botocore_reads_lists_of_structures_with_lists() -> None:
    operation = CLOUDFORMATION.operation_model("GetTemplateSummary")
    identifiers = {"ResourceType": "AWS::S3::Bucket", "LogicalResourceIds": ["A"]}
    result = {"ResourceTypes": ["AWS::S3::Bucket"], "ResourceIdentifierSummaries": [identifiers]}
    response = answer(operation, result)
    parsed = QueryParser().parse(
        {"status_code": 200, "headers": {}, "body": response.body}, operation.output_shape
    )
    assert parsed["ResourceTypes"] == result["ResourceTypes"]
    assert parsed["ResourceIdentifierSummaries"] == [identifiers]


@pytest.mark.parametrize(
    ("code", "on_the_wire"),
    [
        ("AlreadyExistsException", "AlreadyExistsException"),
        ("ChangeSetNotFoundException", "ChangeSetNotFound"),
        ("ValidationError", "ValidationError"),
    ],
)
def test_botocore_reads_an_error_by_the_code_of_its_trait(code: str, on_the_wire: str) -> None:
    response = error_answer(CLOUDFORMATION, AwsError(code, "what <is> wrong"))
    parsed = QueryParser().parse(
        {"status_code": response.status, "headers": {}, "body": response.body}, None
    )
    assert parsed["Error"]["Code"] == on_the_wire
    assert parsed["Error"]["Message"] == "what <is> wrong"
