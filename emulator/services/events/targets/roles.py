"""The role that EventBridge acts with: it has to exist; what it allows is not enforced."""

from emulator import moto
from emulator.context import Context
from emulator.services.events.delivery.failures import DeliveryFailed


def check_role(context: Context, role_arn: str) -> None:
    """Refuse a role that cannot be assumed.

    Raises:
        DeliveryFailed: FAILED_TO_ASSUME_ROLE.
    """
    if not moto.role_exists(context, role_arn):
        raise DeliveryFailed(
            "FAILED_TO_ASSUME_ROLE",
            f"The role {role_arn} does not exist or cannot be assumed by EventBridge."
            f" {moto.which_roles(context)}",
        )
