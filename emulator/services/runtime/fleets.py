"""What serves now: where the traffic of each endpoint of an emulator goes."""

import asyncio
import threading
import weakref

from emulator.context import Context
from emulator.services.runtime.capture import CaptureLog
from emulator.services.runtime.traffic import Traffic
from emulator.store import Store

_SETTLE_SECONDS = 10.0


class Fleets:
    """The traffic of one emulator's endpoints, by endpoint name.

    Attributes:
        captures: What they were asked and answered, on its way to S3.
        copies: Requests to shadow variants that are under way.
    """

    def __init__(self) -> None:
        self.captures = CaptureLog()
        self.copies: set[asyncio.Task[None]] = set()
        self._traffic: dict[str, Traffic] = {}
        self._expected: set[str] = set()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def get(self, endpoint_name: str) -> Traffic | None:
        """Where the endpoint's requests go now."""
        return self._traffic.get(endpoint_name)

    def all(self) -> list[Traffic]:
        """Every endpoint's traffic."""
        return list(self._traffic.values())

    def is_expected(self, endpoint_name: str) -> bool:
        """Whether the endpoint's servers are being started again after a restart."""
        return endpoint_name in self._expected

    def expect(self, endpoint_name: str) -> None:
        """Let invocations of the endpoint wait for ``put`` or ``remove``."""
        with self._lock:
            self._expected.add(endpoint_name)

    def put(self, traffic: Traffic) -> Traffic | None:
        """Send the endpoint's requests this way from now on, and give the way before."""
        name = traffic.fleets[0].endpoint_name
        with self._lock:
            before = self._traffic.get(name)
            self._traffic[name] = traffic
            self._expected.discard(name)
        self.announce()
        return before

    def remove(self, endpoint_name: str, traffic: Traffic | None = None) -> Traffic | None:
        """Send the endpoint no more requests, or only if they go this way, and give the way."""
        with self._lock:
            self._expected.discard(endpoint_name)
            found = self._traffic.get(endpoint_name)
            removed = found if traffic in (None, found) else None
            if removed is not None:
                del self._traffic[endpoint_name]
        self.announce()
        return removed

    def serve_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say on which event loop invocations choose their way."""
        self._loop = loop

    def settle(self) -> None:
        """Wait until no invocation can still choose a way that was replaced; for worker threads.

        An invocation looks up its way and sends its request within one turn of the event loop: it
        is counted as under way, or will look again, once the loop has turned.
        """
        if self._loop is None or self._loop.is_closed():
            return
        has_turned = threading.Event()
        self._loop.call_soon_threadsafe(has_turned.set)
        has_turned.wait(_SETTLE_SECONDS)

    def announce(self) -> None:
        """Wake the invocations that wait for a change."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for loop, change in waiting:
            loop.call_soon_threadsafe(_set_done, change)

    def change(self) -> "asyncio.Future[None]":
        """A future that is done at the next change; for the event loop."""
        loop = asyncio.get_running_loop()
        change: asyncio.Future[None] = loop.create_future()
        with self._lock:
            self._waiting.append((loop, change))
        return change


def _set_done(change: "asyncio.Future[None]") -> None:
    if not change.done():
        change.set_result(None)


# By store, of which an emulator has one: the context has no place for what does not last.
_FLEETS: weakref.WeakKeyDictionary[Store, Fleets] = weakref.WeakKeyDictionary()
_FLEETS_LOCK = threading.Lock()


def fleets_of(context: Context) -> Fleets:
    """The fleets of the emulator that the context is of."""
    found = _FLEETS.get(context.store)
    if found is None:
        with _FLEETS_LOCK:
            found = _FLEETS.setdefault(context.store, Fleets())
    return found
