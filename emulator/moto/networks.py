"""Which VPC a subnet or a security group is of, as EC2 knows it.

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


VPC = Kind("DescribeVpcs", "vpc-id", "vpcId")
SUBNET = Kind("DescribeSubnets", "subnet-id", "subnetId")
SECURITY_GROUP = Kind("DescribeSecurityGroups", "group-id", "groupId")


def vpcs_of(context: Context, kind: Kind, ids: Collection[str]) -> Mapping[str, str]:
    """The id of the VPC of each resource with one of these ids; those that are not there lack.

    Source: the EC2 API reference: of the answer's items each has its own id beside a ``vpcId``.
    """
    values = {f"Filter.1.Value.{number}": each for number, each in enumerate(ids, 1)}
    region = context.settings.region
    # By a filter, as a missing resource is no error then, and all that lack are known at once.
    request = query_request(
        "ec2", region, kind.operation, **{"Filter.1.Name": kind.filter}, **values
    )
    _, _, body = state_of(context).answer(request)
    found = {}
    for item in ElementTree.fromstring(body).findall(".//{*}item"):  # noqa: S314 - moto's own answer
        resource_id, vpc_id = item.findtext(f"{{*}}{kind.element}"), item.findtext("{*}vpcId")
        if resource_id is not None and resource_id in ids and vpc_id:
            found[resource_id] = vpc_id
    return found
