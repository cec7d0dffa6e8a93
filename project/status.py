"""project-status: what a project's pipelines are at, and why one has failed."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from botocore.exceptions import BotoCoreError, ClientError

from pipelines.command_line import UsageError, client, ends_on_interrupt, fail, region_from
from project import names, pipelines
from project.pipelines import Action, PipelineState

if TYPE_CHECKING:
    from rich.console import Group

_COLOURS = {"Succeeded": "green", "Failed": "red", "Stopped": "yellow", "Superseded": "yellow"}
_POLL_SECONDS = 1.0
States = tuple[PipelineState, ...]


@ends_on_interrupt
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
    sleep: Callable[[float], object] = time.sleep,
) -> int:
    """Shows them; 0, or 1 when a latest execution has failed, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    try:
        region = region_from(arguments, environment)
        project = names.find(make_client("sagemaker", region), arguments.project)
        codepipeline = make_client("codepipeline", region)
        with _showing(sys.stdout) as show:
            states = _follow(codepipeline, project, show, arguments.wait, sleep)
    except UsageError as error:
        return fail(str(error))
    except (names.NoProjectError, ClientError, BotoCoreError) as error:
        print(f"project-status: {error}", file=sys.stderr)
        return 1
    return _conclude(project, states)


def _follow(
    codepipeline: Any,
    project: names.Project,
    show: Callable[[States], object],
    is_waiting: bool,
    sleep: Callable[[float], object],
) -> States:
    while True:
        wanted = (project.build_pipeline, project.deploy_pipeline)
        read = [pipelines.read(codepipeline, name) for name in wanted]
        states = tuple(state for state in read if state is not None)
        show(states)
        if not is_waiting or all(state.is_settled for state in states):
            return states
        sleep(_POLL_SECONDS)


def _conclude(project: names.Project, states: States) -> int:
    for state in states:
        for approval in state.approvals:
            print(f"{approval.stage} waits: approve-deploy {project.name} --note TEXT")
    failed = [state for state in states if state.has_failed]
    for state in failed:
        print(report(state), file=sys.stderr)
    return 1 if failed else 0


def report(state: PipelineState) -> str:
    """Why a pipeline's latest execution has failed: each action that did, and where to look."""
    lines = [f"{state.name}: execution {state.execution_id} has failed."]
    for stage in state.stages:
        if stage.execution_id != state.execution_id:
            continue
        for action in stage.actions:
            if action.status == "Failed":
                lines += [f"  {stage.name}, {action.name}: {action.fault or action.summary}"]
                lines += [f"    {action.url}"] if action.url else []
    return "\n".join(lines)


@contextmanager
def _showing(output: TextIO) -> Iterator[Callable[[States], object]]:
    """A live table on a terminal, else one line for each change."""
    if not output.isatty():
        yield _lines(output)
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(file=output), refresh_per_second=4) as live:
        yield lambda states: live.update(tables(states))


def tables(states: States) -> "Group":
    """A table for each pipeline, with a row for each action."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    shown = []
    for state in states:
        table = Table("Stage", "Action", "Status", title=f"{state.name} {state.execution_status}")
        table.add_column("Note", overflow="fold")
        for stage, action in _rows(state):
            status = Text(action.status, style=_COLOURS.get(action.status, "cyan"))
            table.add_row(stage, action.name, status, Text(_note(action)))
        shown.append(table)
    return Group(*shown)


def _lines(output: TextIO) -> Callable[[States], object]:
    told: dict[tuple[str, str, str], tuple[str, str]] = {}

    def show(states: States) -> None:
        for state in states:
            for stage, action in _rows(state):
                row = (state.name, stage, action.name)
                now = (state.execution_id, action.status)
                if action.status and told.get(row) != now:
                    told[row] = now
                    half = state.name.rpartition("-")[2]
                    said = f"{half:11}  {stage:14}  {action.name:16}  {action.status:10}"
                    print(f"{said}  {_note(action)}".rstrip(), file=output, flush=True)

    return show


def _rows(state: PipelineState) -> Iterator[tuple[str, Action]]:
    for stage in state.stages:
        for action in stage.actions:
            yield stage.name, action


def _note(action: Action) -> str:
    note = action.fault or action.summary
    return note.splitlines()[0] if note else ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="project-status",
        description="Shows what a project's build and deploy pipelines are at.",
    )
    parser.add_argument("project", metavar="PROJECT", help="the project's name")
    parser.add_argument(
        "--wait",
        action="store_true",
        help="show it until both have ended or wait for an approval",
    )
    parser.add_argument("--region", help="region [AWS_REGION or AWS_DEFAULT_REGION]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
