"""What rules look up, by the examples of "Rule functions" in the template reference."""

from collections.abc import Mapping

import pytest

from emulator.services.cloudformation.template.checks import check
from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.reading import read
from emulator.services.cloudformation.template.rule_lookups import types_of_all
from emulator.services.cloudformation.template.rules import check_rules
from tests.unit.emulator.services.cloudformation.template.templates import BUCKET, scope_of

ACCOUNT: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "AWS::EC2::VPC::Id": {
        "vpc-a": {
            "DefaultNetworkAcl": "acl-a",
            "DefaultSecurityGroup": "sg-a",
            "Tags.Department": "IT",
        },
        "vpc-b": {"DefaultNetworkAcl": "acl-b", "DefaultSecurityGroup": "sg-b"},
    },
    "AWS::EC2::Subnet::Id": {
        "subnet-1": {"AvailabilityZone": "us-east-1a", "VpcId": "vpc-a", "Tags.a.b": "c"},
        "subnet-2": {"AvailabilityZone": "us-east-1b", "VpcId": "vpc-a"},
        "subnet-3": {"AvailabilityZone": "us-east-1a", "VpcId": "vpc-b"},
    },
}
PARAMETERS = """
Parameters:
  ElbVpc: {Type: 'AWS::EC2::VPC::Id', Default: vpc-a}
  OtherVpc: {Type: 'AWS::EC2::VPC::Id', Default: vpc-a}
  ListOfElbSubnets: {Type: 'List<AWS::EC2::Subnet::Id>', Default: 'subnet-1, subnet-2'}
  Subnet: {Type: 'AWS::EC2::Subnet::Id', Default: subnet-1}
  Text: {Type: String, Default: x}
"""


def ruled(assertion: str, condition: str = "!Equals [a, a]") -> Template:
    """A template with a rule, and with parameters of the types that have attributes."""
    rule = f"{{RuleCondition: {condition}, Assertions: [{{Assert: {assertion}}}]}}"
    return read(f"{PARAMETERS}Rules:\n  R: {rule}\n{BUCKET}")


def refusals(template: Template, **given: str) -> tuple[str, ...]:
    """All that is told against the parameters' values."""
    check(template)
    try:
        check_rules(template, scope_of(template, given), ACCOUNT.__getitem__)
    except TemplateError as error:
        return error.faults
    return ()


@pytest.mark.parametrize(
    ("assertion", "given", "holds"),
    [
        ("!Equals [!ValueOf [ElbVpc, Tags.Department], IT]", {}, True),
        ("!Equals [!ValueOf [ElbVpc, Tags.Department], IT]", {"ElbVpc": "vpc-b"}, False),
        ("!Equals [!ValueOf [ElbVpc, Tags.Department], '']", {"ElbVpc": "vpc-b"}, True),
        ("!Equals [!ValueOf [ElbVpc, DefaultNetworkAcl], acl-a]", {}, True),
        ("!Equals [!ValueOf [ElbVpc, DefaultSecurityGroup], sg-a]", {}, True),
        ("!Equals [!ValueOf [Subnet, Tags.a.b], c]", {}, True),
        ("!Equals [!ValueOf [Subnet, VpcId], !ValueOf [Subnet, AvailabilityZone]]", {}, False),
        (
            "!Equals [!ValueOf [ListOfElbSubnets, AvailabilityZone], [us-east-1a, us-east-1b]]",
            {},
            True,
        ),
        ("!Equals [!ValueOf [ListOfElbSubnets, Tags.a.b], [c, '']]", {}, True),
        (
            "!EachMemberEquals [!ValueOf [ListOfElbSubnets, VpcId], !Ref ElbVpc]",
            {"ListOfElbSubnets": "subnet-1,subnet-3"},
            False,
        ),
        ("!EachMemberEquals [!ValueOfAll ['AWS::EC2::VPC::Id', Tags.Department], IT]", {}, True),
        (
            "!EachMemberEquals [!ValueOfAll ['AWS::EC2::VPC::Id', Tags.Department], IT]",
            {"OtherVpc": "vpc-b"},
            True,
        ),
        (
            "!EachMemberEquals [!ValueOfAll ['AWS::EC2::Subnet::Id', VpcId], vpc-a]",
            {"Subnet": "subnet-3"},
            False,
        ),
        (
            "!EachMemberEquals [!ValueOfAll ['AWS::EC2::Subnet::Id', VpcId], vpc-a]",
            {"ListOfElbSubnets": "subnet-3"},
            False,
        ),
        (
            "!EachMemberIn [!ValueOfAll ['AWS::EC2::Subnet::Id', VpcId], "
            "!RefAll 'AWS::EC2::VPC::Id']",
            {"Subnet": "subnet-3"},
            True,
        ),
        ("!EachMemberIn [!RefAll 'AWS::EC2::VPC::Id', [!Ref ElbVpc, !Ref OtherVpc]]", {}, False),
        (
            "!Contains [[!ValueOf [Subnet, VpcId], !ValueOf [Subnet, AvailabilityZone]], vpc-a]",
            {},
            True,
        ),
    ],
)
def test_rules_look_up_what_the_account_has(
    assertion: str, given: dict[str, str], holds: bool
) -> None:
    told = refusals(ruled(assertion), **given)
    assert told == (() if holds else ("Rule R is not satisfied: an assertion of it does not hold",))


