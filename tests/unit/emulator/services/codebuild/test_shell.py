"""The one shell of a build, with nothing of the emulator around it."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from emulator.containers import Containers
from emulator.context import Context
from emulator.services.codebuild.handles import Handle, TimedOut
from emulator.services.codebuild.logs import BuildLog
from emulator.services.codebuild.shell import Shell, ShellGone


@pytest.fixture
def log(tmp_path: Path) -> Iterator[BuildLog]:
    with BuildLog(tmp_path / "build.log", time.time) as log:
        yield log


@pytest.fixture
def start(tmp_path: Path, log: BuildLog) -> Iterator[Callable[..., Shell]]:
    containers = Containers(tmp_path, {})
    started: list[Shell] = []

    def make(program: str = "bash", *, keeps_state: bool = True, **variables: str) -> Shell:
        shell = Shell.start(
            cast(Context, SimpleNamespace(containers=containers)),
            variables.pop("handle", Handle()),  # type: ignore[arg-type]
            tmp_path / f"{len(started)}.run",
            program,
            {"PATH": os.environ["PATH"], **variables},
            tmp_path,
            log,
            keeps_state=keeps_state,
        )
        started.append(shell)
        return shell

    yield make
    for shell in started:
        shell.close()
    containers.close()


def printed(log: BuildLog) -> list[str]:
    return [line.partition("\t")[2] for line in log.path.read_text().splitlines()]


@pytest.mark.parametrize("program", ["bash", "sh"])
def test_all_that_a_shell_has_carries_over(
    start: Callable[..., Shell], log: BuildLog, program: str
) -> None:
    shell = start(program)

    for command in (
        "plain=1; export EXPORTED='two  words'; greet() { echo \"hello $1\"; }",
        "cd /",
        'echo "$plain $EXPORTED"; greet you; pwd',
    ):
        assert shell.run(command) == 0

    assert printed(log) == ["1 two  words", "hello you", "/"]


@pytest.mark.parametrize("program", ["bash", "sh"])
@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("exit 5", 5),
        ("exec sh -c 'exit 6'", 6),
        ("set -e; false; true", 1),
        ("kill -9 $$", 137),
        ("if", 2),
    ],
)
def test_a_command_that_ends_the_shell_ends_only_itself(
    start: Callable[..., Shell], log: BuildLog, program: str, command: str, status: int
) -> None:
    shell = start(program)
    shell.run("export KEPT='a \"b\" $c'; cd /")

    assert shell.run(command) == status
    assert shell.run('echo "$KEPT"; pwd') == 0

    assert printed(log)[-2:] == ['a "b" $c', "/"]


def test_a_shell_that_keeps_nothing_is_new_for_each_command(
    start: Callable[..., Shell], log: BuildLog, tmp_path: Path
) -> None:
    shell = start(keeps_state=False, GIVEN="given")

    assert shell.run("export LOST=1; cd /; exit 3") == 3
    assert shell.run('echo "$GIVEN-$LOST"; pwd') == 0

    assert printed(log) == ["given-", str(tmp_path)]


def test_all_that_a_command_prints_is_in_the_log_when_it_has_ended(
    start: Callable[..., Shell], log: BuildLog
) -> None:
    shell = start()

    assert shell.run("seq 100000") == 0
    log.say("after")

    lines = printed(log)
    assert lines[:-1] == [str(number) for number in range(1, 100_001)]
    assert lines[-1].endswith(" after")


def test_a_command_has_no_longer_than_the_deadline(start: Callable[..., Any]) -> None:
    shell = start(handle=Handle(time.monotonic() + 0.2))

    with pytest.raises(TimedOut):
        shell.run("sleep 100")


def test_a_command_that_prints_without_an_end_has_no_longer_either(
    start: Callable[..., Any],
) -> None:
    shell = start(handle=Handle(time.monotonic() + 0.2))

    with pytest.raises(TimedOut):
        shell.run("yes")


def test_a_stop_request_ends_the_command_that_runs(start: Callable[..., Any]) -> None:
    handle = Handle()
    shell = start(handle=handle)
    threading.Timer(0.2, handle.request_stop).start()

    with pytest.raises(ShellGone):
        shell.run("sleep 100")


def test_a_stop_request_from_before_the_start_counts(start: Callable[..., Any]) -> None:
    handle = Handle()
    handle.request_stop()
    shell = start(handle=handle)

    with pytest.raises(ShellGone):
        shell.run("sleep 100")


def test_secrets_are_hidden_also_across_pieces_and_in_lines(log: BuildLog) -> None:
    log.hide(["tiger", "tiger-lily", "first line\nsecond line", ""])

    log.write(b"a tig")
    log.write(b"er and a tiger-lily\nsecond line, unfinished ti")
    log.say("tiger")

    lines = printed(log)
    assert lines[:2] == ["a *** and a ***", "***, unfinished ti"]
    assert lines[2].endswith(" ***")
