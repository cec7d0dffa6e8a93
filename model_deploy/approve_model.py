"""approve-model: approves or rejects a model package, with a note."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model_deploy import registry
from model_deploy.registry import ModelPackage, NoModelPackageError
from pipelines.command_line import UsageError, client, command, region_from


@command("approve-model", NoModelPackageError)
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Decides on a model package; 0, or 1 when AWS refuses or has none, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    if bool(arguments.group) == bool(arguments.package_arn):
        raise UsageError("give the model package group, or --package-arn, and not both.")
    sagemaker = make_client("sagemaker", region_from(arguments, environment))
    package = _package(sagemaker, arguments)
    status = "Rejected" if arguments.reject else "Approved"
    is_changed = registry.decide(sagemaker, package, status, arguments.note)
    was = f"was {package.approval_status}" if is_changed else "as before"
    print(f"{status} {package.arn} ({was})")
    return 0


def _package(sagemaker: Any, arguments: argparse.Namespace) -> ModelPackage:
    if arguments.package_arn:
        return registry.by_arn(sagemaker, arguments.package_arn)
    if arguments.version is not None:
        return registry.version(sagemaker, arguments.group, arguments.version)
    package = registry.newest(sagemaker, arguments.group)
    if package is None:
        raise NoModelPackageError(f"Group {arguments.group} has no model package.")
    return package


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="approve-model",
        description="Approves a model package (the newest of its group), or rejects it.",
    )
    parser.add_argument("group", nargs="?", metavar="GROUP", help="model package group")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--version", type=int, metavar="N", help="this version of the group")
    which.add_argument("--package-arn", metavar="ARN", help="this model package")
    parser.add_argument("--reject", action="store_true", help="reject instead of approve")
    parser.add_argument("--note", required=True, metavar="TEXT", help="why, kept with the package")
    parser.add_argument("--region", help="region [AWS_REGION or AWS_DEFAULT_REGION]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
