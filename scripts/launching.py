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
from pipelines.command_line import UsageError
from project.launch import LaunchFailed, check_is_free, check_name

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
        check_name(arguments.name)
        check_is_free(boto3.client("sagemaker"), arguments.name)
        _launch(arguments)
    except UsageError as error:
        parser.error(str(error))
    except LaunchFailed as failed:
        console.print(f"scripts/launch-project: {failed}", soft_wrap=True)
        return 1
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
            # The engineer has the code already, and pushes it with its history.
            "SeedRepository": "false",
        }
    loop.title(console, "The administrator, once: offer the template to Studio's role")
    loop.command(console, "publish-project-template", "--studio-role-arn", ROLE_ARN)
    loop.title(console, "The engineer: make a project of it")
    words = [word for item in parameters.items() for word in ("--parameter", "=".join(item))]
    loop.command(console, "launch-project", "--name", arguments.name, *words, "--wait")
    loop.title(console, "Push to it")
    _add_remote(_clone_url(arguments.name, repository, arguments.codecommit))
    _show_next(arguments.name)


def _show_next(name: str) -> None:
    branch = _git("branch", "--show-current").strip()
    what = "main" if branch == "main" else "HEAD:main"
    console.print(
        f"git push {REMOTE} {what}\n"
        f"project-status {name} --wait --commit $(git rev-parse HEAD)\n"
        f'approve-model {name} --note "..."\n'
        f"project-status {name} --wait\n"
        f'approve-deploy {name} --note "..."\n'
        f"project-status {name} --wait\n"
        f"teardown-project {name} --plan",
        highlight=False,
    )
    console.print(
        f"In {ROOT}, where .venv/bin has the commands; put `python -m emulator exec --` before all "
        "but git.",
        soft_wrap=True,
    )


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
    verb = "set-url" if REMOTE in _git("remote").split() else "add"
    _git("remote", verb, REMOTE, url)
    console.print(f"The remote {REMOTE} is {url}", soft_wrap=True)


def _git(*words: str) -> str:
    command = ["git", "-C", str(ROOT), *words]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/launch-project",
        description="A SageMaker project on the emulator, with public data to train on.",
    )
    parser.add_argument(
        "--name", required=True, help="the project's, at most 32 letters, digits and hyphens"
    )
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
