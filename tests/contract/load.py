"""Requests that go to an endpoint all the while, from several threads."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.contract.model_images import invoke

Client = Callable[[str], Any]


@dataclass
class Load:
    """What the requests came to.

    Attributes:
        versions: The VERSION of the container that answered, one for each request.
        errors: What requests failed with.
    """

    versions: list[str | None] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def next_versions(self, count: int) -> list[str | None]:
        """The versions of the next so many requests."""
        begin, deadline = len(self.versions), time.monotonic() + 60
        while len(self.versions) < begin + count:
            assert time.monotonic() < deadline, self.errors
            time.sleep(0.005)
        return self.versions[begin : begin + count]

    def _ask(self, client: Client, endpoint_name: str, body: Any) -> None:
        while not self.is_over.is_set():
            try:
                self.versions.append(invoke(client, endpoint_name, body).get("version"))
            except Exception as error:  # noqa: BLE001 - the test tells what the requests met
                self.errors.append(repr(error))


@contextmanager
def load_on(client: Client, endpoint_name: str, threads: int = 3, body: Any = "") -> Iterator[Load]:
    """Ask without a pause until the block ends."""
    load = Load()
    askers = [
        threading.Thread(target=load._ask, args=(client, endpoint_name, body))
        for _ in range(threads)
    ]
    client("sagemaker-runtime")
    for asker in askers:
        asker.start()
    try:
        load.next_versions(1)
        yield load
    finally:
        load.is_over.set()
        for asker in askers:
            asker.join()
