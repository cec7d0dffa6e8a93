"""project-status: what a project's pipelines are at, and why one has failed."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from pipelines.command_line import UsageError, client, command, region_from
from project import names, pipelines
from project.launch import LaunchFailed, failure, watch
from project.pipelines import SKIPPED, Action, PipelineState

if TYPE_CHECKING:
    from rich.console import Group

_COLOURS = {
    "Succeeded": "green",
    "Failed": "red",
    "Skipped": "yellow",
    "Stopped": "yellow",
    "Superseded": "yellow",
}
# Why a stage is skipped, by the rules of model_deploy/pipeline.yaml.
_UNMET = {"ModelIsApproved": "nothing is approved"}
_POLL_SECONDS = 1.0
# EventBridge and connections mostly take a few seconds from a push to an execution.
_START_SECONDS = 15.0
States = tuple[PipelineState, ...]


class NotStartedError(Exception):
    """The commit that is asked for has started nothing."""


@command("project-status", names.NoProjectError, LaunchFailed, NotStartedError)
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
    sleep: Callable[[float], object] = time.sleep,
) -> int:
    """Shows them; 0, or 1 when a latest execution has failed, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    region = region_from(arguments, environment)
    if arguments.commit and not arguments.wait:
        raise UsageError("--commit is what to wait for: give --wait, too.")
    sagemaker = make_client("sagemaker", region)
    project = names.find(sagemaker, arguments.project)
    if arguments.wait and project.status in names.MAKING:
        cloudformation = make_client("cloudformation", region)
        project = watch(sagemaker, cloudformation, arguments.project, print)
    codepipeline = make_client("codepipeline", region)
    with _showing(sys.stdout) as show:
        states = _follow(codepipeline, project, show, arguments, sleep)
    return _conclude(project, states)


def _follow(
    codepipeline: Any,
    project: names.Project,
    show: Callable[[States], object],
    arguments: argparse.Namespace,
    sleep: Callable[[float], object],
) -> States:
    first = states = _look(codepipeline, project, show)
    if not arguments.wait:
        return states
    commit, waited = arguments.commit, 0.0
    # A push or an answer starts an execution a moment later, so what is settled may not stay so.
    while not _has_begun(codepipeline, project, first, states, commit):
        if waited >= arguments.start_seconds:
            if commit:
                raise NotStartedError(_no_execution(project, commit, arguments.start_seconds))
            return states
        sleep(_POLL_SECONDS)
        waited += _POLL_SECONDS
        states = _look(codepipeline, project, show)
    while not all(state.is_settled for state in states):
        sleep(_POLL_SECONDS)
        states = _look(codepipeline, project, show)
    return states


def _look(codepipeline: Any, project: names.Project, show: Callable[[States], object]) -> States:
    wanted = (project.build_pipeline, project.deploy_pipeline)
    read = [pipelines.read(codepipeline, name) for name in wanted]
    states = tuple(state for state in read if state is not None)
    show(states)
    return states


def _has_begun(
    codepipeline: Any, project: names.Project, first: States, states: States, commit: str
) -> bool:
    """Whether that is under way, or has ended already, whose end is waited for."""
    if commit:
        return pipelines.has_built(codepipeline, project.build_pipeline, commit)
    return states != first or not all(state.is_settled for state in states)


def _no_execution(project: names.Project, commit: str, seconds: float) -> str:
    return (
        f"{seconds:g} s have brought no execution of {project.build_pipeline} with commit {commit}."
        " Expected one after a push to the project's branch: git push REMOTE HEAD:main, or wait "
        "longer by --start-seconds."
    )


def _conclude(project: names.Project, states: States) -> int:
    if project.status in names.FAILED:
        print(f"project-status: {failure(project)}", file=sys.stderr)
        return 1
    if not project.status.endswith("Completed") or not states:
        print(f"Project {project.name} ({project.id}) is {project.status}.")
    failed = []
    for state in states:
        for approval in state.approvals:
            print(f"{approval.stage} waits: approve-deploy {project.name} --note TEXT")
        waits = _skipped(project, state) or _untried(project, state)
        if waits:
            print(waits)
        elif state.has_failed:
            failed.append(state)
            print(report(state), file=sys.stderr)
    return 1 if failed else 0


def _skipped(project: names.Project, state: PipelineState) -> str:
    """What the deploy pipeline waits for if it had nothing to deploy, "" for others."""
    if state.execution_status != "Succeeded" or not state.has_skipped:
        return ""
    return (
        f"{_half(state.name)} has deployed nothing, because nothing is approved: "
        f"approve-model {project.group} --note TEXT"
    )


def _untried(project: names.Project, state: PipelineState) -> str:
    """What a pipeline waits for that has had nothing to work on yet, "" for others.

    To create a pipeline starts it, and then there is often no commit behind a connection. That is
    no failure of anybody's.
    """
    is_first = state.trigger == "CreatePipeline" and state.has_failed
    if state.execution_id and not is_first:
        return ""
    half = _half(state.name)
    if state.name == project.deploy_pipeline:
        return f"{half} has deployed nothing yet: approve-model {project.group} --note TEXT"
    if not state.execution_id or state.stages[:1] == state.failed_stages:
        return f"{half} has built nothing yet: push to the project's repository"
    return ""


def report(state: PipelineState) -> str:
    """Why a pipeline's latest execution has failed: each action that did, and where to look."""
    lines = [f"{state.name}: execution {state.execution_id} has failed."]
    for stage in state.failed_stages:
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
                    half = _half(state.name)
                    said = f"{half:11}  {stage:14}  {action.name:16}  {action.status:10}"
                    print(f"{said}  {_note(action)}".rstrip(), file=output, flush=True)

    return show


def _half(pipeline: str) -> str:
    """Which of the project's two pipelines it is: modelbuild or modeldeploy."""
    return pipeline.rpartition("-")[2]


def _rows(state: PipelineState) -> Iterator[tuple[str, Action]]:
    for stage in state.stages:
        if stage.status == SKIPPED:
            # Its actions tell of an execution before.
            why = ", ".join(_UNMET.get(rule, f"{rule} does not hold") for rule in stage.unmet)
            yield stage.name, Action("", SKIPPED, why, "", "", "")
            continue
        for action in stage.actions:
            yield stage.name, action


def _note(action: Action) -> str:
    """What an action says of itself in one line; why it failed is told at length at the end."""
    if action.status == "Failed" or not action.summary:
        return ""
    return action.summary.splitlines()[0]


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
    parser.add_argument(
        "--commit",
        default="",
        metavar="ID",
        help="with --wait: until this commit is built, such as $(git rev-parse HEAD)",
    )
    parser.add_argument(
        "--start-seconds",
        type=float,
        default=_START_SECONDS,
        metavar="N",
        help="with --wait: how long what was pushed or answered may take to start something"
        f" [{_START_SECONDS:g}]",
    )
    parser.add_argument("--region", help="region [AWS_REGION or AWS_DEFAULT_REGION]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
