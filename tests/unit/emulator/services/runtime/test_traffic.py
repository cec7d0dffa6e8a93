"""Which server an invocation goes to."""

import pytest

from emulator.services.runtime.connections import ConnectionPool
from emulator.services.runtime.instances import Instance
from emulator.services.runtime.traffic import Fleet, LiveVariant, Traffic


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


def test_a_fleet_gets_its_share_of_the_requests() -> None:
    blue, green = Fleet("e", ()), Fleet("e", ())
    traffic = Traffic((green, blue), (0.3, 0.7))
    counted = [traffic.choose() for _ in range(4_000)].count(green)

    # Four standard deviations of a binomial distribution around its mean of 1,200.
    assert 1_084 <= counted <= 1_316
    assert {Traffic((green, blue), (1.0, 0.0)).choose() for _ in range(200)} == {green}


def test_a_part_of_a_fleet_has_so_many_instances_of_each_variant() -> None:
    fleet = Fleet("e", (variant("a", 1, pool(0), pool(0), pool(0)), variant("b", 1, pool(0))))

    part = fleet.part(lambda count: (count + 1) // 2)

    assert [len(each.instances) for each in part.variants] == [2, 1]
    assert part.variants[0].instances == fleet.variants[0].instances[:2]
    assert len(fleet.instances) == 4


def test_shares_that_are_not_the_whole_traffic_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot share the traffic"):
        Traffic((Fleet("e", ()), Fleet("e", ())), (0.3, 0.3))
