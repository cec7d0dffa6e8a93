"""The role that a request names: SageMaker has to be able to assume it."""

from emulator import moto
from emulator.context import Context


def role_fault(context: Context, role_arn: str) -> str | None:
    """Why the role cannot be had, in AWS's words first; None if it can."""
    if moto.role_exists(context, role_arn):
        return None
    return (
        f"Could not assume role {role_arn}. Please ensure that the role exists and allows "
        "principal 'sagemaker.amazonaws.com' to assume the role. "
        f"{moto.which_roles(context)}"
    )
