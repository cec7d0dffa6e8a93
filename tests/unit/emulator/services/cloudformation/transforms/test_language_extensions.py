"""AWS::LanguageExtensions: the examples of the template reference, and cfn-lint's own transform."""

from typing import Any

import pytest
from cfnlint.decode import cfn_yaml
from cfnlint.template import Template
from cfnlint.template.transforms._language_extensions import language_extension

from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.reading import template_of
from emulator.services.cloudformation.template.resolving import resolve
from tests.unit.emulator.services.cloudformation.template.templates import scope_of
from tests.unit.emulator.services.cloudformation.transforms.documents import extended

HEAD = """
Parameters:
  ParameterName: {Type: String, Default: resolvedValue}
  Queues: {Type: CommaDelimitedList, Default: "a,b,c"}
  Numbers: {Type: List<Number>, Default: "1,2"}
  Policy: {Type: String, Default: Retain}
  Secret: {Type: String, NoEcho: true, Default: 'a "word"'}
Mappings:
  RegionMap:
    us-east-1: {InstanceType: t3.large, Zones: [a, b]}
Conditions:
  IsNamed: !Equals [!Ref ParameterName, resolvedValue]
  IsSecret: !Equals [!Ref Secret, 'a "word"']
"""


def value(written: str) -> Any:
    """What the property of a resource becomes."""
    text = (
        f"{HEAD}Resources:\n  R:\n    Type: AWS::SNS::Topic\n    Properties:\n      P: {written}\n"
    )
    return extended(text)["Resources"]["R"]["Properties"].get("P")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        # Fn::Length and Fn::ToJsonString in the template reference.
        ('{"Fn::Length": [1, 2, 3]}', 3),
        ('{"Fn::Length": !Ref Queues}', 3),
        ('{"Fn::Length": !Ref Numbers}', 2),
        ('{"Fn::Length": !Split ["|", "a|b|c"]}', 3),
        ('{"Fn::Length": !FindInMap [RegionMap, !Ref "AWS::Region", Zones]}', 2),
        (
            '{"Fn::ToJsonString": {key1: value1, key2: !Ref ParameterName}}',
            '{"key1":"value1","key2":"resolvedValue"}',
        ),
        (
            '{"Fn::ToJsonString": [{key1: value1}, {key2: !Ref ParameterName}]}',
            '[{"key1":"value1"},{"key2":"resolvedValue"}]',
        ),
        ('{"Fn::ToJsonString": {b: 1, a: true, n: !Ref AWS::NoValue}}', '{"b":1,"a":true}'),
        ('{"Fn::ToJsonString": {é: !If [IsNamed, x, y]}}', '{"é":"x"}'),
        # Fn::FindInMap enhancements.
        ("!FindInMap [RegionMap, eu-west-1, InstanceType, DefaultValue: t3.micro]", "t3.micro"),
        ("!FindInMap [RegionMap, us-east-1, InstanceType, DefaultValue: t3.micro]", "t3.large"),
        ("!FindInMap [RegionMap, !Select [0, [us-east-1]], InstanceType]", "t3.large"),
        (
            "!FindInMap [RegionMap, x, y, DefaultValue: !FindInMap [RegionMap, us-east-1, Zones]]",
            ["a", "b"],
        ),
        ("!FindInMap [RegionMap, x, y, DefaultValue: !Ref AWS::NoValue]", None),
        ("!If [IsNamed, !Ref Queues, !FindInMap [RegionMap, x, y]]", ["a", "b", "c"]),
        ("!If [IsSecret, yes, no]", True),
        # As AWS SAM's copy of the transform leaves out what a condition leaves out.
        ("[!If [IsNamed, {Key: a}, !Ref AWS::NoValue], {Key: b}]", [{"Key": "a"}, {"Key": "b"}]),
        ("[!If [IsNamed, !Ref AWS::NoValue, {Key: a}], {Key: b}]", [{"Key": "b"}]),
        # Functions as the name of a Ref and of a GetAtt.
        ('{Ref: !Sub "R"}', {"Ref": "R"}),
        ('!GetAtt [!Join ["", [R]], !Select [0, [TopicArn]]]', {"Fn::GetAtt": ["R", "TopicArn"]}),
        # What is not known, or is not to be seen, stays as it is written.
        ('!Sub "${R}-${ParameterName}"', {"Fn::Sub": "${R}-${ParameterName}"}),
        ("!Ref Secret", {"Ref": "Secret"}),
        ('!Join ["-", [!Ref ParameterName, !Ref R]]', None),
        ("[1, null, 2]", [1, 2]),
        ("null", None),
    ],
)
def test_a_value_is_what_is_known_of_it(written: str, expected: Any) -> None:
    if written.startswith("!Join"):
        expected = {"Fn::Join": ["-", ["resolvedValue", {"Ref": "R"}]]}
    assert value(written) == expected


