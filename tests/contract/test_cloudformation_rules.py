"""Rules that look up networks: what there is of them, and of what the parameters name.

Source: Fn::RefAll, Fn::ValueOf and Fn::ValueOfAll in "Rule functions" of the CloudFormation
template reference, and the template of "Cross-parameter validation" in the page on rules.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import EmulatorProcess
from tests.contract.networks import Network, new_network
from tests.contract.stacks import StackLab, Template, parameter

VPC, SUBNET = "AWS::EC2::VPC::Id", "AWS::EC2::Subnet::Id"
IN_THE_VPC = "All subnets must be in the VPC."
OF_IT = "The VPC must be of the department IT."


def template(assertions: dict[str, Any]) -> Template:
    """A template that takes a network, with one rule of assertions by their descriptions."""
    return {
        "Parameters": {"Vpc": {"Type": VPC}, "Subnets": {"Type": f"List<{SUBNET}>"}},
        "Rules": {
            "Network": {
                "Assertions": [
                    {"Assert": each, "AssertDescription": told} for told, each in assertions.items()
                ]
            }
        },
        "Resources": {"Value": parameter("x")},
    }


def value_of(name: str, attribute: str) -> dict[str, Any]:
    return {"Fn::ValueOf": [name, attribute]}


TEMPLATE = template(
    {
        "All subnets must be in a VPC of the account.": {
            "Fn::EachMemberIn": [{"Fn::ValueOfAll": [SUBNET, "VpcId"]}, {"Fn::RefAll": VPC}]
        },
        IN_THE_VPC: {"Fn::EachMemberEquals": [value_of("Subnets", "VpcId"), {"Ref": "Vpc"}]},
        OF_IT: {"Fn::Equals": [value_of("Vpc", "Tags.Department"), "IT"]},
    }
)
NOT_SATISFIED = (
    f"Rule Network is not satisfied: {IN_THE_VPC}; Rule Network is not satisfied: {OF_IT}"
)


@pytest.fixture(scope="module")
def network(emulator: EmulatorProcess) -> Network:
    made = new_network(emulator)
    made.ec2.create_tags(Resources=[made.vpc_id], Tags=[{"Key": "Department", "Value": "IT"}])
    return made


def given(vpc_id: str, *subnet_ids: str) -> list[dict[str, str]]:
    return [
        {"ParameterKey": "Vpc", "ParameterValue": vpc_id},
        {"ParameterKey": "Subnets", "ParameterValue": ",".join(subnet_ids)},
    ]


@pytest.fixture
def other(network: Network) -> str:
    """A VPC that has neither subnets nor tags."""
    return str(network.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])


def refusal(call: Callable[..., Any], **request: Any) -> str:
    """What a request is refused with for its template or parameters."""
    with pytest.raises(ClientError) as refused:
        call(**request)
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationError"
    return str(error["Message"])


def test_subnets_of_the_vpc_satisfy_the_rules(stacks: StackLab, network: Network) -> None:
    stack = stacks.created(TEMPLATE, Parameters=given(network.vpc_id, *network.subnet_ids))

    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack["StackId"])


def test_subnets_of_another_vpc_are_refused_before_there_is_a_stack(
    stacks: StackLab, network: Network, other: str, unique: Callable[[str], str]
) -> None:
    name = unique("refused").replace("_", "-")
    body = stacks.body(TEMPLATE)
    request = {
        "StackName": name,
        "TemplateBody": body,
        "Parameters": given(other, *network.subnet_ids),
    }

    assert refusal(stacks.api.create_stack, **request) == NOT_SATISFIED
    change_set = {"ChangeSetName": "c", "ChangeSetType": "CREATE"}
    assert refusal(stacks.api.create_change_set, **change_set, **request) == NOT_SATISFIED
    assert "does not exist" in refusal(stacks.api.describe_stacks, StackName=name)


def test_an_update_to_another_vpc_is_refused_and_changes_nothing(
    stacks: StackLab, network: Network, other: str
) -> None:
    made = stacks.created(TEMPLATE, Parameters=given(network.vpc_id, *network.subnet_ids))
    parameters = given(other, *network.subnet_ids)

    told = refusal(
        stacks.api.update_stack,
        StackName=made["StackId"],
        TemplateBody=stacks.body(TEMPLATE),
        Parameters=parameters,
    )

    assert told == NOT_SATISFIED
    assert stacks.settled(made["StackId"]) == made


def test_attributes_of_ids_of_nothing_are_refused(stacks: StackLab, network: Network) -> None:
    told = refusal(
        stacks.create,
        template=TEMPLATE,
        Parameters=given("vpc-0a", network.subnet_ids[0], "subnet-0a"),
    )

    assert "parameter value vpc-0a for parameter name Vpc does not exist" in told
    assert "parameter value subnet-0a for parameter name Subnets does not exist" in told


def test_rules_see_what_ec2_describes(stacks: StackLab, network: Network) -> None:
    ec2, vpc_id = network.ec2, network.vpc_id
    of_vpc = {"Name": "vpc-id", "Values": [vpc_id]}
    groups = ec2.describe_security_groups(Filters=[of_vpc])["SecurityGroups"]
    (group_id,) = [each["GroupId"] for each in groups if each["GroupName"] == "default"]
    (acl,) = ec2.describe_network_acls(Filters=[of_vpc])["NetworkAcls"]
    zones = {
        each["SubnetId"]: each["AvailabilityZone"]
        for each in ec2.describe_subnets(Filters=[of_vpc])["Subnets"]
    }
    ec2.create_tags(Resources=[network.subnet_ids[0]], Tags=[{"Key": "Tier", "Value": "app"}])
    expected: list[tuple[Any, Any]] = [
        (value_of("Vpc", "DefaultSecurityGroup"), group_id),
        (value_of("Vpc", "DefaultNetworkAcl"), acl["NetworkAclId"]),
        (value_of("Subnets", "AvailabilityZone"), [zones[each] for each in network.subnet_ids]),
        ({"Fn::ValueOfAll": [SUBNET, "Tags.Tier"]}, ["app"]),
    ]
    among = [
        ("AWS::EC2::AvailabilityZone::Name", next(iter(zones.values()))),
        ("AWS::EC2::SecurityGroup::GroupName", "default"),
        ("AWS::EC2::SecurityGroup::Id", network.group_id),
        (SUBNET, network.subnet_ids[1]),
    ]
    assertions = {
        **{f"{found} is {value}": {"Fn::Equals": [found, value]} for found, value in expected},
        **{
            f"{value} is of {name}": {"Fn::Contains": [{"Fn::RefAll": name}, value]}
            for name, value in among
        },
    }

    stack = stacks.created(
        template(assertions), Parameters=given(network.vpc_id, *network.subnet_ids)
    )

    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack["StackId"])


def test_groups_of_other_vpcs_than_the_default_one_have_no_name_to_choose(
    stacks: StackLab, network: Network
) -> None:
    names = {"Fn::RefAll": "AWS::EC2::SecurityGroup::GroupName"}
    told = refusal(
        stacks.create,
        template=template({"own": {"Fn::Contains": [names, "own"]}}),
        Parameters=given(network.vpc_id, *network.subnet_ids),
    )
    assert told == "Rule Network is not satisfied: own"


def test_types_that_the_emulator_has_no_resources_of_are_named(
    stacks: StackLab, network: Network
) -> None:
    def none_is_empty(name: str) -> dict[str, Any]:
        return {"Fn::Not": [{"Fn::EachMemberEquals": [{"Fn::RefAll": name}, ""]}]}

    names = ["AWS::EC2::KeyPair::KeyName", "AWS::EC2::Image::Id", VPC]
    unknown = template({each: none_is_empty(each) for each in names})

    with pytest.raises(ClientError) as refused:
        stacks.create(unknown, Parameters=given(network.vpc_id, *network.subnet_ids))

    assert refused.value.response["Error"]["Code"] == "UnsupportedByEmulator"
    assert (
        "Rules: the emulator has no resources of the types [AWS::EC2::Image::Id, "
        "AWS::EC2::KeyPair::KeyName] for Fn::RefAll to list."
    ) in refused.value.response["Error"]["Message"]
    assert stacks.api.validate_template(TemplateBody=stacks.body(unknown))["Parameters"]
