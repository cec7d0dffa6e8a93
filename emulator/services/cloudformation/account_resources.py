"""The resources of the account and region that the rules of templates look up, by parameter type.

Source: "Supported AWS-specific parameter types" in the CloudFormation user guide, "Supported
attributes" in "Rule functions" of the template reference.
"""

from collections.abc import Callable, Mapping

from emulator.context import Context
from emulator.moto.networks import (
    AVAILABILITY_ZONE,
    NETWORK_ACL,
    SECURITY_GROUP,
    SUBNET,
    VPC,
    Description,
    described,
)

Attributes = Mapping[str, str]


def resources_of(context: Context, type_name: str) -> Mapping[str, Attributes]:
    """The resources of one of the ``LISTED_TYPES``, by the value that names each as a parameter.

    EC2 is asked, which takes loading moto: no handler may ask on the event loop.
    """
    return _LISTED[type_name](context)


def _zones(context: Context) -> Mapping[str, Attributes]:
    return {each.id: {} for each in described(context, AVAILABILITY_ZONE)}


def _group_names(context: Context) -> Mapping[str, Attributes]:
    """The groups that a name is enough for, those of the default VPC."""
    vpcs = [each.id for each in described(context, VPC, {"is-default": ["true"]})]
    groups = described(context, SECURITY_GROUP, {"vpc-id": vpcs}) if vpcs else []
    return {each.members["groupName"]: {} for each in groups}


def _groups(context: Context) -> Mapping[str, Attributes]:
    return {each.id: _tags(each) for each in described(context, SECURITY_GROUP)}


def _subnets(context: Context) -> Mapping[str, Attributes]:
    return {
        each.id: {
            **_tags(each),
            "AvailabilityZone": each.members["availabilityZone"],
            "VpcId": each.vpc_id,
        }
        for each in described(context, SUBNET)
    }


def _vpcs(context: Context) -> Mapping[str, Attributes]:
    groups = described(context, SECURITY_GROUP, {"group-name": ["default"]})
    acls = described(context, NETWORK_ACL, {"default": ["true"]})
    group_ids = {each.vpc_id: each.id for each in groups}
    acl_ids = {each.vpc_id: each.id for each in acls}
    return {
        each.id: {
            **_tags(each),
            "DefaultNetworkAcl": acl_ids.get(each.id, ""),
            "DefaultSecurityGroup": group_ids.get(each.id, ""),
        }
        for each in described(context, VPC)
    }


def _tags(described: Description) -> Attributes:
    return {f"Tags.{key}": value for key, value in described.tags.items()}


_LISTED: Mapping[str, Callable[[Context], Mapping[str, Attributes]]] = {
    "AWS::EC2::AvailabilityZone::Name": _zones,
    "AWS::EC2::SecurityGroup::GroupName": _group_names,
    "AWS::EC2::SecurityGroup::Id": _groups,
    "AWS::EC2::Subnet::Id": _subnets,
    "AWS::EC2::VPC::Id": _vpcs,
}
LISTED_TYPES = frozenset(_LISTED)
