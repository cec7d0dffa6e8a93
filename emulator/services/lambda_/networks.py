"""A function's VPC: what Lambda has against it, and how it is shown.

Source: VpcConfig and VpcConfigResponse in the Lambda API reference; the words as Lambda answers.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.services.networks import network_faults, vpc_of

_NOT_BOTH = "SubnetIds and SecurityIds must coexist or be both empty list."


def vpc_faults(context: Context, config: Mapping[str, Any] | None) -> list[str]:
    """Everything that is wrong with a VpcConfig; nothing is asked for a function outside of one."""
    subnet_ids, group_ids = _ids(config)
    if bool(subnet_ids) != bool(group_ids):
        return [_NOT_BOTH]
    return [
        f"Error occurred while {fault.operation}. EC2 Error Code: {fault.code}. "
        f"EC2 Error Message: {fault.message}"
        for fault in network_faults(context, subnet_ids, group_ids)
    ]


def vpc_members(context: Context, config: Mapping[str, Any] | None) -> dict[str, Any]:
    """A checked VpcConfig as the function shows it, with the VPC's id; none where none is given."""
    if config is None:
        return {}
    subnet_ids, group_ids = _ids(config)
    return {
        "VpcConfig": {
            "SubnetIds": subnet_ids,
            "SecurityGroupIds": group_ids,
            "VpcId": vpc_of(context, subnet_ids[0]) if subnet_ids else "",
            "Ipv6AllowedForDualStack": config.get("Ipv6AllowedForDualStack", False),
        }
    }


def _ids(config: Mapping[str, Any] | None) -> tuple[list[str], list[str]]:
    given = config or {}
    return given.get("SubnetIds") or [], given.get("SecurityGroupIds") or []
