"""Asynchronous requests: the queue of each endpoint, on disk and in the order in which they came.

A request is forgotten when it has come to its end, so after a restart what was under way is done
again: at least once, as SageMaker's own queue delivers.
"""

import threading
import weakref
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.store import Store

KIND = "AsyncInvocation"
AsyncRequest = Mapping[str, Any]
"""The members of InvokeEndpointAsync with their defaults; Body in base64; Name, ReceivedTime,
OutputLocation, FailureLocation and NotificationConfig."""


class Queues:
    """The queues of one emulator.

    Attributes:
        changed: Held to look at the queues and at how busy the instances are; notified of changes.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._waiting: dict[str, deque[AsyncRequest]] = defaultdict(deque)
        self._under_way: dict[str, dict[str, AsyncRequest]] = defaultdict(dict)
        self._worked: set[str] = set()

    def open(self, context: Context, endpoint_name: str) -> bool:
        """Read the endpoint's queue; False if that has been done."""
        with self.changed:
            if endpoint_name in self._worked:
                return False
            self._worked.add(endpoint_name)
            self._waiting[endpoint_name] = deque(context.store.list(KIND, f"{endpoint_name}/"))
            return True

    def is_open(self, endpoint_name: str) -> bool:
        """Whether the endpoint's requests are worked on."""
        return endpoint_name in self._worked

    def all_open(self) -> list[str]:
        """The endpoints whose requests are worked on."""
        with self.changed:
            return list(self._worked)

    def drop(self, context: Context, endpoint_name: str) -> None:
        """Forget the endpoint and its requests."""
        with self.changed:
            self._worked.discard(endpoint_name)
            self._waiting.pop(endpoint_name, None)
            for document in context.store.list(KIND, f"{endpoint_name}/"):
                context.store.delete(KIND, document["Name"])
            self.changed.notify_all()

    def add(self, context: Context, endpoint_name: str, request: Mapping[str, Any]) -> None:
        """Take a request; it is durable when the call returns."""
        name = f"{endpoint_name}/{context.store.next_number(KIND):012d}"
        document = {**request, "Name": name}
        with self.changed:
            context.store.insert(KIND, name, document)
            self._waiting[endpoint_name].append(document)
            self.changed.notify_all()

    def waiting(self, endpoint_name: str) -> deque[AsyncRequest]:
        """The requests that nobody works on, the oldest first; for holders of ``changed``."""
        return self._waiting[endpoint_name]

    def backlog(self, endpoint_name: str) -> list[AsyncRequest]:
        """The requests that have not come to their end."""
        with self.changed:
            under_way = self._under_way[endpoint_name].values()
            return [*under_way, *self._waiting[endpoint_name]]

    def begin(self, endpoint_name: str, request: AsyncRequest) -> None:
        """Work on a waiting request; for holders of ``changed``."""
        self._waiting[endpoint_name].remove(request)
        self._under_way[endpoint_name][request["Name"]] = request

    def put_back(self, endpoint_name: str, request: AsyncRequest) -> None:
        """Let a request wait again, ahead of the others."""
        with self.changed:
            self._under_way[endpoint_name].pop(request["Name"], None)
            self._waiting[endpoint_name].appendleft(request)
            self.changed.notify_all()

    def end(self, context: Context, endpoint_name: str, request: AsyncRequest) -> None:
        """Forget a request that has come to its end."""
        context.store.delete(KIND, request["Name"])
        with self.changed:
            self._under_way[endpoint_name].pop(request["Name"], None)
            self.changed.notify_all()


_QUEUES: weakref.WeakKeyDictionary[Store, Queues] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()


def queues_of(context: Context) -> Queues:
    """The queues of the emulator that the context is of."""
    with _LOCK:
        return _QUEUES.setdefault(context.store, Queues())
