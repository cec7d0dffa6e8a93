"""teardown-project: shows all that a project has, or removes it."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipelines.command_line import UsageError, client, ends_on_interrupt, fail, region_from
from project import names, removals
from project.removals import Removal, RemovalFailed


@ends_on_interrupt
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Shows or removes; 0, or 1 when something cannot be removed, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    try:
        region = region_from(arguments, environment)
        clients: dict[str, Any] = {}

        def make(service: str) -> Any:
            if service not in clients:
                clients[service] = make_client(service, region)
            return clients[service]

        project = _project(make("sagemaker"), arguments)
        found = removals.find_all(make, project)
        if arguments.plan:
            _show(project, found)
        else:
            _apply(make, project, found)
    except UsageError as error:
        return fail(str(error))
    except (names.NoProjectError, RemovalFailed, ClientError, BotoCoreError) as error:
        print(f"teardown-project: {error}", file=sys.stderr)
        return 1
    return 0


def _project(sagemaker: Any, arguments: argparse.Namespace) -> names.Project:
    try:
        return names.find(sagemaker, arguments.project)
    except names.NoProjectError:
        if not arguments.project_id:
            raise
        return names.Project(arguments.project, arguments.project_id, "", names.GONE)


def _show(project: names.Project, found: Sequence[Removal]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "Kind", title=f"What there is of project {project.name} ({project.id})")
    table.add_column("Name", overflow="fold")
    table.add_column("Note", overflow="fold")
    for number, removal in enumerate(found, 1):
        table.add_row(str(number), removal.kind, removal.name, removal.note)
    Console().print(table)
    print(f"To remove it, in this order: teardown-project {project.name} --apply")


def _apply(make: removals.MakeClient, project: names.Project, found: Sequence[Removal]) -> None:
    for number, removal in enumerate(found, 1):
        print(f"{number}/{len(found)}  {removal.kind}  {removal.name} ...", flush=True)
        try:
            removals.remove(make, removal)
        except (RemovalFailed, ClientError) as error:
            done = (
                f"{number - 1} of {len(found)} are removed; the same command goes on from here, "
                f"with --project-id {project.id} when the project itself is gone"
            )
            raise RemovalFailed(f"{removal.kind} {removal.name}: {error} ({done}).") from error
    print("Nothing is left.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="teardown-project",
        description=(
            "Removes a project with all that its pipelines have made: endpoints, pipelines, model "
            "packages, code, objects, logs. Records of jobs and executions stay, as AWS has no way "
            "to delete them, and so does the image repository, which other projects may use."
        ),
    )
    parser.add_argument("project", metavar="PROJECT", help="the project's name")
    parser.add_argument(
        "--project-id", metavar="ID", help="for what is left of a project that is gone (p-...)"
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--plan", action="store_true", help="show what would be removed")
    which.add_argument("--apply", action="store_true", help="remove it")
    parser.add_argument("--region", help="region [AWS_REGION or AWS_DEFAULT_REGION]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
