"""One invocation's process: started, watched against its time, and ended with its group."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
# Source: the Lambda developer guide, "Init phase": it is limited to 10 seconds.
INIT_SECONDS_AT_MOST = 10.0
_CHUNK_BYTES = 1 << 16
# What may still be in the log's pipe once the process has answered and its group is dead.
_DRAIN_SECONDS = 1.0


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended: with a result, with an error, or with neither.

    Attributes:
        result: The JSON text that the handler returned.
        error: Lambda's error object.
        printed: What the runtime would print to the log about the error.
        is_timed_out: The process was killed because its time was over.
        exit_status: What it exited with if it never answered; negative for a signal.
        init_seconds: Time until the handler was loaded.
        duration_seconds: Time from there to the end.
    """

    result: str | None = None
    error: Mapping[str, Any] | None = None
    printed: str | None = None
    is_timed_out: bool = False
    exit_status: int | None = None
    init_seconds: float = 0.0
    duration_seconds: float = 0.0
    memory_bytes: int = 0


@dataclass(frozen=True)
class Invocation:
    """What to run: the handler's arguments in the bootstrap's form, and where.

    Attributes:
        namespaces: Those that its process enters: "mount", and "user" where only that may.
        mounts: What it shows of the machine in them, and where.
    """

    request: Mapping[str, Any]
    code_directory: Path
    variables: Mapping[str, str]
    timeout_seconds: float
    namespaces: Sequence[str] = ()
    mounts: Sequence[tuple[str, str]] = ()


def run(invocation: Invocation, on_output: Callable[[bytes], None]) -> Outcome:
    """Run the function to its end; nothing that it started in its group is left.

    ``on_output`` gets the bytes of stdout and stderr as they come.
    """
    request_reader, request_writer = os.pipe()
    answer_reader, answer_writer = os.pipe()
    with contextlib.ExitStack() as pipes:
        pipes.callback(os.close, answer_reader)
        with contextlib.ExitStack() as childs_ends:
            childs_ends.callback(os.close, request_reader)
            childs_ends.callback(os.close, answer_writer)
            try:
                process = _start(invocation, request_reader, answer_writer)
            except BaseException:
                os.close(request_writer)
                raise
        try:
            watch = _Watch(process, answer_reader, on_output, invocation.timeout_seconds)
            watch.send(request_writer, _document(invocation))
            return watch.until_the_end()
        finally:
            os.close(request_writer)
            _end(process)


def _document(invocation: Invocation) -> bytes:
    where = {"namespaces": [*invocation.namespaces], "mounts": [*invocation.mounts]}
    return json.dumps({**invocation.request, **where}).encode() + b"\n"


def _start(
    invocation: Invocation, request_reader: int, answer_writer: int
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-B", "-u", str(BOOTSTRAP), str(request_reader), str(answer_writer)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(request_reader, answer_writer),
        cwd=invocation.code_directory,
        env=dict(invocation.variables),
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


class _Watch:
    """Reads both pipes of a process until it answers, dies, or runs out of time."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        answer_reader: int,
        on_output: Callable[[bytes], None],
        timeout_seconds: float,
    ) -> None:
        assert process.stdout is not None  # noqa: S101 - Popen was given PIPE
        self._process = process
        self._answer_reader = answer_reader
        self._output_reader = process.stdout.fileno()
        self._on_output = on_output
        self._timeout_seconds = timeout_seconds
        self._answers = b""
        self._started = time.monotonic()
        self._ready: float | None = None
        self._selector = selectors.DefaultSelector()
        self._selector.register(answer_reader, selectors.EVENT_READ)
        self._selector.register(self._output_reader, selectors.EVENT_READ)

    def send(self, request_writer: int, content: bytes) -> None:
        """Write the request while reading output, so that neither side waits for the other."""
        os.set_blocking(request_writer, False)
        self._selector.register(request_writer, selectors.EVENT_WRITE)
        try:
            while content and self._wait_and_read(request_writer):
                with contextlib.suppress(BlockingIOError):
                    content = content[os.write(request_writer, content) :]
        except BrokenPipeError:
            pass  # it died before it read its event: until_the_end tells how
        finally:
            self._selector.unregister(request_writer)

    def _wait_and_read(self, request_writer: int) -> bool:
        """Wait until the request can be written; False when the time is over or it died."""
        while True:
            events = self._selector.select(self._remaining_seconds())
            if not events:
                return False
            ready = {key.fd for key, _ in events}
            if request_writer in ready:
                return True
            if not self._read(ready):
                return False

    def until_the_end(self) -> Outcome:
        """How it ended."""
        is_over = False
        while not is_over:
            events = self._selector.select(self._remaining_seconds())
            if not events:
                return self._finish(Outcome(is_timed_out=True))
            is_over = not self._read({key.fd for key, _ in events})
            for answer in self._new_answers():
                if "ready" in answer:
                    self._ready = time.monotonic()
                else:
                    return self._finish(
                        Outcome(answer.get("result"), answer.get("error"), answer.get("printed"))
                    )
        return self._finish(Outcome(exit_status=self._process.wait()))

    def _remaining_seconds(self) -> float:
        if self._ready is None:
            deadline = self._started + max(INIT_SECONDS_AT_MOST, self._timeout_seconds)
        else:
            deadline = self._ready + self._timeout_seconds
        return max(0.0, deadline - time.monotonic())

    def _read(self, ready: set[int]) -> bool:
        """Take what there is; False when the process closed its answer pipe, that is, died."""
        if self._output_reader in ready:
            output = os.read(self._output_reader, _CHUNK_BYTES)
            if output:
                self._on_output(output)
            else:
                self._selector.unregister(self._output_reader)
        if self._answer_reader in ready:
            answer = os.read(self._answer_reader, _CHUNK_BYTES)
            self._answers += answer
            return bool(answer)
        return True

    def _new_answers(self) -> list[dict[str, Any]]:
        *lines, self._answers = self._answers.split(b"\n")
        return [json.loads(line) for line in lines]

    def _finish(self, outcome: Outcome) -> Outcome:
        now = time.monotonic()
        memory_bytes = _peak_memory_bytes(self._process.pid)
        _end_group(self._process.pid)
        self._drain()
        self._selector.close()
        ready = self._ready if self._ready is not None else now
        members = {
            "init_seconds": ready - self._started,
            "duration_seconds": now - ready,
            "memory_bytes": memory_bytes,
        }
        return Outcome(**{**outcome.__dict__, **members})

    def _drain(self) -> None:
        """Take the output that was written before the end."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        if self._output_reader not in self._selector.get_map():
            return
        self._selector.unregister(self._answer_reader)
        while self._selector.select(max(0.0, deadline - time.monotonic())):
            output = os.read(self._output_reader, _CHUNK_BYTES)
            if not output:
                return
            self._on_output(output)


def _end_group(process_group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process_group, signal.SIGKILL)


def _peak_memory_bytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
