"""The queue of an asynchronous endpoint."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from emulator.context import Context
from emulator.services.runtime.async_requests import KIND, Queues
from emulator.services.runtime.async_work import _expired
from emulator.store import Store


@pytest.fixture
def context(tmp_path: Path) -> Any:
    store = Store(tmp_path / "store.sqlite")
    yield cast(Context, SimpleNamespace(store=store, clock=lambda: 1_000.0))
    store.close()


def queues(context: Context, *bodies: str, **members: Any) -> Queues:
    """The queue of the endpoint ``e`` with these requests."""
    found = Queues()
    found.open(context, "e")
    for body in bodies:
        request = {"Body": body, "ReceivedTime": 900.0, "RequestTTLSeconds": 60} | members
        found.add(context, "e", request)
    return found


def waiting(found: Queues) -> list[str]:
    with found.changed:
        return [request["Body"] for request in found.waiting("e")]


def test_requests_wait_in_the_order_in_which_they_came(context: Context) -> None:
    assert waiting(queues(context, "a", "b", "c")) == ["a", "b", "c"]


def test_a_request_that_was_put_back_is_the_next_one(context: Context) -> None:
    found = queues(context, "a", "b")
    with found.changed:
        first = found.waiting("e")[0]
        found.begin("e", first)

    assert waiting(found) == ["b"]
    assert [each["Body"] for each in found.backlog("e")] == ["a", "b"]
    found.put_back("e", first)
    assert waiting(found) == ["a", "b"]


def test_what_had_not_ended_waits_again_after_a_restart(context: Context) -> None:
    found = queues(context, "done", "under way", "waiting")
    with found.changed:
        done, under_way = list(found.waiting("e"))[:2]
        found.begin("e", done)
        found.begin("e", under_way)
    found.end(context, "e", done)

    assert waiting(queues(context)) == ["under way", "waiting"]


def test_an_endpoint_takes_its_requests_with_it_and_no_others(context: Context) -> None:
    found = queues(context, "a")
    found.open(context, "e2")
    found.add(context, "e2", {"Body": "of another"})

    found.drop(context, "e")

    assert not found.is_open("e")
    assert [document["Body"] for document in context.store.list(KIND)] == ["of another"]


def test_a_request_over_its_time_to_live_is_expired_and_waits_no_longer(context: Context) -> None:
    # Source: RequestTTLSeconds of InvokeEndpointAsync, the "maximum age" in the queue.
    found = queues(context, "old")
    found.add(context, "e", {"Body": "young", "ReceivedTime": 950.0, "RequestTTLSeconds": 60})

    with found.changed:
        expired = _expired(context, found, "e")

    assert [request["Body"] for request in expired] == ["old"]
    assert waiting(found) == ["young"]
