"""scripts/launch-project: what administrator and engineer do once, on the emulator.

The administrator publishes the project template; the engineer connects a Git repository, launches
the project and adds the repository as a remote. All by boto3 and the repository's own commands.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import boto3
from rich.console import Console

from demos import loop
from demos.__main__ import ACCOUNT_ID, ROLE_ARN
from demos.demo import load, names

CONNECTION = "emulator"
REMOTE = "emulator"
ROOT = Path(__file__).resolve().parent.parent

console = Console(highlight=False)


def main(argv: list[str] | None = None) -> int:
    """Launch; 0, or the exit code of the first command that fails."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.pipeline not in names():
        parser.error(
            f"--pipeline: no data for {arguments.pipeline}; there are {', '.join(names())}"
        )
    try:
        _launch(arguments)
    except loop.DemoFailed as failed:
        return failed.exit_code
    return 0


def _launch(arguments: argparse.Namespace) -> None:
    bucket = f"sagemaker-{loop.REGION}-{ACCOUNT_ID}"
    data = loop.upload(boto3.client("s3"), bucket, load(arguments.pipeline).inputs())
    parameters = {"Pipeline": arguments.pipeline, **data}
    repository = f"local/{arguments.name}"
    if not arguments.codecommit:
        parameters |= {
            "ConnectionArn": _connection(),
            "FullRepositoryId": repository,
        }
    loop.title(console, "The administrator, once: offer the template to Studio's role")
    loop.command(console, "publish-project-template", "--studio-role-arn", ROLE_ARN)
    loop.title(console, "The engineer: make a project of it")
    words = [word for item in parameters.items() for word in ("--parameter", "=".join(item))]
    loop.command(console, "launch-project", "--name", arguments.name, *words, "--wait")
    loop.title(console, "Push to it")
    _add_remote(_clone_url(arguments.name, repository, arguments.codecommit))
    console.print(
        f"git push {REMOTE} HEAD:main\n"
        f"project-status {arguments.name} --wait\n"
        f'approve-model {arguments.name} --note "..."\n'
        f'approve-deploy {arguments.name} --note "..."\n'
        f"teardown-project {arguments.name} --plan",
        highlight=False,
    )
    console.print("Put `python -m emulator exec --` before all but git.")


def _connection() -> str:
    """The connection's ARN; at AWS somebody has to allow it in a browser once."""
    connections = boto3.client("codeconnections")
    for connection in connections.list_connections(MaxResults=100)["Connections"]:
        if connection["ConnectionName"] == CONNECTION:
            return str(connection["ConnectionArn"])
    made = connections.create_connection(ConnectionName=CONNECTION, ProviderType="GitHub")
    return str(made["ConnectionArn"])


def _clone_url(name: str, repository: str, is_codecommit: bool) -> str:
    if not is_codecommit:
        return f"{os.environ['AWS_ENDPOINT_URL']}/git/{repository}.git"
    project = boto3.client("sagemaker").describe_project(ProjectName=name)
    found = boto3.client("codecommit").get_repository(
        repositoryName=f"sagemaker-{name}-{project['ProjectId']}"
    )
    return str(found["repositoryMetadata"]["cloneUrlHttp"])


def _add_remote(url: str) -> None:
    git = ["git", "-C", str(ROOT), "remote"]
    known = subprocess.run(git, capture_output=True, text=True, check=True).stdout.split()
    verb = "set-url" if REMOTE in known else "add"
    subprocess.run([*git, verb, REMOTE, url], check=True)
    console.print(f"The remote {REMOTE} is {url}", soft_wrap=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/launch-project",
        description="A SageMaker project on the emulator, with public data to train on.",
    )
    parser.add_argument("--name", required=True, help="the project's (at most 32 of a-z 0-9 -)")
    parser.add_argument("--pipeline", default="book_ratings", metavar="NAME", help="[book_ratings]")
    parser.add_argument(
        "--codecommit",
        action="store_true",
        help="a CodeCommit repository that begins with the published code, instead of a connection",
    )
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
