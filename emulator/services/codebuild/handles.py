"""The live side of builds: how each can be stopped while it runs."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from emulator.context import Context


class Stopped(Exception):
    """The build was asked to stop."""


class TimedOut(Exception):
    """The build's time is over, or the time that it could wait for its turn."""


class Handle:
    """A build's stop request, and what it ends; its deadline is by ``time.monotonic()``."""

    def __init__(self, deadline: float | None = None) -> None:
        self.deadline = deadline
        self._lock = threading.Lock()
        self._end: Callable[[], None] | None = None
        self.stop_requested = threading.Event()

    def attach(self, end: Callable[[], None] | None) -> None:
        """Let a stop request call this; at once, if there was one already."""
        with self._lock:
            self._end = end
            if end is not None and self.stop_requested.is_set():
                end()

    def request_stop(self) -> None:
        """Stop the build wherever it is."""
        with self._lock:
            self.stop_requested.set()
            if self._end is not None:
                self._end()

    def check(self) -> None:
        """Go on only if nobody asked the build to stop, and there is time left.

        Raises:
            Stopped: Somebody did.
            TimedOut: The deadline is over.
        """
        if self.stop_requested.is_set():
            raise Stopped
        if self.remaining_seconds() == 0:
            raise TimedOut

    def remaining_seconds(self) -> float | None:
        """The time until the deadline; None without one."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())


# A process cannot be kept in the store; by data directory too, as tests run several emulators.
_handles: dict[tuple[Path, str], Handle] = {}


def add(context: Context, build_id: str) -> Handle:
    """The handle of a build that begins."""
    return _handles.setdefault((context.settings.data_dir, build_id), Handle())


def find(context: Context, build_id: str) -> Handle | None:
    """The handle of a build that runs."""
    return _handles.get((context.settings.data_dir, build_id))


def remove(context: Context, build_id: str) -> None:
    """Forget a build that has ended."""
    _handles.pop((context.settings.data_dir, build_id), None)
