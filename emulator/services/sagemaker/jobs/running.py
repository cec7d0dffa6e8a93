"""Handles of the jobs that run in this process.

A process and a thread cannot be kept in the store, so this table is the one piece of state
beside it. It is keyed by data directory too, because tests run several emulators in one process.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from emulator.context import Context
from emulator.services.sagemaker.jobs.kinds import JobKind

Listener = Callable[[str, float], None]
_Key = tuple[Path, str, str]
# Most jobs have nobody who listens; this is far more than one prints before somebody does.
_UNHEARD_MAX = 1000


class Stoppable(Protocol):
    """What a stop request ends: a container process."""

    def stop(self, grace_seconds: float) -> int:
        """Ask it to end, then end it."""
        ...


class JobHandle:
    """The live side of one job: its process, its stop request, those who listen to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: Stoppable | None = None
        self._on_metric: list[Listener] = []
        self._unheard: list[tuple[str, float]] = []
        self._on_end: list[Callable[[], None]] = []
        self._has_ended = False
        self.stop_requested = threading.Event()

    def attach(self, process: Stoppable) -> None:
        """Make the process the one that a stop request ends."""
        with self._lock:
            self._process = process

    def request_stop(self) -> Stoppable | None:
        """Remember the request; gives the process that is to be stopped, if there is one yet."""
        with self._lock:
            self.stop_requested.set()
            return self._process

    def listen(self, on_metric: Listener, on_end: Callable[[], None]) -> None:
        """Hear each metric value, and once when the job's document is terminal.

        Whoever starts a job can listen to it only then, so the first one also hears what the
        script has printed before.
        """
        with self._lock:
            unheard, self._unheard = self._unheard, []
            for name, value in unheard:
                on_metric(name, value)
            if not self._has_ended:
                self._on_metric.append(on_metric)
                self._on_end.append(on_end)
                return
        on_end()

    def tell_metric(self, name: str, value: float) -> None:
        """Tell the listeners a value the script has printed."""
        with self._lock:
            listeners = list(self._on_metric)
            if not listeners and len(self._unheard) < _UNHEARD_MAX:
                self._unheard.append((name, value))
        for listener in listeners:
            listener(name, value)

    def tell_end(self) -> None:
        """Tell the listeners that the job has ended."""
        with self._lock:
            self._has_ended = True
            listeners = list(self._on_end)
        for listener in listeners:
            listener()


_handles: dict[_Key, JobHandle] = {}


def _key(context: Context, kind: JobKind, name: str) -> _Key:
    return context.settings.data_dir, kind.noun, name


def add(context: Context, kind: JobKind, name: str) -> JobHandle:
    """A handle for a job that is about to run."""
    return _handles.setdefault(_key(context, kind, name), JobHandle())


def find(context: Context, kind: JobKind, name: str) -> JobHandle | None:
    """The handle of a job that runs in this process."""
    return _handles.get(_key(context, kind, name))


def remove(context: Context, kind: JobKind, name: str) -> None:
    """Forget a job that has ended and tell its listeners."""
    handle = _handles.pop(_key(context, kind, name), None)
    if handle is not None:
        handle.tell_end()
