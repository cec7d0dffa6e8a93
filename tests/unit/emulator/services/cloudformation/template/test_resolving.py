"""What functions give: the examples of the template reference, and what is not known yet."""

from typing import Any

import pytest

from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.resolving import resolve, unknowns
from emulator.services.cloudformation.template.scope import DynamicReference, Unknown
from tests.unit.emulator.services.cloudformation.template.templates import (
    scope_of,
    value_template,
)

HEAD = """
Parameters:
  Env: {Type: String, Default: dev}
  RootDomainName: {Type: String, Default: example.com}
  DbSubnetIpBlocks:
    Type: CommaDelimitedList
    Default: "10.0.48.0/24, 10.0.112.0/24, 10.0.176.0/24"
  Index: {Type: Number, Default: 2}
Mappings:
  RegionMap:
    us-east-1: {HVM64: ami-0ff8a91507f77f867, Size: 2, Zones: [a, b]}
    eu-west-1: {HVM64: ami-047bb4163c506cd98, Size: 3, Zones: [c]}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Equals [!Ref Env, dev]
"""
REFERENCES = {"Bucket": "demo-bucket-1"}
ATTRIBUTES = {("Bucket", "Arn"): "arn:aws:s3:::demo-bucket-1", ("Nested", "Outputs.Name"): "n"}
OUTPUTS = {("network-dev", "Subnet"): "subnet-2"}
EXPORTS = {"network-SubnetId": "subnet-1"}
KEPT = {"/dev/size": "m5", "password": "hunter2"}


def resolved(value: str, **members: Any) -> Any:
    """What the value gives in a stack whose bucket is there."""
    template = value_template(value, HEAD)
    known: dict[str, Any] = {
        "ref": REFERENCES.__getitem__,
        "get_att": lambda *key: ATTRIBUTES[key],
        "import_value": EXPORTS.__getitem__,
        "stack_output": lambda wanted: OUTPUTS[wanted["StackName"], wanted["OutputName"]],
        "dynamic_reference": lambda reference: KEPT[reference.name],
    }
    scope = scope_of(template, **{**known, **members})
    return resolve(template.resources["Bucket"].properties["P"], scope)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!Base64 AWS CloudFormation", "QVdTIENsb3VkRm9ybWF0aW9u"),
        ('!Join [":", [a, b, c]]', "a:b:c"),
        ('!Join ["", [!Ref Index, x, true, 1]]', "2xtrue1"),
        ('!Join ["|", !Ref DbSubnetIpBlocks]', "10.0.48.0/24|10.0.112.0/24|10.0.176.0/24"),
        ('!Join [",", []]', ""),
        ('!Split ["|", "a|b|c"]', ["a", "b", "c"]),
        ('!Split ["|", "a||c|"]', ["a", "", "c", ""]),
        ('!Select ["1", [apples, grapes, oranges, mangoes]]', "grapes"),
        ("!Select [0, !Ref DbSubnetIpBlocks]", "10.0.48.0/24"),
        ("!Select [!Ref Index, [a, b, c]]", "c"),
        ('!Select [2, !Split [",", !Join [",", [a, b, c]]]]', "c"),
        ("!FindInMap [RegionMap, !Ref 'AWS::Region', HVM64]", "ami-0ff8a91507f77f867"),
        ("!FindInMap [RegionMap, eu-west-1, Size]", 3),
        ("!FindInMap [RegionMap, us-east-1, Zones]", ["a", "b"]),
        ("!FindInMap [RegionMap, eu-west-1, Size, {DefaultValue: 9}]", 3),
        ("!FindInMap [RegionMap, eu-west-1, Nope, {DefaultValue: m5.small}]", "m5.small"),
        ("!FindInMap [RegionMap, !Ref Env, Size, {DefaultValue: !Sub '${Env}-x'}]", "dev-x"),
        (
            "{A: !FindInMap [RegionMap, xx-west-1, Size, {DefaultValue: !Ref 'AWS::NoValue'}]}",
            {},
        ),
        ("!If [IsDev, small, big]", "small"),
        ("!If [IsProd, !Ref Missing, [!Ref Env]]", ["dev"]),
        ('!Sub "www.${RootDomainName}"', "www.example.com"),
        ('!Sub ["www.${Domain}", {Domain: !Ref RootDomainName}]', "www.example.com"),
        (
            '!Sub "arn:aws:ec2:${AWS::Region}:${AWS::AccountId}:vpc/${Bucket}"',
            "arn:aws:ec2:us-east-1:123456789012:vpc/demo-bucket-1",
        ),
        ('!Sub "${!Literal} ${Env} $Env $ ${ Env }"', "${Literal} dev $Env $ dev"),
        ('!Sub "${Bucket.Arn}/* ${Nested.Outputs.Name}"', "arn:aws:s3:::demo-bucket-1/* n"),
        ('!Sub ["${Env}${X}", {Env: own, X: !Sub "${Env}"}]', "owndev"),
        ('!Sub "$${Env}"', "$dev"),
        ("!GetAtt Bucket.Arn", "arn:aws:s3:::demo-bucket-1"),
        ("!GetAtt [Nested, Outputs.Name]", "n"),
        ('{"Fn::GetAtt": "Bucket.Arn"}', "arn:aws:s3:::demo-bucket-1"),
        ('!ImportValue {"Fn::Sub": "network-SubnetId"}', "subnet-1"),
        (
            "{'Fn::GetStackOutput': {StackName: !Sub 'network-${Env}', OutputName: Subnet}}",
            "subnet-2",
        ),
        ('!GetAZs ""', ["us-east-1a", "us-east-1b", "us-east-1c"]),
        ("!Select [0, !GetAZs {Ref: 'AWS::Region'}]", "us-east-1a"),
        (
            "!Cidr [192.168.0.0/24, 6, 5]",
            [f"192.168.0.{start}/27" for start in (0, 32, 64, 96, 128, 160)],
        ),
        ("!Ref AWS::NotificationARNs", ["arn:aws:sns:us-east-1:123456789012:a"]),
        ('!Sub "${AWS::Partition} ${AWS::URLSuffix}"', "aws amazonaws.com"),
        ("!Ref AWS::StackId", "arn:aws:cloudformation:us-east-1:123456789012:stack/demo/1"),
        ("{Ref: Bucket, Other: !Ref Env}", {"Ref": "Bucket", "Other": "dev"}),
        (
            "{Condition: {StringEquals: {a: !Ref Env}}}",
            {"Condition": {"StringEquals": {"a": "dev"}}},
        ),
        ("[1, 1.5, true, x]", [1, 1.5, True, "x"]),
    ],
)
def test_functions_give(value: str, expected: Any) -> None:
    assert resolved(value) == expected


