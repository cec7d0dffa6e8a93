"""The shell of a build: one instance for all of its commands, told by pipes what to run.

A *keeper* starts the shell, and starts it again when a command has ended it (``exit 3``), in the
directory and with the variables in which it ended. The shell reads names of files, runs each as a
part of itself, and says the status. So ``export``, ``cd``, functions and plain variables carry over
from command to command, as on AWS.

All that the commands start ends with the keeper: the launcher of containers sees to it.
"""

import fcntl
import os
import select
import shlex
import termios
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from emulator.containers.launching import Launch, Started, end_supervisor
from emulator.containers.leftovers import write_record
from emulator.context import Context
from emulator.services.codebuild.handles import Handle, TimedOut
from emulator.services.codebuild.logs import BuildLog

_READ_BYTES = 256 * 1024
_KEEPER = """
exec 8<"$1/commands" 9>"$1/results"
while read -r word <&8; do
    "$2" "$1/shell"
    echo "exit $?" >&9
done
"""
_SHELL = """
__codebuild_save() {{ export -p >| {folder}/exports; pwd >| {folder}/directory; }}
trap __codebuild_save EXIT
if [ -e {folder}/exports ]; then . {folder}/exports; fi
if [ -e {folder}/directory ]; then cd "$(cat {folder}/directory)" || cd {start}; fi
while read -r __codebuild_file <&8; do
    . "$__codebuild_file" 8<&- 9>&-
    __codebuild_status=$?
    __codebuild_save
    echo "done $__codebuild_status" >&9
done
"""
# Version 0.1: a new shell for each command, which keeps nothing.
_SHELL_OF_ONE_COMMAND = """
read -r __codebuild_file <&8
. "$__codebuild_file" 8<&- 9>&-
"""


class ShellGone(Exception):
    """The shell was ended from outside: the build is stopped, or its commands killed it."""


@dataclass
class Shell:
    """A shell that was started; commands are run one at a time, by one thread."""

    scratch: Path
    program: str
    log: BuildLog
    handle: Handle
    _started: Started
    _commands: int
    _results: int
    _is_up: bool = False
    _is_ended: bool = False
    _number: int = 0
    _received: bytes = b""
    _answers: list[str] = field(default_factory=list)

    @classmethod
    def start(
        cls,
        context: Context,
        handle: Handle,
        scratch: Path,
        program: str,
        variables: Mapping[str, str],
        directory: Path,
        log: BuildLog,
        *,
        keeps_state: bool,
    ) -> Self:
        """Start the shell in a directory; its files are in the scratch directory.

        Raises:
            LaunchFailed: The machine refused.
        """
        scratch.mkdir(parents=True, exist_ok=True)
        folder, start = shlex.quote(str(scratch)), shlex.quote(str(directory))
        text = _SHELL.format(folder=folder, start=start) if keeps_state else _SHELL_OF_ONE_COMMAND
        (scratch / "shell").write_text(text)
        for name in ("commands", "results"):
            os.mkfifo(scratch / name, 0o600)
        results = os.open(scratch / "results", os.O_RDONLY | os.O_NONBLOCK)
        commands = os.open(scratch / "commands", os.O_RDWR)
        command = ("/bin/sh", "-c", _KEEPER, "keeper", str(scratch), program)
        try:
            started = context.containers.start(Launch(command, variables, directory))
        except BaseException:
            os.close(results)
            os.close(commands)
            raise
        write_record(scratch, scratch.name, started)
        shell = cls(scratch, program, log, handle, started, commands, results)
        handle.attach(shell.end)
        return shell

    def run(self, text: str) -> int:
        """Run a command and give its exit status, when all that it printed is in the log.

        Raises:
            TimedOut: The build's deadline came first.
            ShellGone: The shell was ended.
        """
        self._number += 1
        script = self.scratch / f"script-{self._number}.sh"
        script.write_text(text + "\n")
        self._look(0)
        if self._answers:  # it was ended between two commands
            self._answers.clear()
            self._is_up = False
        words = [] if self._is_up else ["start"]
        self._is_up = True
        os.write(self._commands, "".join(f"{word}\n" for word in (*words, script)).encode())
        while not self._answers:
            remaining_seconds = self.handle.remaining_seconds()
            if remaining_seconds == 0:
                raise TimedOut
            self._look(remaining_seconds)
        word, _, status = self._answers.pop(0).partition(" ")
        self._is_up = word == "done"
        script.unlink(missing_ok=True)
        return int(status)

    def end(self) -> None:
        """End the shell, and all that was started in it; from any thread."""
        if not self._is_ended:
            end_supervisor(self._started.supervisor)

    def close(self) -> None:
        """End it, wait until all is gone, and give the pipes back."""
        self.end()
        try:
            while True:
                self._look(None)
        except ShellGone:
            pass
        for descriptor in (
            self._started.output, self._started.status, self._commands, self._results
        ):  # fmt: skip
            os.close(descriptor)

    def _look(self, timeout_seconds: float | None) -> None:
        """Wait for something to happen, and take it in: output always before answers."""
        if self._is_ended:
            raise ShellGone
        output, status = self._started.output, self._started.status
        poll = select.poll()
        for descriptor in (output, status, self._results):
            poll.register(descriptor, select.POLLIN)
        happened = {
            descriptor
            for descriptor, _ in poll.poll(
                None if timeout_seconds is None else int(timeout_seconds * 1000) + 1
            )
        }
        results = _read(self._results) if self._results in happened else b""
        has_ended = status in happened
        # What a command printed was in the pipe before its answer was.
        self._drain(output)
        *lines, self._received = (self._received + results).split(b"\n")
        self._answers += [line.decode() for line in lines]
        if has_ended:
            self._is_ended = True
            raise ShellGone

    def _drain(self, output: int) -> None:
        """Take what is there now, and no more: a command may print without an end."""
        size = array("i", [0])
        fcntl.ioctl(output, termios.FIONREAD, size)
        waiting_bytes = size[0]
        while waiting_bytes > 0:
            chunk = os.read(output, min(waiting_bytes, _READ_BYTES))
            waiting_bytes -= len(chunk)
            self.log.write(chunk)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _READ_BYTES)
    except BlockingIOError:
        return b""
