"""A running container."""

import contextlib
import logging
import os
import select
import shutil
import signal
import socket
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from emulator.containers.launching import Started, end_supervisor
from emulator.containers.log import JobLog

logger = logging.getLogger(__name__)

READ_BYTES = 256 * 1024
DRAIN_SECONDS = 2.0
END_SECONDS = 10.0
PING_TIMEOUT_SECONDS = 2.0
KILLED_EXIT_CODE = 137


@dataclass
class ContainerProcess:
    """A container that was started: wait for its end, or stop it.

    Attributes:
        process_group: The group which ``stop`` sends SIGTERM to.
        isolation: "mount namespace" or "rewritten paths".
        port: The port on 127.0.0.1 on which a server listens; None for a job.
    """

    name: str
    isolation: str
    port: int | None
    _started: Started = field(repr=False)
    _log: JobLog = field(repr=False)
    _scratch: Path = field(repr=False)
    _exit_code: int | None = field(default=None, init=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _has_exited: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        threading.Thread(target=self._follow, name=f"container {self.name}", daemon=True).start()

    @property
    def process_group(self) -> int:
        """The process group of the container's command."""
        return self._started.group

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while the container runs; 128 + n after a signal n."""
        return self._exit_code if self._ended.is_set() else None

    def wait(self, timeout_seconds: float | None = None) -> int | None:
        """Wait for the end of the container and of its log.

        Returns:
            The exit code, 128 + n after a signal n; None when the time is over.
        """
        if timeout_seconds is not None:
            # A longer one, which the API takes, is an OverflowError in Event.wait.
            timeout_seconds = min(timeout_seconds, threading.TIMEOUT_MAX)
        return self._exit_code if self._ended.wait(timeout_seconds) else None

    def stop(self, grace_seconds: float = 120) -> int:
        """End the container: SIGTERM, the grace, then SIGKILL for all that it started."""
        self._signal(lambda: os.killpg(self._started.group, signal.SIGTERM))
        if self.wait(grace_seconds) is None:
            self._signal(lambda: end_supervisor(self._started.supervisor))
        if self.wait(END_SECONDS) is None:
            for pid in {self._started.group, self._started.supervisor}:
                self._signal(lambda pid=pid: os.killpg(pid, signal.SIGKILL))  # type: ignore[misc]
        code = self.wait()
        return KILLED_EXIT_CODE if code is None else code

    def wait_ready(self, timeout_seconds: float) -> bool:
        """Wait until GET /ping answers 200.

        Returns:
            False when the server ended or the time was over; the caller then stops it.
        """
        if self.port is None:
            raise ValueError(f"container {self.name!r} is not a server")
        deadline = time.monotonic() + timeout_seconds
        pause_seconds = 0.01
        while time.monotonic() < deadline:
            if _answers_ping(self.port):
                return True
            if self._ended.wait(min(pause_seconds, max(0.0, deadline - time.monotonic()))):
                return False
            pause_seconds = min(pause_seconds * 1.5, 0.25)
        return False

    def _signal(self, send: Callable[[], None]) -> None:
        # Under the lock, because the number of a process that has ended can be given to another.
        with self._lock, contextlib.suppress(ProcessLookupError, PermissionError):
            if not self._has_exited:
                send()

    def _follow(self) -> None:
        status_text = self._started.early_status
        try:
            status_text = self._pump(status_text)
        finally:
            code = _read_exit_code(status_text)
            self._exit_code = KILLED_EXIT_CODE if code is None else code
            for descriptor in (self._started.output, self._started.status):
                os.close(descriptor)
            self._log.close()
            remove_scratch(self._scratch)
            self._ended.set()

    def _pump(self, status_text: bytes) -> bytes:
        output, status = self._started.output, self._started.status
        poll = select.poll()
        is_open = {output: True, status: _read_exit_code(status_text) is None}
        for descriptor in (output, status):
            if is_open[descriptor]:
                poll.register(descriptor, select.POLLIN)
        drain_until: float | None = None
        while any(is_open.values()):
            if not is_open[status] and drain_until is None:
                with self._lock:
                    self._has_exited = True
                drain_until = time.monotonic() + DRAIN_SECONDS
            if drain_until is not None and time.monotonic() > drain_until:
                break
            for descriptor, _ in poll.poll(None if drain_until is None else 100):
                chunk = os.read(descriptor, READ_BYTES)
                if descriptor == status:
                    status_text += chunk
                elif chunk:
                    self._write_log(chunk)
                # After "exit" the pipe stays open until the namespaces are torn down.
                is_over = descriptor == status and _read_exit_code(status_text) is not None
                if not chunk or is_over:
                    poll.unregister(descriptor)
                    is_open[descriptor] = False
        return status_text

    def _write_log(self, chunk: bytes) -> None:
        began = time.monotonic()
        try:
            self._log.write(chunk)
        except Exception as error:  # the boundary to the caller's on_line and to a full disk
            logger.exception("log of container %s", self.name)
            self._log.on_line = None
            with contextlib.suppress(OSError):
                self._log.note(f"[emulator: lines are no longer read: {error}]")
        if self._log.is_flooded:
            # A container that floods its log waits, and not the rest of the emulator.
            time.sleep(2 * (time.monotonic() - began))


def _read_exit_code(status_text: bytes) -> int | None:
    for line in status_text.decode(errors="replace").splitlines(keepends=True):
        word, _, content = line.partition(" ")
        if word == "exit" and content.endswith("\n"):
            return int(content)
    return None


def _answers_ping(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=PING_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def remove_scratch(scratch: Path) -> None:
    """Remove a container's scratch directory, including what overlays made unreadable."""
    shutil.rmtree(scratch, onerror=_open_and_retry)


def _open_and_retry(function: Callable[..., object], path: str, _: object) -> None:
    with contextlib.suppress(OSError):
        for directory in (Path(path).parent, Path(path)):
            if directory.is_dir() and not directory.is_symlink():
                directory.chmod(stat.S_IRWXU)
        if Path(path).is_dir() and not Path(path).is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            function(path)
