"""The VPC of a build: checked as CodeBuild does, and kept; the build is in this machine's network.

Source: "Use CodeBuild with Amazon VPC" of the user guide, and VpcConfig in the API reference, which
says how many subnets and security groups there can be; of what EC2 refuses when a build is to
start, the user guide has the code VPC_CLIENT_ERROR with "Unexpected EC2 error: " and EC2's code.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.services.codebuild.failures import PhaseFailed
from emulator.services.codebuild.logs import BuildLog
from emulator.services.networks import NetworkFault, network_faults

_MEMBERS = ("vpcId", "subnets", "securityGroupIds")


def missing_members(config: Mapping[str, Any]) -> list[str]:
    """The members that a vpcConfig lacks: it has all three of them, or it is none."""
    return [member for member in _MEMBERS if not config.get(member)]


def vpc_faults(context: Context, config: Mapping[str, Any]) -> list[NetworkFault]:
    """What EC2 has against the VPC, the subnets and the security groups."""
    return network_faults(context, config["subnets"], config["securityGroupIds"], config["vpcId"])


def provision(context: Context, config: Mapping[str, Any] | None, log: BuildLog) -> None:
    """Find out whether a build can be where its project is to be, as long as that is a VPC.

    Raises:
        PhaseFailed: VPC_CLIENT_ERROR, with everything that EC2 has against it.
    """
    if not config:
        return
    faults = vpc_faults(context, config)
    if faults:
        told = "; ".join(f"{fault.code}: {fault.message}" for fault in faults)
        raise PhaseFailed("VPC_CLIENT_ERROR", f"Unexpected EC2 error: {told}")
    log.say(
        f"The build is in the network of this machine, and not in {config['vpcId']}, of which the "
        "emulator has a record"
    )
