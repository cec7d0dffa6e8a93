"""VPCs, and what belongs to them, as EC2 knows it.

It is asked within the process: botocore's model of EC2 alone takes longer to load than moto.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from emulator.context import Context
from emulator.moto.requests import query_request
from emulator.moto.state import state_of


@dataclass(frozen=True)
class Kind:
    """A kind of resource of a network, as EC2 lists it.

    Attributes:
        operation: The operation that describes it.
        filter: The operation's filter by id.
        element: The name of the id in the answer.
    """

    operation: str
    filter: str
    element: str


AVAILABILITY_ZONE = Kind("DescribeAvailabilityZones", "zone-name", "zoneName")
NETWORK_ACL = Kind("DescribeNetworkAcls", "network-acl-id", "networkAclId")
SECURITY_GROUP = Kind("DescribeSecurityGroups", "group-id", "groupId")
SUBNET = Kind("DescribeSubnets", "subnet-id", "subnetId")
VPC = Kind("DescribeVpcs", "vpc-id", "vpcId")


@dataclass(frozen=True)
class Description:
    """What EC2 says of a resource.

    Attributes:
        id: By which the resource is named.
        members: The answer's members that are texts, as ``availabilityZone``.
        tags: By key.
    """

    id: str
    members: Mapping[str, str]
    tags: Mapping[str, str]

    @property
    def vpc_id(self) -> str:
        """The VPC that it is, or is of; empty where it is of none."""
        return self.members.get("vpcId", "")


def described(
    context: Context, kind: Kind, filters: Mapping[str, Collection[str]] | None = None
) -> list[Description]:
    """All resources of a kind in the region that pass each of EC2's filters.

    Source: the EC2 API reference: an answer has a set of items, and an item its tags in a
    ``tagSet``.
    """
    parameters = {}
    for number, (name, values) in enumerate((filters or {}).items(), 1):
        parameters[f"Filter.{number}.Name"] = name
        for position, value in enumerate(values, 1):
            parameters[f"Filter.{number}.Value.{position}"] = value
    request = query_request("ec2", context.settings.region, kind.operation, **parameters)
    _, _, body = state_of(context).answer(request)
    items = ElementTree.fromstring(body).findall("*/{*}item")  # noqa: S314 - moto's own answer
    return [_description(item, kind) for item in items]


def vpcs_of(context: Context, kind: Kind, ids: Collection[str]) -> Mapping[str, str]:
    """The id of the VPC of each resource with one of these ids; those that are not there lack."""
    # By a filter, as a missing resource is no error then, and all that lack are known at once.
    found = described(context, kind, {kind.filter: ids})
    # A filter has wildcards, an id has none.
    return {each.id: each.vpc_id for each in found if each.id in ids and each.vpc_id}


def _description(item: ElementTree.Element, kind: Kind) -> Description:
    members = {_name(member): member.text or "" for member in item if len(member) == 0}
    tags = {
        tag.findtext("{*}key", ""): tag.findtext("{*}value", "")
        for tag in item.findall("{*}tagSet/{*}item")
    }
    return Description(members[kind.element], members, tags)


def _name(element: ElementTree.Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2]
