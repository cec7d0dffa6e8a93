"""Stacks that are given networks: parameters that have to exist, and resources in a VPC.

Source: "Supported AWS-specific parameter types" in the CloudFormation user guide, and the events of
stacks that were given ids of nothing: the stack is rolled back before any of its resources is made.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.networks import Network, new_network
from tests.contract.stacks import StackLab, Template, outputs, parameter, resource
from tests.contract.test_cloudformation_code import project

IDS = {
    "Vpc": "AWS::EC2::VPC::Id",
    "Subnets": "List<AWS::EC2::Subnet::Id>",
    "Group": "AWS::EC2::SecurityGroup::Id",
    "Kept": "AWS::SSM::Parameter::Value<AWS::EC2::Subnet::Id>",
}
TEMPLATE: Template = {
    "Parameters": {name: {"Type": kind} for name, kind in IDS.items()},
    "Resources": {"Value": parameter({"Fn::Join": ["|", {"Ref": "Subnets"}]})},
    "Outputs": {"Value": {"Value": {"Fn::GetAtt": ["Value", "Value"]}}},
}


@pytest.fixture(scope="module")
def network(emulator: EmulatorProcess) -> Network:
    return new_network(emulator)


@pytest.fixture
def kept(client: Callable[[str], Any], network: Network, unique: Callable[[str], str]) -> str:
    """The name of an SSM parameter that holds a subnet."""
    name = unique("subnet")
    client("ssm").put_parameter(Name=name, Value=network.subnet_ids[0], Type="String")
    return name


def given(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def right(network: Network, kept: str) -> dict[str, str]:
    return {
        "Vpc": network.vpc_id,
        "Subnets": ", ".join(network.subnet_ids),
        "Group": network.group_id,
        "Kept": kept,
    }


def test_a_stack_is_made_with_ids_of_what_is_there(
    stacks: StackLab, network: Network, kept: str
) -> None:
    stack = stacks.created(TEMPLATE, Parameters=given(**right(network, kept)))

    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack["StackId"])
    assert outputs(stack)["Value"] == "|".join(network.subnet_ids)


def test_ids_of_nothing_end_a_stack_before_any_resource(
    stacks: StackLab, network: Network, kept: str, client: Callable[[str], Any]
) -> None:
    client("ssm").put_parameter(Name=kept, Value="subnet-0b", Type="String", Overwrite=True)
    wrong = {
        "Vpc": "vpc-0a",
        "Subnets": f"{network.subnet_ids[0]},subnet-0a",
        "Group": "sg-0a",
        "Kept": kept,
    }

    stack = stacks.created(TEMPLATE, Parameters=given(**wrong))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    name, stack_id = stack["StackName"], stack["StackId"]
    assert stacks.told(stack_id) == [
        (name, "CREATE_IN_PROGRESS"),
        (name, "ROLLBACK_IN_PROGRESS"),
        (name, "ROLLBACK_COMPLETE"),
    ]
    assert stacks.reason(stack_id, name, "ROLLBACK_IN_PROGRESS") == (
        "Parameter validation failed: "
        "parameter value vpc-0a for parameter name Vpc does not exist, "
        "parameter value subnet-0a for parameter name Subnets does not exist, "
        "parameter value sg-0a for parameter name Group does not exist, "
        "parameter value subnet-0b for parameter name Kept does not exist."
        " Rollback requested by user."
    )


def test_an_update_to_an_id_of_nothing_is_rolled_back_untouched(
    stacks: StackLab, network: Network, kept: str
) -> None:
    values = right(network, kept)
    made = stacks.created(TEMPLATE, Parameters=given(**values))

    stack = stacks.updated(
        made["StackId"], TEMPLATE, Parameters=given(**values | {"Subnets": "subnet-0a"})
    )

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert outputs(stack) == outputs(made)
    assert "parameter value subnet-0a for parameter name Subnets does not exist" in stacks.reason(
        made["StackId"], made["StackName"], "UPDATE_ROLLBACK_IN_PROGRESS"
    )
    assert stacks.told(made["StackId"], "Value") == [
        ("Value", "CREATE_IN_PROGRESS"),
        ("Value", "CREATE_IN_PROGRESS"),
        ("Value", "CREATE_COMPLETE"),
    ]


def test_builds_and_functions_join_a_vpc_and_leave_it(
    stacks: StackLab, network: Network, client: Callable[[str], Any]
) -> None:
    def template(*, is_in_vpc: bool) -> Template:
        built = project("version: 0.2\nphases: {build: {commands: [ls]}}\n")
        function = resource(
            "AWS::Lambda::Function",
            Runtime="python3.13",
            Role=ROLE_ARN,
            Handler="index.handler",
            Code={"ZipFile": "def handler(event, context):\n    return event\n"},
        )
        if is_in_vpc:
            built["Properties"]["VpcConfig"] = {
                "VpcId": network.vpc_id,
                "Subnets": list(network.subnet_ids),
                "SecurityGroupIds": [network.group_id],
            }
            function["Properties"]["VpcConfig"] = network.lambda_
        return {"Resources": {"Project": built, "Function": function}}

    def shown(stack_id: str) -> tuple[Any, Any]:
        names = [stacks.physical_id(stack_id, "Project")]
        (found,) = client("codebuild").batch_get_projects(names=names)["projects"]
        function = client("lambda").get_function_configuration(
            FunctionName=stacks.physical_id(stack_id, "Function")
        )
        return found.get("vpcConfig"), function["VpcConfig"]["VpcId"]

    stack = stacks.created(template(is_in_vpc=True))
    joined = shown(stack["StackId"])
    left = stacks.updated(stack["StackId"], template(is_in_vpc=False))

    assert joined == (network.codebuild, network.vpc_id)
    assert left["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack["StackId"])
    assert shown(stack["StackId"]) == (None, "")
