"""teardown-project: shows all that a project has, or removes it."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from pipelines.command_line import client, command, region_from
from project import names, removals
from project.removals import Removal, RemovalFailed


@command("teardown-project", names.NoProjectError, RemovalFailed)
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Shows or removes; 0, or 1 when something cannot be removed, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    region = region_from(arguments, environment)
    clients: dict[str, Any] = {}

    def make(service: str) -> Any:
        if service not in clients:
            clients[service] = make_client(service, region)
        return clients[service]

    project = _project(make("sagemaker"), arguments)
    if arguments.plan:
        _show(project, removals.find_all(make, project))
    else:
        _apply(make, project)
    return 0


def _project(sagemaker: Any, arguments: argparse.Namespace) -> names.Project:
    try:
        project = names.find_or_gone(sagemaker, arguments.project)
    except names.NoProjectError as error:
        if not arguments.project_id:
            raise names.NoProjectError(
                f"{error} For what may be left of one that is gone, give its id by --project-id."
            ) from error
        return names.Project(arguments.project, arguments.project_id, "", names.GONE)
    if arguments.project_id in (None, project.id):
        return project
    # An earlier project of the same name.
    return names.Project(arguments.project, arguments.project_id, "", names.GONE)


def _show(project: names.Project, found: Sequence[Removal]) -> None:
    if not found:
        print(f"There is nothing of project {project.name} ({project.id}).")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("", "Kind", title=f"What there is of project {project.name} ({project.id})")
    table.add_column("Name", overflow="fold")
    table.add_column("Note", overflow="fold")
    for number, removal in enumerate(found, 1):
        table.add_row(str(number), removal.kind, removal.name, removal.note)
    console = Console()
    if console.is_terminal:
        console.print(table)
    else:  # in lines, which can be searched
        for number, removal in enumerate(found, 1):
            line = f"{number:3}  {removal.kind:18}  {removal.name}  {removal.note}"
            print(line.rstrip())
    print(f"To remove it, in this order: {_again(project)}")


def _apply(make: removals.MakeClient, project: names.Project) -> None:
    """Remove kind by kind; what there is of a kind is looked up when its turn comes."""
    if project.status in names.MAKING:
        print(f"Project {project.name} is {project.status}: waiting for its end ...", flush=True)
        removals.wait_until_made(make, project)
    for kind in removals.KINDS.values():
        for removal in tuple(kind.find(make, project)):
            print(f"{removal.kind}  {removal.name}  {removal.note}".rstrip(), flush=True)
            try:
                kind.remove(make, removal.name)
            except (RemovalFailed, ClientError) as error:
                raise RemovalFailed(
                    f"{removal.kind} {removal.name}: {error}. Mend it, then go on from here: "
                    f"{_again(project)}"
                ) from error
    left = removals.find_all(make, replace(project, status=names.GONE))
    if left:
        kinds = ", ".join(f"{removal.kind} {removal.name}" for removal in left)
        raise RemovalFailed(f"Made meanwhile: {kinds}. To remove it: {_again(project)}")
    print("Nothing is left.")


def _again(project: names.Project) -> str:
    return f"teardown-project {project.name} --project-id {project.id} --apply"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="teardown-project",
        description=(
            "Removes a project with all that its pipelines have made: endpoints, pipelines, model "
            "packages, experiments, code, objects, logs. What runs is stopped first. Records of "
            "jobs, executions, builds and lineage stay, as AWS has no way to delete them or others "
            "share them, and so does the image repository, which other projects may use."
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
