"""Serverless variants: a server that is started for the first request and ended when idle.

Requests share the one server process, as many at a time as the variant's MaxConcurrency.

Source: "Deploy models with Amazon SageMaker Serverless Inference" in the developer guide: cold
starts, scaling to 0, invocations beyond the maximum concurrency are throttled; a provisioned
concurrency keeps a server ready.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from emulator.services.runtime.connections import ConnectionPool
from emulator.services.runtime.instances import Instance

_LOOK_SECONDS = 0.02


class Throttled(Exception):
    """As many requests are under way as the variant takes."""


class Ended(Exception):
    """The variant serves no more."""


@dataclass(frozen=True)
class Limits:
    """How many requests at a time, and whether a server is kept for them."""

    max_concurrency: int
    is_provisioned: bool


class OnDemand:
    """The server of a serverless variant, while there is one.

    Attributes:
        limits: Can be replaced while it serves.
        warming: The start that requests wait for; the event loop's.
    """

    def __init__(
        self,
        start: Callable[[], Instance],
        cancel: Callable[[], None],
        limits: Limits,
        idle_seconds: float,
    ) -> None:
        self.limits = limits
        self.warming: asyncio.Task[None] | None = None
        self._start = start
        self._cancel = cancel
        self._idle_seconds = idle_seconds
        self._instance: Instance | None = None
        self._in_flight = 0
        self._last_used = time.monotonic()
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._is_stopping = threading.Event()

    @property
    def pool(self) -> ConnectionPool | None:
        """The connections to the server; None while there is none."""
        instance = self._instance
        return None if instance is None else instance.pool

    @property
    def process_group(self) -> int | None:
        """The server's process, if there is one."""
        instance = self._instance
        return None if instance is None else instance.process_group

    @property
    def is_busy(self) -> bool:
        """Whether a request is under way, or waits for the server to start."""
        return self._in_flight > 0

    def enter(self) -> None:
        """Begin a request, which keeps the server.

        Raises:
            Throttled: There are too many.
        """
        with self._lock:
            if self._in_flight >= self.limits.max_concurrency:
                raise Throttled
            self._in_flight += 1

    def leave(self) -> None:
        """End a request."""
        with self._lock:
            self._in_flight -= 1
            self._last_used = time.monotonic()

    def warm(self) -> float:
        """Start the server if there is none, and wait for it; for worker threads.

        Returns:
            How many seconds this call took to start it; 0 if it was there.

        Raises:
            Ended: It serves no more.
            Exception: What the start has raised.
        """
        began = time.monotonic()
        with self._starting:
            if self._is_stopping.is_set():
                raise Ended
            if self._instance is not None:
                return 0
            instance = self._start()
            with self._lock:
                self._last_used = time.monotonic()
                self._instance = instance
            if self._is_stopping.is_set():  # it came while the server was started
                instance.stop()
                raise Ended
        threading.Thread(target=self._end_when_idle, args=(instance,), daemon=True).start()
        return time.monotonic() - began

    def stop(self) -> None:
        """End the server and do not start it again."""
        self._is_stopping.set()
        self._cancel()
        with self._lock:
            instance, self._instance = self._instance, None
        if instance is not None:
            instance.stop()

    def _end_when_idle(self, instance: Instance) -> None:
        while not self._is_stopping.wait(max(self._idle_for(), _LOOK_SECONDS)):
            with self._lock:
                if self._instance is not instance:
                    return
                is_idle = self._in_flight == 0 and self._idle_for() <= 0
                if not is_idle or self.limits.is_provisioned:
                    continue
                self._instance = None
            instance.stop()
            return

    def _idle_for(self) -> float:
        """Seconds until the server has been idle for long enough."""
        if self._in_flight or self.limits.is_provisioned:
            return self._idle_seconds
        return self._last_used + self._idle_seconds - time.monotonic()
