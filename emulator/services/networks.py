"""What EC2 has against a VPC, subnets and security groups that a request names.

Only who was given some asks: moto, which knows them, is loaded for no one else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.context import Context
from emulator.moto.networks import SECURITY_GROUP, SUBNET, VPC, vpcs_of


@dataclass(frozen=True)
class NetworkFault:
    """What is wrong, in the words of EC2.

    Attributes:
        operation: The operation of EC2 that says so.
        code: The code of its error, as ``InvalidSubnetID.NotFound``.
        message: The message of its error.
    """

    operation: str
    code: str
    message: str


def network_faults(
    context: Context,
    subnet_ids: Sequence[str],
    security_group_ids: Sequence[str],
    vpc_id: str | None = None,
) -> list[NetworkFault]:
    """Every one that does not exist, and every one of another VPC than the others.

    Without a ``vpc_id`` they have to be of one VPC, whichever that is.

    Source: "Error codes for the Amazon EC2 API". The last message is ours, the others are EC2's.
    """
    faults: list[NetworkFault] = []
    if not (vpc_id or subnet_ids or security_group_ids):
        return faults
    if vpc_id and vpc_id not in vpcs_of(context, VPC, [vpc_id]):
        message = f"The vpc ID '{vpc_id}' does not exist"
        faults.append(NetworkFault(VPC.operation, "InvalidVpcID.NotFound", message))
    subnets = vpcs_of(context, SUBNET, subnet_ids) if subnet_ids else {}
    groups = vpcs_of(context, SECURITY_GROUP, security_group_ids) if security_group_ids else {}
    for each in subnet_ids:
        if each not in subnets:
            message = f"The subnet ID '{each}' does not exist"
            faults.append(NetworkFault(SUBNET.operation, "InvalidSubnetID.NotFound", message))
    for each in security_group_ids:
        if each not in groups:
            message = f"The security group '{each}' does not exist"
            faults.append(NetworkFault(SECURITY_GROUP.operation, "InvalidGroup.NotFound", message))
    found = {**subnets, **groups}
    wanted = vpc_id or next(iter(found.values()), None)
    others = [f"{each} is of {vpc}" for each, vpc in found.items() if vpc != wanted]
    if others and not faults:
        message = f"Not in {wanted}, as the rest: {', '.join(others)}"
        faults.append(NetworkFault("CreateNetworkInterface", "InvalidParameter", message))
    return faults


def vpc_of(context: Context, subnet_id: str) -> str:
    """The VPC of a subnet; empty if it was removed meanwhile."""
    return vpcs_of(context, SUBNET, [subnet_id]).get(subnet_id, "")
