"""What a rule can send events to, one module for each kind.

``arns``         an ARN in its parts
``checks``       what PutTargets refuses
``kinds``        which module is meant by an ARN, and what else AWS has
``roles``, ``permissions``  what lets EventBridge act: a role, or the function's own policy

A kind's module has ``deliver(context, delivery)``, which raises what the target answers or
DeliveryFailed, and ``faults(target)``: what of its own is wrong with a target.
"""

from emulator.context import Context
from emulator.services.events.delivery.deliveries import Delivery
from emulator.services.events.targets.arns import read_arn
from emulator.services.events.targets.kinds import kind_of
from emulator.services.events.targets.roles import check_role


def deliver(context: Context, delivery: Delivery) -> None:
    """Give the target what it is to get; it has it when this returns.

    Raises:
        Exception: The target did not take it; see ``delivery.failures`` for what it means.
    """
    arn = read_arn(delivery.target["Arn"])
    kind = kind_of(arn) if arn else None
    if kind is None:  # PutTargets takes no others
        raise ValueError(f"no target can be {delivery.target['Arn']}")
    if "RoleArn" in delivery.target:
        check_role(context, delivery.target["RoleArn"])
    kind.deliver(context, delivery)
