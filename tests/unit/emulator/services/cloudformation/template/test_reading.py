"""Templates become data, or are refused with every fault."""

import json

import pytest

from emulator.errors import AwsError
from emulator.services.cloudformation.template.document import Output, Parameter, Resource
from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.reading import document_of, read, template_of
from tests.unit.emulator.services.cloudformation.template.templates import BUCKET

WHOLE = """
AWSTemplateFormatVersion: 2010-09-09
Description: All there is
Metadata: {Owner: me}
Parameters:
  Env:
    Type: String
    Default: dev
    AllowedValues: [dev, prod, 1, true]
    AllowedPattern: "[a-z]+"
    MinLength: 1
    MaxLength: "9"
    Description: Where
    ConstraintDescription: dev or prod
    NoEcho: "true"
  Size: {Type: Number, Default: 3, MinValue: 1, MaxValue: 2.5}
Mappings:
  Sizes: {dev: {Count: 1, Zones: [a, b]}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Condition: IsProd
    DependsOn: [Topic]
    DeletionPolicy: Retain
    UpdateReplacePolicy: Snapshot
    Metadata: {A: b}
    Properties: {BucketName: !Ref Env}
    CreationPolicy: {ResourceSignal: {Count: 1}}
    UpdatePolicy: {UseOnlineResharding: true}
  Topic: {Type: AWS::SNS::Topic, DependsOn: Queue}
  Queue: {Type: AWS::SQS::Queue}
Outputs:
  Name:
    Description: The name
    Condition: IsProd
    Value: !Ref Bucket
    Export: {Name: !Sub "${AWS::StackName}-name"}
"""


def test_reads_every_section() -> None:
    template = read(WHOLE)
    assert template.format_version == "2010-09-09"
    assert template.description == "All there is"
    assert template.metadata == {"Owner": "me"}
    assert template.parameters["Env"] == Parameter(
        name="Env",
        type="String",
        default="dev",
        allowed_values=("dev", "prod", "1", "true"),
        allowed_pattern="[a-z]+",
        min_length=1,
        max_length=9,
        description="Where",
        constraint_description="dev or prod",
        no_echo=True,
    )
    assert template.parameters["Size"] == Parameter(
        name="Size", type="Number", default="3", min_value=1, max_value=2.5
    )
    assert template.mappings == {"Sizes": {"dev": {"Count": 1, "Zones": ["a", "b"]}}}
    assert template.conditions == {"IsProd": {"Fn::Equals": [{"Ref": "Env"}, "prod"]}}
    assert template.resources["Bucket"] == Resource(
        logical_id="Bucket",
        type="AWS::S3::Bucket",
        properties={"BucketName": {"Ref": "Env"}},
        depends_on=("Topic",),
        condition="IsProd",
        deletion_policy="Retain",
        update_replace_policy="Snapshot",
        metadata={"A": "b"},
        creation_policy={"ResourceSignal": {"Count": 1}},
        update_policy={"UseOnlineResharding": True},
    )
    assert template.resources["Topic"].depends_on == ("Queue",)
    assert template.outputs == {
        "Name": Output(
            name="Name",
            value={"Ref": "Bucket"},
            description="The name",
            condition="IsProd",
            export_name={"Fn::Sub": "${AWS::StackName}-name"},
        )
    }


