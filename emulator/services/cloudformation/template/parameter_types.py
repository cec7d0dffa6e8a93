"""The types that a parameter can have.

Source: "CloudFormation-supplied parameter types" in the User Guide.
"""

import re
from dataclasses import dataclass

AWS_SPECIFIC = frozenset(
    {
        "AWS::EC2::AvailabilityZone::Name",
        "AWS::EC2::Image::Id",
        "AWS::EC2::Instance::Id",
        "AWS::EC2::KeyPair::KeyName",
        "AWS::EC2::SecurityGroup::GroupName",
        "AWS::EC2::SecurityGroup::Id",
        "AWS::EC2::Subnet::Id",
        "AWS::EC2::VPC::Id",
        "AWS::EC2::Volume::Id",
        "AWS::Route53::HostedZone::Id",
    }
)
_SINGLE = frozenset({"String", "Number", "AWS::SSM::Parameter::Name", *AWS_SPECIFIC})
_SSM_VALUE = re.compile(r"AWS::SSM::Parameter::Value<(?P<inner>.+)>")
_LIST = re.compile(r"List<(?P<item>.+)>")


@dataclass(frozen=True)
class ParameterType:
    """What a type says: whether its values are lists, numbers, or kept by SSM under a name."""

    is_list: bool = False
    is_number: bool = False
    is_ssm_value: bool = False


def parameter_type(name: str) -> ParameterType:
    """The type of a name.

    Raises:
        ValueError: There is no such type.
    """
    ssm_value = _SSM_VALUE.fullmatch(name)
    if ssm_value:
        inner = ssm_value["inner"]
        item = _LIST.fullmatch(inner)
        if inner in ("String", "CommaDelimitedList") or inner in AWS_SPECIFIC:
            return ParameterType(is_list=inner == "CommaDelimitedList", is_ssm_value=True)
        if item and (item["item"] == "String" or item["item"] in AWS_SPECIFIC):
            return ParameterType(is_list=True, is_ssm_value=True)
    if name == "CommaDelimitedList":
        return ParameterType(is_list=True)
    if name in _SINGLE:
        return ParameterType(is_number=name == "Number")
    item = _LIST.fullmatch(name)
    if item and (item["item"] in ("Number", "String") or item["item"] in AWS_SPECIFIC):
        return ParameterType(is_list=True, is_number=item["item"] == "Number")
    raise ValueError(f"Unrecognized parameter type: {name}")


def resource_type(name: str) -> str:
    """The type of each value, as ``AWS::EC2::Subnet::Id``: without List and SSM's Value around."""
    ssm_value = _SSM_VALUE.fullmatch(name)
    inner = ssm_value["inner"] if ssm_value else name
    item = _LIST.fullmatch(inner)
    return item["item"] if item else inner
