"""The VPC that a request names: its subnets and security groups have to exist in EC2."""

from collections.abc import Mapping, Sequence

from emulator.context import Context
from emulator.services.networks import network_faults


def vpc_faults(
    context: Context, config: Mapping[str, Sequence[str]] | None, member: str = "VpcConfig"
) -> list[str]:
    """Everything that is wrong with a VpcConfig; nothing is asked for who was given none.

    AWS's documents do not say how SageMaker words it: these are EC2's own words.
    """
    if config is None:
        return []
    faults = network_faults(context, config["Subnets"], config["SecurityGroupIds"])
    return [f"{member}: {fault.message}." for fault in faults]
