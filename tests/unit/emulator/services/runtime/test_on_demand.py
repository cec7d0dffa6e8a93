"""The server of a serverless variant: when it is there, and when it is not."""

import threading
import time
from dataclasses import dataclass, field

import pytest

from emulator.services.runtime.connections import ConnectionPool
from emulator.services.runtime.instances import Instance
from emulator.services.runtime.on_demand import Ended, Limits, OnDemand, Throttled


@dataclass
class Launches:
    """Starts servers that are none, and remembers them."""

    may_start: threading.Event = field(default_factory=threading.Event)
    ended: list[int] = field(default_factory=list)
    count: int = 0

    def __call__(self) -> Instance:
        self.may_start.wait(20)
        self.count += 1
        number = self.count
        return Instance(lambda: self.ended.append(number), ConnectionPool(1, 1))


def server(launches: Launches, idle_seconds: float = 60, limits: Limits | None = None) -> OnDemand:
    launches.may_start.set()
    return OnDemand(launches, lambda: None, limits or Limits(2, False), idle_seconds)


def when(launches: Launches, ended: list[int]) -> None:
    deadline = time.monotonic() + 20
    while launches.ended != ended:
        assert time.monotonic() < deadline, launches.ended
        time.sleep(0.005)


def test_as_many_requests_enter_as_there_may_be_at_a_time() -> None:
    found = server(Launches())
    found.enter()
    found.enter()

    with pytest.raises(Throttled):
        found.enter()
    found.leave()
    found.enter()


def test_many_that_wait_for_a_cold_start_share_one_server() -> None:
    launches = Launches()
    found = server(launches)
    launches.may_start.clear()
    threads = [threading.Thread(target=found.warm) for _ in range(5)]
    for thread in threads:
        thread.start()
    launches.may_start.set()
    for thread in threads:
        thread.join()

    assert launches.count == 1
    assert found.pool is not None
    found.stop()


def test_an_idle_server_is_ended_and_another_one_started_when_asked() -> None:
    launches = Launches()
    found = server(launches, idle_seconds=0.05)
    found.warm()

    when(launches, [1])
    assert found.pool is None
    assert found.warm() >= 0
    assert launches.count == 2
    found.stop()


def test_a_request_under_way_and_a_provisioned_concurrency_keep_the_server() -> None:
    busy, kept, idle = Launches(), Launches(), Launches()
    servers = [
        server(busy, 0.05),
        server(kept, 0.05, Limits(1, is_provisioned=True)),
        server(idle, 0.05),
    ]
    servers[0].enter()
    for each in servers:
        each.warm()

    when(idle, [1])
    time.sleep(0.1)  # twice as long as an idle server has

    assert (busy.ended, kept.ended) == ([], [])
    servers[0].leave()
    when(busy, [1])
    servers[1].stop()


def test_a_server_that_comes_up_after_the_end_is_ended_too() -> None:
    launches = Launches()
    found = server(launches)
    launches.may_start.clear()
    errors: list[Exception] = []

    def warm() -> None:
        try:
            found.warm()
        except Ended as error:
            errors.append(error)

    thread = threading.Thread(target=warm)
    thread.start()
    found.stop()
    launches.may_start.set()
    thread.join()

    assert len(errors) == 1
    assert launches.ended == ([1] if launches.count else [])
    with pytest.raises(Ended):
        found.warm()
