"""What the commands of both halves have in common: their flags and the environment behind them."""

import argparse
import functools
import sys
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

from pipelines.target import Target, TargetError

Given = ParamSpec("Given")

# The exit code of a command that Ctrl-C has ended: 128 and the number of SIGINT.
INTERRUPTED = 130

# Source: the environment of AWS's seed code for SageMaker projects (CodeBuild).
_REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")


class UsageError(Exception):
    """The command cannot start: the message says what is missing and how to give it."""


def add_target_flags(parser: argparse.ArgumentParser, role_variable: str) -> None:
    """Adds --role-arn, --default-bucket and --region, each with a variable behind it."""
    parser.add_argument("--role-arn", help=f"role that the steps run with [{role_variable}]")
    parser.add_argument("--default-bucket", help="bucket for code and results [ARTIFACT_BUCKET]")
    parser.add_argument("--region", help=f"region [{' or '.join(_REGION_VARIABLES)}]")


def target_from(
    arguments: argparse.Namespace, environment: Mapping[str, str], role_variable: str
) -> Target:
    """The target that flags or else the environment give.

    Raises:
        UsageError: naming every member that is missing or malformed.
    """
    wanted = {
        "--role-arn": (arguments.role_arn, (role_variable,)),
        "--default-bucket": (arguments.default_bucket, ("ARTIFACT_BUCKET",)),
        "--region": (arguments.region, _REGION_VARIABLES),
    }
    found = {
        flag: given or next(filter(None, map(environment.get, variables)), "")
        for flag, (given, variables) in wanted.items()
    }
    missing = [
        f"{flag} (or {' or '.join(wanted[flag][1])})" for flag, value in found.items() if not value
    ]
    if missing:
        raise UsageError(f"Missing: {', '.join(missing)}.")
    try:
        return Target(found["--role-arn"], found["--default-bucket"], found["--region"])
    except TargetError as error:
        raise UsageError(str(error)) from error


def region_from(arguments: argparse.Namespace, environment: Mapping[str, str]) -> str:
    """The region that --region or else the environment gives.

    Raises:
        UsageError: there is none.
    """
    found = [arguments.region, *map(environment.get, _REGION_VARIABLES)]
    region: str = next(filter(None, found), "")
    if not region:
        raise UsageError(f"Missing: --region (or {' or '.join(_REGION_VARIABLES)}).")
    return region


def pairs(entries: list[str], flag: str) -> dict[str, str]:
    """The NAME=VALUE entries of a flag that may be given many times.

    Raises:
        UsageError: naming every entry without a name or without "=", or with another value than
            the name had before.
    """
    wrong = [entry for entry in entries if not entry.partition("=")[0] or "=" not in entry]
    if wrong:
        raise UsageError(f"{flag}: got {', '.join(map(repr, wrong))}, expected NAME=VALUE.")
    found: dict[str, str] = {}
    again = []
    for name, _, value in (entry.partition("=") for entry in entries):
        if found.setdefault(name, value) != value:
            again.append(f"{name} twice: {found[name]!r} and {value!r}")
    if again:
        raise UsageError(f"{flag}: got {', '.join(again)}; expected one value for each.")
    return found


def client(service: str, region: str) -> Any:
    """A client of an AWS service, at AWS or wherever AWS_ENDPOINT_URL says."""
    import boto3

    return boto3.Session(region_name=region).client(service)


def command(
    name: str,
    *failures: type[Exception],
    usage: tuple[type[Exception], ...] = (),
) -> Callable[[Callable[Given, int]], Callable[Given, int]]:
    """Lets a command end with one line of what went wrong, and an exit code that tells which kind.

    2 for a wrong command (UsageError, or one of `usage`), 1 for what AWS refuses or cannot be
    reached for, and for the command's own `failures`; 130 for Ctrl-C, wherever it comes.
    """
    # Where an image is told its address there may be nothing but Python.
    from botocore.exceptions import BotoCoreError, ClientError, WaiterError

    wrong: tuple[type[Exception], ...] = (UsageError, *usage)
    failed: tuple[type[Exception], ...] = (ClientError, BotoCoreError, WaiterError, *failures)

    def decorate(main: Callable[Given, int]) -> Callable[Given, int]:
        @functools.wraps(main)
        def run(*args: Given.args, **kwargs: Given.kwargs) -> int:
            try:
                return main(*args, **kwargs)
            except wrong as error:
                return fail(f"{name}: {error}")
            except failed as error:
                say(f"{name}: {refusal(error)}")
                return 1
            except KeyboardInterrupt:
                say("Interrupted.")
                return INTERRUPTED

        return run

    return decorate


def refusal(error: Exception) -> str:
    """What AWS answered; of a bucket that does not exist also its name, and how to make it."""
    answer: dict[str, str] = getattr(error, "response", {}).get("Error", {})
    if answer.get("Code") != "NoSuchBucket":
        return str(error)
    bucket = answer.get("BucketName", "BUCKET")
    return f"{error}: {bucket}. To make it: aws s3 mb s3://{bucket}"


def say(progress: str) -> None:
    """Tells the user what goes on, apart from the command's output."""
    print(progress, file=sys.stderr, flush=True)


def fail(message: str) -> int:
    """Says why a command did nothing; its exit code, 2."""
    print(message, file=sys.stderr)
    return 2
