"""What serves an endpoint: variants of instances, the fleets they form, and the traffic's way.

Worker threads start and end servers; the event loop chooses among them for each invocation. What
both touch is replaced as a whole and never changed in place.
"""

import math
import random
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from emulator.services.runtime.connections import ConnectionPool
from emulator.services.runtime.instances import Server, stop_all
from emulator.services.runtime.on_demand import OnDemand


@dataclass(frozen=True, eq=False)
class LiveVariant:
    """A production variant with the instances that serve it; a serverless one has one at most."""

    name: str
    weight: float
    instances: tuple[Server, ...]

    @property
    def on_demand(self) -> OnDemand | None:
        """The server of a serverless variant."""
        first = self.instances[0] if self.instances else None
        return first if isinstance(first, OnDemand) else None

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
    """The servers of one deployment of an endpoint.

    Attributes:
        capture: The endpoint's DataCaptureConfig if capture is on, in the API's words.
        config_name: The endpoint config that it serves.
        shadows: The variants that get copies of the requests.
        async_concurrency: How many requests an instance of an asynchronous endpoint is sent at a
            time; None for an endpoint that answers at once.
    """

    endpoint_name: str
    variants: tuple[LiveVariant, ...]
    capture: Mapping[str, Any] | None = None
    config_name: str = ""
    shadows: tuple[LiveVariant, ...] = ()
    async_concurrency: int | None = None

    def variant(self, name: str) -> LiveVariant | None:
        """The variant of that name."""
        return next((variant for variant in self.variants if variant.name == name), None)

    def choose(self) -> LiveVariant:
        """A variant at random, by weight."""
        if len(self.variants) == 1:
            return self.variants[0]
        weights = [variant.weight for variant in self.variants]
        return random.choices(self.variants, weights)[0]

    @property
    def instances(self) -> list[Server]:
        """Every instance of every variant, of the shadows' too."""
        every = (*self.variants, *self.shadows)
        return [instance for variant in every for instance in variant.instances]

    def part(self, instances_of: Callable[[int], int]) -> "Fleet":
        """The fleet with so many instances of each variant as the function gives for their number.

        What is left out runs on, and gets no traffic.
        """
        variants = tuple(
            replace(variant, instances=variant.instances[: instances_of(len(variant.instances))])
            for variant in self.variants
        )
        return replace(self, variants=variants)

    def stop(self) -> None:
        """End every server, all at the same time."""
        stop_all(self.instances)


@dataclass(frozen=True, eq=False)
class Traffic:
    """Where an endpoint's requests go: to one fleet, or to two while one takes the other's place.

    Attributes:
        fleets: A fleet without a share is asked when no server of the others can be reached.
        shares: Each fleet's share of the requests.
    """

    fleets: tuple[Fleet, ...]
    shares: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        if len(self.fleets) != len(self.shares) or not math.isclose(sum(self.shares), 1.0):
            raise ValueError(f"{len(self.fleets)} fleets cannot share the traffic as {self.shares}")

    def choose(self) -> Fleet:
        """A fleet at random, by share."""
        if len(self.fleets) == 1:
            return self.fleets[0]
        return random.choices(self.fleets, self.shares)[0]

    @property
    def instances(self) -> list[Server]:
        """Every instance of every fleet."""
        return [instance for fleet in self.fleets for instance in fleet.instances]