def test_no_value_takes_the_member_away() -> None:
    assert resolved("{Keep: 1, Drop: !If [IsProd, x, !Ref 'AWS::NoValue']}") == {"Keep": 1}
    assert resolved("[a, !If [IsProd, b, !Ref 'AWS::NoValue'], c]") == ["a", "c"]
    assert resolved("!Ref AWS::NoValue") is None
    assert resolved('!Join ["-", [a, !Ref "AWS::NoValue", b]]') == "a-b"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "!Select [3, [a, b]]",
            "Template error: Fn::Select cannot select nonexistent value at index 3",
        ),
        (
            "!Select [!Ref Env, [a]]",
            "Template error: Fn::Select needs a whole number as the index, not a string",
        ),
        ("!Select [0, !Ref Env]", "Template error: Fn::Select needs a list, not a string"),
        (
            "!FindInMap [RegionMap, !Ref 'AWS::Region', !Ref Env]",
            "Template error: Unable to get mapping for RegionMap::us-east-1::dev",
        ),
        (
            "!FindInMap [!Ref Env, a, b]",
            "Template error: Mapping named 'dev' is not present in the 'Mappings' section of "
            "template.",
        ),
        (
            "!If [Nope, a, b]",
            "Template error: unresolved condition dependency Nope in Fn::If",
        ),
        (
            '!Join ["-", [[a]]]',
            "Template error: Fn::Join needs a string as an item, not a list",
        ),
        (
            '!Sub "${DbSubnetIpBlocks}"',
            "Template error: Fn::Sub needs a string as the variable DbSubnetIpBlocks, not a list",
        ),
        (
            '!Base64 {"Fn::GetAZs": ""}',
            "Template error: Fn::Base64 needs a string as the value, not a list",
        ),
        (
            "!Equals [a, b]",
            "Template error: Fn::Equals is allowed in conditions alone",
        ),
        (
            '!Split [","]',
            "Template error: every Fn::Split object requires two parameters, (1) a string "
            "delimiter and (2) a string to be split or a function that returns a string to be "
            "split.",
        ),
    ],
)
def test_what_cannot_be_resolved_is_told(value: str, message: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        resolved(value)
    assert (refusal.value.code, refusal.value.message) == ("ValidationError", message)


OF_BUCKET = Unknown("Bucket")
ARN_OF_BUCKET = Unknown("Bucket.Arn")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!Ref Bucket", OF_BUCKET),
        ("!GetAtt Bucket.Arn", ARN_OF_BUCKET),
        ("{A: !Ref Bucket, B: !Ref Env}", {"A": OF_BUCKET, "B": "dev"}),
        ("[!Ref Bucket, !Ref Env]", [OF_BUCKET, "dev"]),
        ('!Sub "${Env}/${Bucket.Arn}/${Bucket}"', ARN_OF_BUCKET),
        ('!Join ["", [a, !Ref Bucket]]', OF_BUCKET),
        ('!Join ["", !GetAtt Bucket.Arn]', ARN_OF_BUCKET),
        ('!Split [":", !GetAtt Bucket.Arn]', ARN_OF_BUCKET),
        ('!Select [5, !Split [":", !GetAtt Bucket.Arn]]', ARN_OF_BUCKET),
        ("!Select [1, [!Ref Bucket, known]]", "known"),
        ("!Base64 {Ref: Bucket}", OF_BUCKET),
        ("!If [IsProd, !Ref Bucket, known]", "known"),
        ("!Cidr [!GetAtt Bucket.Arn, 1, 8]", ARN_OF_BUCKET),
        ("!GetAZs {Ref: Bucket}", OF_BUCKET),
    ],
)
def test_what_is_made_from_the_unknown_is_unknown(value: str, expected: Any) -> None:
    found = resolved(value, ref=Unknown, get_att=lambda *key: Unknown(".".join(key)))
    assert found == expected


