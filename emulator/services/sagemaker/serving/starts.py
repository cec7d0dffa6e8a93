"""Servers that are being started for an endpoint, and their cancellation."""

import threading
import weakref
from collections.abc import Callable

from emulator.containers import ContainerProcess
from emulator.context import Context
from emulator.services.sagemaker.serving.servers import stop_grace_seconds
from emulator.store import Store


class Start:
    """The work on an endpoint that a deletion, or the emulator's end, cancels."""

    def __init__(self, stop_grace_seconds: float) -> None:
        self._stop_grace_seconds = stop_grace_seconds
        self.is_cancelled = threading.Event()
        self._processes: list[ContainerProcess] = []
        self._more: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def take(self, process: ContainerProcess) -> None:
        """Remember a process, or end it if it comes too late."""
        with self._lock:
            self._processes.append(process)
        if self.is_cancelled.is_set():
            process.stop(self._stop_grace_seconds)

    def on_cancel(self, stop: Callable[[], None]) -> None:
        """Call this too when the work is cancelled."""
        with self._lock:
            self._more.append(stop)
        if self.is_cancelled.is_set():
            stop()

    def cancel(self) -> None:
        """End what has been started, and what will be."""
        self.is_cancelled.set()
        with self._lock:
            processes, more = list(self._processes), list(self._more)
        for stop in more:
            stop()
        for process in processes:
            process.stop(self._stop_grace_seconds)


_STARTS: weakref.WeakKeyDictionary[Store, dict[str, Start]] = weakref.WeakKeyDictionary()


def begin(context: Context, endpoint_name: str) -> Start:
    """What cancels the work on the endpoint that begins now."""
    start = Start(stop_grace_seconds(context))
    _STARTS.setdefault(context.store, {})[endpoint_name] = start
    return start


def take_away(context: Context, endpoint_name: str) -> Start | None:
    """The endpoint's, which is forgotten."""
    return _STARTS.get(context.store, {}).pop(endpoint_name, None)


def every(context: Context) -> list[Start]:
    """Those of all endpoints."""
    return list(_STARTS.get(context.store, {}).values())
