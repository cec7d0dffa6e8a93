"""Where the traffic of each endpoint goes."""

import asyncio
import threading

from emulator.services.runtime.fleets import Fleets
from emulator.services.runtime.traffic import Fleet, Traffic


def traffic(endpoint_name: str) -> Traffic:
    return Traffic((Fleet(endpoint_name, ()),))


def test_an_endpoint_is_expected_until_it_is_there_or_given_up() -> None:
    fleets = Fleets()
    fleets.expect("there")
    fleets.expect("gone")
    fleets.put(traffic("there"))
    fleets.remove("gone")

    assert not fleets.is_expected("there")
    assert not fleets.is_expected("gone")


def test_a_fleet_that_was_replaced_is_not_removed_in_place_of_the_next() -> None:
    fleets, old, new = Fleets(), traffic("e"), traffic("e")
    fleets.put(old)

    assert fleets.put(new) is old
    assert fleets.remove("e", old) is None
    assert fleets.get("e") is new


def test_a_change_in_another_thread_wakes_the_event_loop() -> None:
    async def wait() -> None:
        fleets = Fleets()
        change = fleets.change()
        threading.Thread(target=fleets.put, args=(traffic("e"),)).start()
        await asyncio.wait_for(change, 20)

    asyncio.run(wait())


def test_settling_waits_for_the_turn_of_the_event_loop_that_is_under_way() -> None:
    seen: list[str] = []

    async def serve() -> None:
        fleets = Fleets()
        fleets.serve_on(asyncio.get_running_loop())
        has_begun = threading.Event()

        def settle() -> None:
            has_begun.set()
            fleets.settle()
            seen.append("settled")

        thread = threading.Thread(target=settle)
        thread.start()
        has_begun.wait(20)
        seen.append("chosen and sent")  # without giving the loop back in between
        await asyncio.to_thread(thread.join, 20)

    asyncio.run(serve())

    assert seen == ["chosen and sent", "settled"]