def test_all_that_is_unknown_in_a_value_can_be_listed() -> None:
    found = resolved(
        "{A: !Ref Bucket, B: [!GetAtt Bucket.Arn, x]}",
        ref=Unknown,
        get_att=lambda *key: Unknown(".".join(key)),
    )
    assert list(unknowns(found)) == [OF_BUCKET, ARN_OF_BUCKET]


def test_dynamic_references_are_replaced_in_what_functions_made() -> None:
    assert resolved('!Sub "x-{{resolve:ssm:/${Env}/size}}.large"') == "x-m5.large"
    assert resolved("{A: ['{{resolve:secretsmanager:password}}']}") == {"A": ["hunter2"]}


def test_functions_see_dynamic_references_and_not_their_values() -> None:
    assert resolved("!Base64 '{{resolve:ssm:/dev/size}}'") == "e3tyZXNvbHZlOnNzbTovZGV2L3NpemV9fQ=="


def test_an_unknown_dynamic_reference_makes_the_text_unknown() -> None:
    def unknown(reference: DynamicReference) -> Unknown:
        return Unknown(reference.name)

    found = resolved("a-{{resolve:ssm:/later}}", dynamic_reference=unknown)
    assert found == Unknown("/later")


# Between what was split at each "a" it puts two of them, and so much more that few are enough.
DOUBLING = "a" + "b" * 50_000 + "a"


@pytest.mark.parametrize(
    ("function", "nested"),
    [
        ("Fn::Base64", lambda value: {"Fn::Base64": value}),
        ("Fn::Sub", lambda value: {"Fn::Sub": ["${X}${X}", {"X": value}]}),
        ("Fn::Join", lambda value: {"Fn::Join": [DOUBLING, {"Fn::Split": ["a", value]}]}),
    ],
)
def test_nested_functions_make_no_text_without_end(function: str, nested: Any) -> None:
    value: Any = "a" * 10
    for _ in range(40):
        value = nested(value)
    with pytest.raises(TemplateError) as refusal:
        resolve(value, scope_of(value_template("x", HEAD)))
    assert refusal.value.message == (
        f"Template error: {function} makes a text of more than 1048576 characters"
    )


def test_a_variable_is_resolved_once_however_often_it_comes() -> None:
    value: Any = ""
    for _ in range(60):
        value = {"Fn::Sub": ["${X}${X}", {"X": value}]}
    assert resolve(value, scope_of(value_template("x", HEAD))) == ""
