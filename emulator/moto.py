"""The services in which nothing has to run, answered by moto in this process.

The only module that touches moto, which is imported on first use: it takes a second to load.
"""

from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import unsupported

SERVICES = frozenset({"iam", "sts", "kms", "ssm", "sqs", "sns", "ecr", "monitoring"})
"""Signing names of the services that moto answers for."""

BUILT_IN_ROLE = "service-role/AmazonSageMaker-ExecutionRole"


def answer(
    context: Context, service: str, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    """Moto's (status, headers, body) to a request; ``url`` is its path and query."""
    raise unsupported(f"moto's {service} is not connected yet.")


def role_exists(context: Context, role_arn: str) -> bool:
    """Whether jobs can be run with the role."""
    return role_arn == f"arn:aws:iam::{context.settings.account_id}:role/{BUILT_IN_ROLE}"
