"""lineage: what an endpoint is made of, or what depends on a data set."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from model_deploy.lineage import back, forward, views
from model_deploy.lineage.entities import Clients
from model_deploy.lineage.nodes import Node, NothingRecordedError
from pipelines.command_line import (
    UsageError,
    client,
    command,
    region_from,
    say,
)

_COLUMNS_OF_A_PIPE = 200
_S3_URI = re.compile(r"s3://[^/]+")


@command("lineage", NothingRecordedError)
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Prints the lineage; 0, or 1 when there is none or AWS refuses, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    _check(arguments)
    region = region_from(arguments, environment)
    clients = Clients(make_client("sagemaker", region), make_client("s3", region))
    report = _report(clients, arguments)
    try:
        _tell(report, arguments)
    except OSError as error:
        raise UsageError(f"--output: {error}") from error
    return 0


def _check(arguments: argparse.Namespace) -> None:
    faults = []
    if bool(arguments.endpoint) == bool(arguments.data):
        faults.append("Give either an ENDPOINT or --data S3_URI.")
    if arguments.all and not arguments.data:
        faults.append("--all goes with --data alone.")
    if arguments.data and not _S3_URI.match(arguments.data):
        faults.append(f"--data: got {arguments.data!r}, expected s3://BUCKET/KEY.")
    if arguments.output and arguments.output.suffix not in views.FORMS:
        endings = ", ".join(views.FORMS)
        faults.append(f"--output: got {arguments.output}, expected a file ending in {endings}.")
    if faults:
        raise UsageError("\n".join(faults))


def _report(clients: Clients, arguments: argparse.Namespace) -> Node:
    if arguments.endpoint:
        return back.of_endpoint(clients, arguments.endpoint)
    found = forward.of_data(clients, arguments.data)
    return found if arguments.all else forward.ways_to_models(found)


def _tell(report: Node, arguments: argparse.Namespace) -> None:
    is_backward = bool(arguments.endpoint)
    if arguments.output:
        views.write(report, arguments.output, is_backward=is_backward)
        say(f"Wrote {arguments.output}")
        return
    # A file or a pipe has no width of its own: there, lines are not to be broken at 80.
    console = Console(width=None if sys.stdout.isatty() else _COLUMNS_OF_A_PIPE)
    console.print(views.tree(report))
    if not is_backward:
        console.print(views.dependents(report) or "No model package depends on it yet.")


def _parser() -> argparse.ArgumentParser:
    forms = ", ".join(f"{ending} {what}" for ending, what in views.FORMS.items())
    parser = argparse.ArgumentParser(
        prog="lineage",
        description="Tells from what an endpoint is made: model package and who approved it, "
        "training job with hyperparameters and metrics, data with content hashes, code and "
        "commit. Or, with --data, which model packages and endpoints depend on a data set.",
    )
    parser.add_argument("endpoint", nargs="?", metavar="ENDPOINT", help="name of an endpoint")
    parser.add_argument("--data", metavar="S3_URI", help="an object or a folder that jobs read")
    parser.add_argument(
        "--all",
        action="store_true",
        help="with --data: also what leads to no model package, and all that is known of each",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help=f"write it instead of printing it: {forms}"
    )
    parser.add_argument("--region", help="region [AWS_REGION or AWS_DEFAULT_REGION]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
