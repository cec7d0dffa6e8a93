"""Which operations are read-only, and which are refused."""

import json
from collections.abc import Callable, Mapping

from emulator.errors import unsupported
from emulator.moto.requests import MotoRequest, Response

_READ_ONLY_PREFIXES = ("Get", "List", "Describe", "BatchGet", "BatchCheck", "Simulate")
_READ_ONLY = frozenset(
    {
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "CheckIfPhoneNumberIsOptedOut",
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GenerateRandom",
        "ReEncrypt",
        "Sign",
        "Verify",
        "VerifyMac",
    }
)
# What EC2's operations are named after that are about networks, which are records. Nothing here
# starts a machine, and instances, volumes and images would be machines that do not run.
_NETWORK_NOUNS = (
    "Vpc",
    "Subnet",
    "SecurityGroup",
    "Route",
    "InternetGateway",
    "NatGateway",
    "NetworkAcl",
    "NetworkInterface",
    "DhcpOptions",
    "FlowLogs",
    "PrefixList",
    "Address",
    "Tags",
    "AvailabilityZones",
    "Regions",
    "AccountAttributes",
)
_SYMMETRIC = "SYMMETRIC_DEFAULT"
_SUBSCRIPTION_PROTOCOLS = ("sqs", "email", "email-json", "sms")


def changes_state(request: MotoRequest, response: Response) -> bool:
    """Whether the answered request has to be replayed to have moto's state again."""
    if response[0] >= 400:
        return False
    operation = request.operation
    if operation == "ReceiveMessage":
        return b"ReceiptHandle" in response[2]  # else nothing became invisible
    return operation not in _READ_ONLY and not operation.startswith(_READ_ONLY_PREFIXES)


def check_supported(request: MotoRequest) -> None:
    """Refuse what moto would do halfway.

    Raises:
        AwsError: UnsupportedByEmulator.
    """
    if request.service == "ec2":
        _check_network(request)
    check = _CHECKS.get((request.service, request.operation))
    if check:
        check(request)


def _check_network(request: MotoRequest) -> None:
    if not any(noun in request.operation for noun in _NETWORK_NOUNS):
        raise unsupported(
            f"ec2 {request.operation} is not emulated: of EC2 there are networks (VPCs, subnets,"
            " security groups and what belongs to them), which are records that carry no traffic."
        )


def _check_key_spec(request: MotoRequest) -> None:
    parameters = _json_body(request)
    spec = parameters.get("KeySpec") or parameters.get("CustomerMasterKeySpec") or _SYMMETRIC
    if spec != _SYMMETRIC:
        raise unsupported(
            f"KMS CreateKey with KeySpec {spec} is not emulated: only {_SYMMETRIC} keys last."
        )


def _check_subscription(request: MotoRequest) -> None:
    protocol = request.form().get("Protocol", "")
    if protocol not in _SUBSCRIPTION_PROTOCOLS:
        raise unsupported(
            f"SNS Subscribe with Protocol {protocol!r} is not emulated, expected one of:"
            f" {', '.join(_SUBSCRIPTION_PROTOCOLS)}. Subscribe an SQS queue and poll it."
        )


def _json_body(request: MotoRequest) -> dict[str, object]:
    try:
        found = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


_CHECKS: Mapping[tuple[str, str], Callable[[MotoRequest], None]] = {
    ("kms", "CreateKey"): _check_key_spec,
    ("sns", "Subscribe"): _check_subscription,
}
