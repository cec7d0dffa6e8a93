"""The services in which nothing has to run, answered by moto in this process.

    requests   a request as it is kept, and the operation it names
    policy     which operations are read-only, and which are refused
    library    moto itself, loaded on first use: runs one request at a given time with a given seed
    journal    every request that changed something, in SQLite
    metrics    what jobs and endpoints measure, kept until somebody asks CloudWatch
    recent_metrics, metric_data   what CloudWatch got in the last hours, for alarms to look at
    images     ECR's images: whose files a job runs, and whose can go
    networks   which VPC a subnet or a security group is of
    simulation the one operation of IAM that moto lacks and clients need
    state      moto's state as the journal's: replayed on first use, then kept in step

Rule: ``library`` is the only module that touches moto. Moto keeps its state in memory; with time
and random numbers given, the same requests make the same state, down to every id and key.
"""

from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import AwsError
from emulator.moto import images, metrics
from emulator.moto.images import find_pushed, remove_unregistered
from emulator.moto.metrics import add as add_metrics
from emulator.moto.metrics import keep as keep_metrics
from emulator.moto.requests import MotoRequest, Response, query_request
from emulator.moto.state import BUILT_IN_ROLE, journal_exists, state_of, stop
from emulator.protocol.faults import fault

__all__ = [
    "BUILT_IN_ROLE",
    "SERVICES",
    "add_metrics",
    "answer",
    "find_pushed",
    "keep_metrics",
    "remove_unregistered",
    "role_exists",
    "stop",
    "which_roles",
]

SERVICES = frozenset(
    {"iam", "sts", "kms", "ssm", "sqs", "sns", "ecr", "ec2", "monitoring", "secretsmanager"}
)
"""Signing names of the services that moto answers for."""


def answer(
    context: Context, service: str, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> Response:
    """Moto's (status, headers, body) to a request; ``url`` is its path and query.

    It blocks: while moto loads, and while an empty queue is polled.
    """
    request = MotoRequest.kept(service, method, url, headers, body)
    try:
        state = state_of(context)
        if service == metrics.SERVICE:
            return metrics.answer(context, state.answer, request)
        response = state.answer(request)
    except AwsError as error:
        protocol = "ec2" if service == "ec2" else "query"
        answered = fault(request.headers, error, otherwise=protocol)
        return answered.status, answered.headers, answered.body
    if images.may_have_removed(request):
        remove_unregistered(context)
    return response


def role_exists(context: Context, role_arn: str) -> bool:
    """Whether jobs can be run with the role. Moto is not loaded to know the built-in one."""
    if role_arn == _built_in_role_arn(context):
        return True
    if not journal_exists(context):
        return False
    name = role_arn.rpartition("/")[2]
    request = query_request("iam", context.settings.region, "GetRole", RoleName=name)
    status, _, body = answer(
        context, "iam", request.method, request.url, request.headers, request.body
    )
    return status == 200 and f"<Arn>{role_arn}</Arn>".encode() in body


def which_roles(context: Context) -> str:
    """What to tell a caller whose role does not exist."""
    return (
        f"The emulator has the role {_built_in_role_arn(context)} from the start; others have to "
        "be made in it, e.g. with: aws iam create-role"
    )


def _built_in_role_arn(context: Context) -> str:
    return f"arn:aws:iam::{context.settings.account_id}:role/{BUILT_IN_ROLE}"