def test_a_rule_whose_condition_is_not_met_looks_nothing_up() -> None:
    template = ruled("!Equals [!ValueOf [Subnet, VpcId], vpc-a]", "!Equals [!Ref Text, y]")
    assert refusals(template, Subnet="subnet-9") == ()


def test_a_type_is_asked_for_once() -> None:
    asked = []

    def resources(type_name: str) -> Mapping[str, Mapping[str, str]]:
        asked.append(type_name)
        return ACCOUNT[type_name]

    template = ruled("!EachMemberEquals [!ValueOfAll ['AWS::EC2::Subnet::Id', VpcId], vpc-a]")
    check_rules(template, scope_of(template), resources)
    assert asked == ["AWS::EC2::Subnet::Id"]


def test_every_value_that_is_no_resource_is_told_beside_what_does_not_hold() -> None:
    assertions = (
        "!Equals [a, b]}, {Assert: !Equals [!ValueOf [ElbVpc, DefaultNetworkAcl], x]}, "
        "{Assert: !Contains [!ValueOfAll ['AWS::EC2::Subnet::Id', VpcId], x]"
    )
    told = refusals(
        ruled(assertions), ElbVpc="vpc-9", ListOfElbSubnets="subnet-1,subnet-8", Subnet="subnet-9"
    )
    assert told == (
        "Rule R is not satisfied: an assertion of it does not hold",
        "Parameter validation failed: parameter value vpc-9 for parameter name ElbVpc does not "
        "exist",
        "Parameter validation failed: parameter value subnet-8 for parameter name "
        "ListOfElbSubnets does not exist",
        "Parameter validation failed: parameter value subnet-9 for parameter name Subnet does not "
        "exist",
    )


def test_a_condition_that_cannot_be_told_is_a_fault_and_asserts_nothing() -> None:
    template = ruled("!Equals [a, b]", "!Equals [!ValueOf [ElbVpc, Tags.a], '']")
    assert refusals(template, ElbVpc="vpc-9") == (
        "Parameter validation failed: parameter value vpc-9 for parameter name ElbVpc does not "
        "exist",
    )


@pytest.mark.parametrize(
    ("operand", "fault"),
    [
        ("!RefAll [x]", "Fn::RefAll in rule R requires a parameter type, not a list"),
        (
            "!RefAll String",
            "Fn::RefAll in rule R requires one of the parameter types "
            "[AWS::EC2::AvailabilityZone::Name, AWS::EC2::Image::Id, AWS::EC2::Instance::Id, "
            "AWS::EC2::KeyPair::KeyName, AWS::EC2::SecurityGroup::GroupName, "
            "AWS::EC2::SecurityGroup::Id, AWS::EC2::Subnet::Id, AWS::EC2::VPC::Id, "
            "AWS::EC2::Volume::Id, AWS::Route53::HostedZone::Id], not String",
        ),
        (
            "!ValueOf [!Ref Subnet, VpcId]",
            "Fn::ValueOf in rule R requires a list of two strings, a parameter's name and an "
            "attribute",
        ),
        (
            "!ValueOf [Net, VpcId]",
            "Fn::ValueOf in rule R requires a parameter of the template, and there is no Net",
        ),
        (
            "!ValueOf [Text, VpcId]",
            "Fn::ValueOf in rule R looks up attributes of [AWS::EC2::SecurityGroup::Id, "
            "AWS::EC2::Subnet::Id, AWS::EC2::VPC::Id] alone, not of String",
        ),
        (
            "!ValueOf [ListOfElbSubnets, CidrBlock]",
            "Fn::ValueOf in rule R cannot look up CidrBlock of AWS::EC2::Subnet::Id, which offers "
            "[AvailabilityZone, VpcId, Tags.<key>]",
        ),
        (
            "!ValueOfAll ['AWS::EC2::VPC::Id']",
            "Fn::ValueOfAll in rule R requires a list of two strings, a parameter type and an "
            "attribute",
        ),
        (
            "!ValueOfAll ['AWS::EC2::VPC::Id', Tags.]",
            "Fn::ValueOfAll in rule R cannot look up Tags. of AWS::EC2::VPC::Id, which offers "
            "[DefaultNetworkAcl, DefaultSecurityGroup, Tags.<key>]",
        ),
        (
            "!ValueOfAll ['AWS::EC2::Image::Id', Tags.a]",
            "Fn::ValueOfAll in rule R looks up attributes of [AWS::EC2::SecurityGroup::Id, "
            "AWS::EC2::Subnet::Id, AWS::EC2::VPC::Id] alone, not of AWS::EC2::Image::Id",
        ),
        (
            "!Join ['', !RefAll 'AWS::EC2::VPC::Id']",
            "Fn::RefAll in rule R can be an operand of a function of rules alone, not of another "
            "function",
        ),
    ],
)
def test_a_lookup_that_cannot_be_made_is_refused(operand: str, fault: str) -> None:
    template = ruled(f"!Not [!Equals [x, {operand}]]")
    with pytest.raises(TemplateError) as refusal:
        check(template)
    assert refusal.value.faults == (f"Template format error: {fault}",)


def test_the_types_that_rules_list_are_known_from_the_template() -> None:
    template = ruled(
        "!Contains [!RefAll 'AWS::EC2::VPC::Id', x]",
        "!And [!Equals [[!RefAll 'AWS::EC2::Image::Id'], y], "
        "!Equals [!ValueOf [Subnet, VpcId], z]]",
    )
    assert types_of_all(template) == {"AWS::EC2::Image::Id", "AWS::EC2::VPC::Id"}
