"""What serves now: the running model servers of each endpoint.

Worker threads start and end servers; the event loop chooses among them for each invocation. What
both touch is replaced as a whole and never changed in place.
"""

import asyncio
import random
import threading
import weakref
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from emulator.context import Context
from emulator.services.runtime.capture import CaptureLog
from emulator.services.runtime.connections import ConnectionPool
from emulator.store import Store

# Source: the shape BodyBlob of sagemaker-runtime in botocore, of the request and of the response.
PAYLOAD_BYTES_AT_MOST = 6_291_456


@dataclass(eq=False)
class Instance:
    """One server process, started again when it dies.

    Attributes:
        stop_server: Ends the process that runs now.
        pool: None while no process is ready to answer.
    """

    stop_server: Callable[[], None]
    pool: ConnectionPool | None
    is_stopping: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """End the server and do not start it again."""
        self.is_stopping.set()
        self.pool = None
        self.stop_server()


@dataclass(frozen=True, eq=False)
class LiveVariant:
    """A production variant with the instances that serve it."""

    name: str
    weight: float
    instances: tuple[Instance, ...]

    def least_busy(self, dead: AbstractSet[ConnectionPool]) -> ConnectionPool | None:
        """The pool of the instance with the fewest requests under way, and not among the dead."""
        pools = [
            pool
            for instance in self.instances
            if (pool := instance.pool) is not None and pool not in dead
        ]
        return min(pools, key=lambda pool: pool.in_flight) if pools else None


@dataclass(frozen=True, eq=False)
class Fleet:
    """All that serves an endpoint.

    Attributes:
        capture: The endpoint's DataCaptureConfig if capture is on, in the API's words.
    """

    endpoint_name: str
    variants: tuple[LiveVariant, ...]
    capture: Mapping[str, Any] | None = None

    def variant(self, name: str) -> LiveVariant | None:
        """The variant of that name."""
        return next((variant for variant in self.variants if variant.name == name), None)

    def choose(self) -> LiveVariant:
        """A variant at random, by weight."""
        if len(self.variants) == 1:
            return self.variants[0]
        weights = [variant.weight for variant in self.variants]
        return random.choices(self.variants, weights)[0]

    def stop(self) -> None:
        """End every server, all at the same time."""
        stop_all([instance for variant in self.variants for instance in variant.instances])


def stop_all(instances: list[Instance]) -> None:
    """End the instances, all at the same time, and wait until they have."""
    threads = [threading.Thread(target=instance.stop) for instance in instances]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Fleets:
    """The fleets of one emulator, by endpoint name.

    Attributes:
        captures: What they were asked and answered, on its way to S3.
    """

    def __init__(self) -> None:
        self.captures = CaptureLog()
        self._fleets: dict[str, Fleet] = {}
        self._expected: set[str] = set()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._lock = threading.Lock()

    def get(self, endpoint_name: str) -> Fleet | None:
        """The fleet that serves the endpoint now."""
        return self._fleets.get(endpoint_name)

    def all(self) -> list[Fleet]:
        """Every fleet there is."""
        return list(self._fleets.values())

    def is_expected(self, endpoint_name: str) -> bool:
        """Whether the endpoint's servers are being started again after a restart."""
        return endpoint_name in self._expected

    def expect(self, endpoint_name: str) -> None:
        """Let invocations of the endpoint wait for ``put`` or ``remove``."""
        with self._lock:
            self._expected.add(endpoint_name)

    def put(self, fleet: Fleet) -> Fleet | None:
        """Send the endpoint's traffic to the fleet from now on, and give the one before."""
        with self._lock:
            before = self._fleets.get(fleet.endpoint_name)
            self._fleets[fleet.endpoint_name] = fleet
            self._expected.discard(fleet.endpoint_name)
        self.announce()
        return before

    def remove(self, endpoint_name: str, fleet: Fleet | None = None) -> Fleet | None:
        """Send no more traffic to the endpoint's fleet, or only if it is this one, and give it."""
        with self._lock:
            self._expected.discard(endpoint_name)
            found = self._fleets.get(endpoint_name)
            removed = found if fleet in (None, found) else None
            if removed is not None:
                del self._fleets[endpoint_name]
        self.announce()
        return removed

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
