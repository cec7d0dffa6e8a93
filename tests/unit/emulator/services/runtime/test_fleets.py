"""Which server an invocation goes to."""

import asyncio
import threading

from emulator.services.runtime.connections import ConnectionPool
from emulator.services.runtime.fleets import Fleet, Fleets, Instance, LiveVariant


def pool(in_flight: int) -> ConnectionPool:
    return ConnectionPool(port=1, limit_bytes=1, in_flight=in_flight)


def variant(name: str, weight: float, *pools: ConnectionPool | None) -> LiveVariant:
    return LiveVariant(name, weight, tuple(Instance(lambda: None, each) for each in pools))


def test_the_instance_with_the_fewest_requests_is_taken() -> None:
    idle = pool(0)

    assert variant("v", 1, pool(2), idle, pool(1)).least_busy(set()) is idle


def test_instances_that_start_again_or_are_dead_are_passed_over() -> None:
    dead, busy = pool(0), pool(5)

    assert variant("v", 1, None, dead, busy).least_busy({dead}) is busy
    assert variant("v", 1, None, dead).least_busy({dead}) is None


def test_a_variant_without_weight_gets_no_traffic() -> None:
    fleet = Fleet("e", (variant("a", 0.0), variant("b", 0.1), variant("c", 0.0)))

    assert {fleet.choose().name for _ in range(200)} == {"b"}


def test_an_endpoint_is_expected_until_it_is_there_or_given_up() -> None:
    fleets = Fleets()
    fleets.expect("there")
    fleets.expect("gone")
    fleets.put(Fleet("there", ()))
    fleets.remove("gone")

    assert not fleets.is_expected("there")
    assert not fleets.is_expected("gone")


def test_a_fleet_that_was_replaced_is_not_removed_in_place_of_the_next() -> None:
    fleets, old, new = Fleets(), Fleet("e", ()), Fleet("e", ())
    fleets.put(old)

    assert fleets.put(new) is old
    assert fleets.remove("e", old) is None
    assert fleets.get("e") is new


def test_a_change_in_another_thread_wakes_the_event_loop() -> None:
    async def wait() -> None:
        fleets = Fleets()
        change = fleets.change()
        threading.Thread(target=fleets.put, args=(Fleet("e", ()),)).start()
        await asyncio.wait_for(change, 20)

    asyncio.run(wait())