def test_json_reads_as_the_same_template() -> None:
    body = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
    }
    assert read(json.dumps(body)) == read("AWSTemplateFormatVersion: 2010-09-09\n" + BUCKET)


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text", "", "42", "[1, 2]", '"{}"'])
def test_refuses_what_is_not_a_mapping(text: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        read(text)
    assert refusal.value.message == "Template format error: unsupported structure."


def test_refuses_sections_that_there_are_not() -> None:
    with pytest.raises(TemplateError) as refusal:
        read(BUCKET + "Other: 2\nBogus: 1\n")
    assert refusal.value.message == "Invalid template property or properties [Bogus, Other]"


def test_refuses_nulls_with_their_places() -> None:
    with pytest.raises(TemplateError) as refusal:
        read(BUCKET + "Outputs:\nMetadata: {A: [1, ~]}\n")
    assert refusal.value.faults == (
        "[/Outputs] 'null' values are not allowed in templates",
        "[/Metadata/A/1] 'null' values are not allowed in templates",
    )


def test_refuses_more_than_a_megabyte_of_bytes() -> None:
    # "Understand CloudFormation quotas": 1 MB for a template in S3.
    with pytest.raises(TemplateError, match="Template may not exceed 1048576 bytes in size"):
        read(BUCKET + "#" + "é" * 524_300)


def test_refuses_a_version_that_there_is_not() -> None:
    with pytest.raises(TemplateError) as refusal:
        read("AWSTemplateFormatVersion: 2011-01-01\n" + BUCKET)
    assert refusal.value.message == (
        "Template format error: unsupported value for AWSTemplateFormatVersion."
    )


def test_refuses_a_description_of_more_than_1024_bytes() -> None:
    assert read(f"Description: {'a' * 1024}\n{BUCKET}").description == "a" * 1024
    with pytest.raises(TemplateError) as refusal:
        read(f"Description: {'a' * 1025}\n{BUCKET}")
    assert refusal.value.message == (
        "Template format error: 'Description' length is greater than 1024"
    )


def test_tells_every_fault_of_the_sections_at_once() -> None:
    with pytest.raises(TemplateError) as refusal:
        read(
            """
Parameters:
  P: {Type: String, MinLength: x, Colour: red}
  Q: text
  R: {Default: {a: b}}
Mappings:
  M: {a: b, c: {d: {e: f}}}
Resources:
  my_bucket: {Type: AWS::S3::Bucket}
  A: {Type: [x], DependsOn: {b: c}, DeletionPolicy: Keep, Properties: [1]}
  B: {Type: AWS::S3::Bucket, UpdateReplacePolicy: RetainExceptOnCreate}
  12: {Type: AWS::S3::Bucket}
Outputs:
  O: {Export: {Name: x, Other: y}}
  o-o: {Value: x}
"""
        )
    assert refusal.value.code == "ValidationError"
    assert refusal.value.faults == (
        "Template format error: Resource name my_bucket is non alphanumeric.",
        "Template format error: [/Resources/A/Type] must be a string, not a list",
        "Template format error: [/Resources/A/Properties] must be a map, not a list",
        "Template format error: DependsOn must be a string or list of strings: "
        "[/Resources/A/DependsOn]",
        "Template format error: Unrecognized DeletionPolicy Keep for resource A; it is one of "
        "Delete, Retain, Snapshot, RetainExceptOnCreate",
        "Template format error: Unrecognized UpdateReplacePolicy RetainExceptOnCreate for "
        "resource B; it is one of Delete, Retain, Snapshot",
        "Template format error: Any Parameters member must be an object: [/Parameters/Q]",
        "Invalid template parameter property [Colour] of parameter P",
        "Template format error: [/Parameters/P/MinLength] must be a number, not 'x'",
        "Template format error: Every Parameters object must contain a Type member: R",
        "Template format error: [/Parameters/R/Default] Every Default member must be a string.",
        "Template format error: [/Mappings/M/a] Every Mappings attribute must be a map",
        "Template format error: [/Mappings/M/c/d] Every Mappings attribute must be a String or a "
        "List.",
        "Template format error: Outputs name 'o-o' is non alphanumeric.",
        "Template format error: Output O is malformed. Every Outputs member must contain a "
        "Value object",
        "Template format error: [/Outputs/O/Export] must have a Name and nothing else",
    )


def test_what_the_emulator_cannot_do_is_named() -> None:
    with pytest.raises(AwsError) as refusal:
        read(f"Hooks: {{H: {{}}}}\n{BUCKET}")
    assert refusal.value.code == "UnsupportedByEmulator"
    assert "Hooks of a template" in refusal.value.message


def test_functions_that_look_up_resources_are_of_rules_alone() -> None:
    with pytest.raises(TemplateError) as refusal:
        read(
            "Conditions: {C: !Equals [{'Fn::ValueOf': [x, y]}, z]}\n"
            "Outputs: {O: {Value: {'Fn::RefAll': x}}}\n"
            "Rules: {R: {Assertions: [{Assert: !Contains [!ValueOfAll [x, y], z]}]}}\n"
            f"{BUCKET}"
        )
    assert refusal.value.faults == (
        "Template format error: [Fn::RefAll, Fn::ValueOf] is supported in the section Rules alone",
    )


@pytest.mark.parametrize(
    ("head", "named"),
    [
        ("Outputs: {'Fn::ForEach::O': [x, [a], {}]}\n", "[Fn::ForEach::O]"),
        (
            'Outputs: {O: {Value: {"Fn::Length": [a]}}, P: {Value: {"Fn::ToJsonString": {}}}}\n',
            "[Fn::Length, Fn::ToJsonString]",
        ),
    ],
)
def test_functions_of_the_extensions_need_their_transform(head: str, named: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        read(head + BUCKET)
    assert f"{named} is supported with the transform AWS::LanguageExtensions alone: add " in (
        refusal.value.message
    )


@pytest.mark.parametrize(
    "head", ["Outputs: {O: {Value: !Transform {Name: AWS::Include}}}\n", "Transform: Mine\n"]
)
def test_what_a_transform_leaves_to_be_transformed_is_refused(head: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        read(head + BUCKET)
    assert "a transform is left over" in refusal.value.message
    assert list(read(f"Transform: []\n{BUCKET}").resources) == ["Bucket"]


def test_functions_of_the_extensions_have_their_sections() -> None:
    body = document_of(f'Rules: {{R: {{Assertions: [{{"Fn::Length": [a]}}]}}}}\n{BUCKET}')
    with pytest.raises(TemplateError) as refusal:
        template_of(body, is_extended=True)
    assert refusal.value.message == (
        "Template format error: [Fn::Length] is supported in the sections Conditions, Outputs and "
        "Resources alone"
    )
