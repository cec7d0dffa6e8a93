"""Parameters whose values have to be resources that exist.

CloudFormation looks for them when a stack begins to be made or changed, before any resource.
Source: "Supported AWS-specific parameter types" of the user guide; the events of stacks that were
given others, which name each value.
"""

from collections.abc import Mapping

from emulator.context import Context
from emulator.moto.networks import SECURITY_GROUP, SUBNET, VPC, Kind, vpcs_of
from emulator.services.cloudformation.definitions import Definition
from emulator.services.cloudformation.template.parameter_types import resource_type
from emulator.services.cloudformation.template.parameters import missing_resource

_KINDS: Mapping[str, Kind] = {
    "AWS::EC2::SecurityGroup::Id": SECURITY_GROUP,
    "AWS::EC2::Subnet::Id": SUBNET,
    "AWS::EC2::VPC::Id": VPC,
}


def missing_values(context: Context, definition: Definition) -> str | None:
    """Why the stack cannot be, with every value that is no resource; None if there is none."""
    faults = []
    for name, value in definition.parameters.items():
        kind = _KINDS.get(resource_type(definition.template.parameters[name].type))
        if kind is None:
            continue
        ids = [value.resolved] if isinstance(value.resolved, str) else list(value.resolved)
        known = vpcs_of(context, kind, ids)
        faults += [missing_resource(name, each) for each in ids if each not in known]
    return f"Parameter validation failed: {', '.join(faults)}." if faults else None
