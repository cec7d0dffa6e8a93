"""The emulator's side of the launcher process (`launcher.py`)."""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from emulator.containers import launcher

START_TIMEOUT_SECONDS = 30.0


class LaunchFailed(Exception):
    """The kernel refused to make the container."""


@dataclass(frozen=True)
class Launch:
    """One command to start: in which namespaces, after which mounts, where and with what."""

    command: Sequence[str]
    variables: Mapping[str, str]
    directory: Path
    namespaces: Sequence[str] = ()
    mounts: Sequence[Sequence[str]] = ()

    def document(self) -> bytes:
        """The request as the launcher reads it."""
        return json.dumps(
            {
                "command": list(self.command),
                "variables": dict(self.variables),
                "directory": str(self.directory),
                "namespaces": list(self.namespaces),
                "mounts": [list(mount) for mount in self.mounts],
            }
        ).encode()


@dataclass(frozen=True)
class Started:
    """A command that runs: the descriptors to read its output and its end from."""

    supervisor: int
    group: int
    output: int
    status: int
    early_status: bytes


@dataclass
class Launcher:
    """Owns the launcher process, which is started on first use and again if it has died."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _control: socket.socket | None = None
    _process: subprocess.Popen[bytes] | None = None

    def start(self, launch: Launch) -> Started:
        """Start the command.

        Raises:
            LaunchFailed: The container could not be made; the message is the kernel's.
        """
        output_reader, output_writer = os.pipe()
        status_reader, status_writer = os.pipe()
        try:
            try:
                self._send(launch.document(), [output_writer, status_writer])
            finally:
                os.close(output_writer)
                os.close(status_writer)
            supervisor, group, rest = _read_start(status_reader)
        except BaseException:
            os.close(output_reader)
            os.close(status_reader)
            raise
        return Started(supervisor, group, output_reader, status_reader, rest)

    def close(self) -> None:
        """End the launcher and, with it, every container that still runs."""
        with self._lock:
            if self._control is not None:
                self._control.close()
                self._control = None
            if self._process is not None:
                self._process.wait()
                self._process = None

    def _send(self, document: bytes, descriptors: list[int]) -> None:
        header = f"{len(document):<{launcher.HEADER_BYTES}}".encode()
        with self._lock:
            for attempt in (1, 2):
                try:
                    control = self._connected()
                    socket.send_fds(control, [header], descriptors)
                    control.sendall(document)
                except OSError as error:
                    self._control = None
                    if attempt == 2:
                        raise LaunchFailed(f"the launcher process is gone: {error}") from error
                else:
                    return

    def _connected(self) -> socket.socket:
        if self._control is None:
            ours, theirs = socket.socketpair()
            with theirs:
                number = theirs.fileno()
                identity = [str(os.getuid()), str(os.getgid())]
                # A session of its own, so that Ctrl-C in a terminal reaches the emulator alone.
                self._process = subprocess.Popen(
                    [_base_python(), "-I", "-S", launcher.__file__, str(number), *identity],
                    pass_fds=[number],
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            self._control = ours
        return self._control


def _base_python() -> str:
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def _read_start(status: int) -> tuple[int, int, bytes]:
    supervisor = group = None
    received = later = b""
    while supervisor is None or group is None:
        line, newline, rest = received.partition(b"\n")
        if not newline:
            ready, _, _ = select.select([status], [], [], START_TIMEOUT_SECONDS)
            part = os.read(status, 4096) if ready else b""
            if not part:
                raise LaunchFailed("the launcher gave no answer")
            received += part
            continue
        received = rest
        word, _, content = line.decode(errors="replace").partition(" ")
        # From two processes, so in any order: a quick command's exit can come before all else.
        if word == "supervisor":
            supervisor = int(content)
        elif word == "started":
            group = int(content)
        elif word == "failed":
            raise LaunchFailed(content)
        else:
            later += line + b"\n"
    return supervisor, group or supervisor, later + received


def end_supervisor(supervisor: int) -> None:
    """Have the supervisor end its container at once; it may have ended already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(supervisor, launcher.END_SIGNAL)
