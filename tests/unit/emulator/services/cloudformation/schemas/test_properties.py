"""Properties against their type, in the words of stacks' events that people published."""

from typing import Any

import pytest

from emulator.services.cloudformation.schemas import property_faults
from emulator.services.cloudformation.template.scope import Unknown

ROLE = "arn:aws:iam::123456789012:role/r"
SAMPLED = {
    "FixedRate": 0.5,
    "HTTPMethod": "GET",
    "Host": "*",
    "Priority": 1,
    "ReservoirSize": 1,
    "ResourceARN": "*",
    "ServiceName": "*",
    "ServiceType": "*",
    "URLPath": "*",
}
FUNCTION = {"Role": ROLE, "Code": {"ZipFile": "x"}}


@pytest.mark.parametrize(
    ("name", "properties", "faults"),
    [
        (
            "AWS::CloudTrail::Trail",
            {"S3BucketName": "bucket"},
            ["#: required key [IsLogging] not found"],
        ),
        (
            "AWS::ApiGateway::Method",
            {
                "RestApiId": "a",
                "ResourceId": "b",
                "HttpMethod": "GET",
                "MethodResponses": [{"StatusCode": "200", "ResponseHeaders": {}}],
            },
            ["#/MethodResponses/0: extraneous key [ResponseHeaders] is not permitted"],
        ),
        (
            "AWS::Lambda::Function",
            {**FUNCTION, "Role": [ROLE]},
            ["#/Role: expected type: String, found: JSONArray"],
        ),
        (
            "AWS::XRay::SamplingRule",
            {"SamplingRule": {**SAMPLED, "RuleName": "r" * 33}},
            ["#/SamplingRule/RuleName: expected maxLength: 32, actual: 33"],
        ),
    ],
)
def test_faults_are_worded_as_aws_words_them(
    name: str, properties: dict[str, Any], faults: list[str]
) -> None:
    assert property_faults(name, properties) == faults


def test_a_pattern_that_is_not_met_is_told_without_the_value_that_may_be_secret() -> None:
    (fault,) = property_faults("AWS::Lambda::Function", {**FUNCTION, "Role": "hunter2"})
    assert fault.startswith("#/Role: failed validation constraint for keyword [pattern] ^arn:")
    assert "hunter2" not in fault


def test_every_fault_is_told_with_its_place() -> None:
    found = property_faults(
        "AWS::SageMaker::EndpointConfig",
        {
            "Extra": 1,
            "EndpointConfigArn": "arn",
            "ProductionVariants": [
                {"VariantName": "_", "InitialInstanceCount": "many"},
                "variant",
            ],
            "DataCaptureConfig": {"CaptureOptions": []},
            "Tags": [{"Key": "k"}],
        },
    )
    assert "#: extraneous key [Extra] is not permitted" in found
    assert "#: extraneous key [EndpointConfigArn] is not permitted, as the service sets it" in found
    assert "#/ProductionVariants/0/InitialInstanceCount: expected type: Integer, found: String" in (
        found
    )
    assert "#/ProductionVariants/1: expected type: JSONObject, found: String" in found
    assert "#/DataCaptureConfig: required key [DestinationS3Uri] not found" in found
    assert "#/Tags/0: required key [Value] not found" in found


def test_a_value_that_is_none_of_those_allowed_is_told_with_them() -> None:
    (fault,) = property_faults("AWS::SSM::Parameter", {"Type": "Number", "Value": "1"})
    assert fault == ("#/Type: failed validation constraint for keyword [enum] String, StringList")


def test_exactly_one_of_what_excludes_each_other_is_taken() -> None:
    given = {"PortfolioId": "port-1", "ProductId": "prod-1"}
    name = "AWS::ServiceCatalog::LaunchRoleConstraint"
    assert property_faults(name, {**given, "LocalRoleName": "r"}) == []
    (neither,) = property_faults(name, given)
    assert "required key [LocalRoleName] not found" in neither
    assert "required key [RoleArn] not found" in neither
    (both,) = property_faults(name, {**given, "LocalRoleName": "r", "RoleArn": ROLE})
    assert both == "#: failed validation constraint for keyword [oneOf]"


@pytest.mark.parametrize("where", ["Role", "MemorySize", "Code", "Layers", "PackageType"])
def test_what_is_not_known_yet_passes(where: str) -> None:
    assert property_faults("AWS::Lambda::Function", {**FUNCTION, where: Unknown("Other")}) == []


def test_custom_resources_take_any_property() -> None:
    assert property_faults("Custom::Seed", {"ServiceToken": "arn", "A": {"b": [1, "c"]}}) == []
    assert property_faults("Custom::Seed", {"A": "b"}) == [
        "#: required key [ServiceToken] not found"
    ]