def test_json_of_what_is_known_later_is_made_then_with_its_quotes_escaped() -> None:
    text = (
        f"{HEAD}Resources:\n  R:\n    Type: AWS::SNS::Topic\n    Properties:\n"
        '      P: {"Fn::ToJsonString": {secret: !Ref Secret, topic: !Ref R}}\n'
    )
    template = template_of(extended(text), is_extended=True)

    assert (
        resolve(
            template.resources["R"].properties["P"],
            scope_of(template, ref={"R": "arn:x"}.__getitem__),
        )
        == '{"secret":"a \\"word\\"","topic":"arn:x"}'
    )


def test_policies_take_functions() -> None:
    """Source: "Intrinsic function references in DeletionPolicy and UpdateReplacePolicy"."""
    found = extended(
        f"{HEAD}Resources:\n  R:\n    Type: AWS::SNS::Topic\n    DeletionPolicy: !Ref Policy\n"
        "    UpdateReplacePolicy: !If [IsNamed, Delete, Retain]\n"
    )

    assert found["Resources"]["R"] == {
        "Type": "AWS::SNS::Topic",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Delete",
    }


def test_length_is_known_in_conditions() -> None:
    found = extended(
        f'{HEAD}  Three: !Equals [{{"Fn::Length": !Ref Queues}}, 3]\n'
        "Resources:\n  R: {Type: AWS::SNS::Topic, Properties: {P: !If [Three, x, y]}}\n"
    )

    assert found["Conditions"]["Three"] == {"Fn::Equals": [3, 3]}
    assert found["Resources"]["R"]["Properties"] == {"P": "x"}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('{"Fn::Length": text}', "Fn::Length needs a list that is known before anything is made"),
        ('{"Fn::Length": !Split [":", !GetAtt R.TopicArn]}', "not a function that is not known"),
        ('{"Fn::ToJsonString": text}', "Fn::ToJsonString layout is incorrect"),
        ('{"Fn::ToJsonString": {a: {"Fn::Equals": [1, 1]}}}', "does not support Fn::Equals"),
        (
            '{"Fn::ToJsonString": {a: !Ref "AWS::NotificationARNs"}}',
            "does not support AWS::NotificationARNs pseudo parameter",
        ),
        ("!FindInMap [RegionMap, x, y]", "Unable to get mapping for RegionMap::x::y"),
        ("!If [Nobody, 1, 2]", "unresolved condition dependency Nobody in Fn::If"),
        ("!Select [9, [a]]", "Fn::Select cannot select nonexistent value at index 9"),
        ("!Base64 {Ref: AWS::NoValue}", "Fn::Base64 cannot be made of AWS::NoValue"),
    ],
)
def test_what_cannot_be_made_is_told_as_the_transforms_failure(written: str, message: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        value(written)
    assert refusal.value.message.startswith("Transform AWS::LanguageExtensions failed with: ")
    assert message in refusal.value.message


def test_all_faults_come_at_once() -> None:
    with pytest.raises(TemplateError) as refusal:
        extended(
            f"{HEAD}Resources:\n  A: {{Type: T, Properties: {{P: !FindInMap [RegionMap, x, y], "
            'Q: {"Fn::Length": x}}}\n'
            "  B: {Type: T, Properties: {P: !If [Nobody, 1, 2]}}\n"
        )
    for part in ("RegionMap::x::y", "Fn::Length needs", "dependency Nobody in"):
        assert part in refusal.value.message


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("!Ref R", "Unsupported expression for DeletionPolicy in resource R"),
        ("!Ref AWS::NoValue", "AWS::NoValue is not supported for DeletionPolicy"),
        ("[Delete]", "Unsupported expression for DeletionPolicy in resource R"),
    ],
)
def test_a_policy_that_is_no_text(policy: str, message: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        extended(f"Resources:\n  R: {{Type: AWS::SNS::Topic, DeletionPolicy: {policy}}}\n")
    assert message in refusal.value.message


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ("A: !Equals [!Ref R, x]", "Unresolved dependencies [R]"),
        ("A: !Not [!Condition A]", "Circular dependency between conditions: [A]"),
        ("A: !Equals [!FindInMap [RegionMap, x, y], x]", "Mapping named 'RegionMap'"),
    ],
)
def test_conditions_that_cannot_be_evaluated(conditions: str, message: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        extended(f"Conditions:\n  {conditions}\nResources:\n  R: {{Type: AWS::SNS::Topic}}\n")
    assert message in refusal.value.message


LOOPS = """
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::LanguageExtensions
Mappings:
  InstanceA: {Properties: {ImageId: ami-id1, InstanceType: m5.xlarge}}
  InstanceC: {Properties: {ImageId: ami-id3, AvailabilityZone: us-east-1a}}
Resources:
  VPC: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Fn::ForEach::SubnetResources:
    - Prefix
    - [Transit, Public]
    - Nacl${Prefix}Subnet:
        Type: AWS::EC2::NetworkAcl
        Properties: {VpcId: !Ref VPC}
      Fn::ForEach::LoopInner:
        - Suffix
        - [A, B]
        - ${Prefix}Subnet${Suffix}:
            Type: AWS::EC2::Subnet
            Properties: {VpcId: !Ref VPC, CidrBlock: !Sub "${Prefix}/${Suffix}"}
          Nacl${Prefix}Subnet${Suffix}Association:
            Type: AWS::EC2::SubnetNetworkAclAssociation
            Properties:
              SubnetId: !Ref {"Fn::Sub": "${Prefix}Subnet${Suffix}"}
              NetworkAclId: !Ref {"Fn::Sub": "Nacl${Prefix}Subnet"}
  Fn::ForEach::Instances:
    - LogicalId
    - [InstanceA, InstanceC]
    - ${LogicalId}:
        Type: AWS::EC2::Instance
        Properties:
          DisableApiTermination: true
          Fn::ForEach::Properties:
            - Name
            - [ImageId]
            - ${Name}: !FindInMap [!Ref LogicalId, Properties, !Ref Name]
Outputs:
  Fn::ForEach::Outputs:
    - Id
    - [A, B]
    - Fn::ForEach::GetAttLoop:
        - Property
        - [SubnetId, VpcId]
        - Subnet${Id}${Property}:
            Value: !GetAtt [!Sub "TransitSubnet${Id}", !Ref Property]
"""


def test_loops_give_what_they_give_in_cfn_lint() -> None:
    """Source: use cases 3, 4 and 5 of the RFC "Fn::ForEach", shortened."""
    matches, expected = language_extension(Template("loops.yaml", cfn_yaml.loads(LOOPS)))
    assert matches == []

    found = extended(LOOPS.replace("Transform: AWS::LanguageExtensions\n", ""))

    assert found["Outputs"] == expected["Outputs"]
    assert found["Resources"].keys() == expected["Resources"].keys()
    for logical_id, resource in found["Resources"].items():
        # cfn-lint leaves functions that name a Ref to those who read it.
        if not logical_id.endswith("Association"):
            assert resource == expected["Resources"][logical_id], logical_id
    association = found["Resources"]["NaclTransitSubnetAAssociation"]["Properties"]
    assert association == {
        "SubnetId": {"Ref": "TransitSubnetA"},
        "NetworkAclId": {"Ref": "NaclTransitSubnet"},
    }
