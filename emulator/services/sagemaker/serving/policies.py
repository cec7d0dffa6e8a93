"""Update policies: a DeploymentConfig read into the steps of a deployment, and its faults.

Source: DeploymentConfig, TrafficRoutingConfig, CapacitySize and RollingUpdatePolicy in the API
reference; "Deployment guardrails for updating models in production" in the developer guide.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Capacity:
    """A part of a fleet.

    Attributes:
        type: INSTANCE_COUNT, so many instances of each variant, or CAPACITY_PERCENT.
    """

    type: str
    value: int

    def instances_of(self, count: int) -> int:
        """How many of a variant's instances it is; a part of an instance is a whole one."""
        if self.type == "INSTANCE_COUNT":
            return min(self.value, count)
        return min(math.ceil(count * self.value / 100), count)

    def share_of(self, counts: Sequence[int]) -> float:
        """What share it is of a fleet whose variants have so many instances."""
        if self.type == "CAPACITY_PERCENT" or not sum(counts):
            return min(self.value, 100) / 100
        return sum(min(self.value, count) for count in counts) / sum(counts)


WHOLE = Capacity("CAPACITY_PERCENT", 100)


@dataclass(frozen=True)
class BlueGreen:
    """The whole new fleet is started, and the traffic goes to it in steps.

    Attributes:
        steps: How much of the new fleet has traffic after each; the last is the whole.
        wait_seconds: The baking period after each step but the last.
        termination_wait_seconds: The one after the last: the old fleet still runs.
        part: What DescribeEndpoint calls a capacity that is not yet the full one.
    """

    steps: tuple[Capacity, ...] = (WHOLE,)
    wait_seconds: float = 0
    termination_wait_seconds: float = 0
    part: str = "partial"


@dataclass(frozen=True)
class Rolling:
    """Batches of new instances take the place of old ones.

    Attributes:
        wait_seconds: The baking period after each batch.
    """

    batch: Capacity
    rollback_batch: Capacity
    wait_seconds: float


@dataclass(frozen=True)
class Policy:
    """How an endpoint goes from one deployment to the next.

    Attributes:
        alarms: Names of the CloudWatch alarms that roll the deployment back.
        timeout_seconds: How long it may take before it is rolled back.
    """

    shift: BlueGreen | Rolling = BlueGreen()
    alarms: tuple[str, ...] = ()
    timeout_seconds: float | None = None


def read(config: Mapping[str, Any], counts: Sequence[int], wait_at_most: float | None) -> Policy:
    """The policy that a DeploymentConfig without faults tells.

    Args:
        config: In the API's words; empty for the default, all at once.
        counts: The number of instances of each variant of the new fleet.
        wait_at_most: The emulator's own limit of each of AWS's intervals, in seconds.
    """

    def limited(seconds: float) -> float:
        return seconds if wait_at_most is None else min(seconds, wait_at_most)

    names = read_alarms(config)
    rolling = config.get("RollingUpdatePolicy")
    if rolling is not None:
        shift: BlueGreen | Rolling = Rolling(
            _capacity(rolling["MaximumBatchSize"]),
            _capacity(rolling.get("RollbackMaximumBatchSize")),
            limited(rolling["WaitIntervalInSeconds"]),
        )
        return Policy(shift, names, rolling.get("MaximumExecutionTimeoutInSeconds"))
    blue_green = config.get("BlueGreenUpdatePolicy", {})
    routing = blue_green.get("TrafficRoutingConfiguration", {})
    kind = routing.get("Type", "ALL_AT_ONCE")
    shift = BlueGreen(
        _STEPS[kind](routing, counts),
        limited(routing.get("WaitIntervalInSeconds", 0)),
        limited(blue_green.get("TerminationWaitInSeconds", 0)),
        "canary" if kind == "CANARY" else "partial",
    )
    return Policy(shift, names, blue_green.get("MaximumExecutionTimeoutInSeconds"))


def read_alarms(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the alarms that roll the deployment back."""
    alarms = config.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    return tuple(alarm["AlarmName"] for alarm in alarms if "AlarmName" in alarm)


def _capacity(size: Mapping[str, Any] | None) -> Capacity:
    return WHOLE if size is None else Capacity(size["Type"], size["Value"])


def _at_once(_: Mapping[str, Any], __: Sequence[int]) -> tuple[Capacity, ...]:
    return (WHOLE,)


def _canary(routing: Mapping[str, Any], _: Sequence[int]) -> tuple[Capacity, ...]:
    return (_capacity(routing["CanarySize"]), WHOLE)


def _linear(routing: Mapping[str, Any], counts: Sequence[int]) -> tuple[Capacity, ...]:
    size = _capacity(routing["LinearStepSize"])
    # 33 percent is meant as a third: no step is left for the last percent.
    whole = 99 if size.type == "CAPACITY_PERCENT" else max(counts, default=0)
    parts = (Capacity(size.type, value) for value in range(size.value, whole, size.value))
    return (*parts, WHOLE)


_STEPS = {"ALL_AT_ONCE": _at_once, "CANARY": _canary, "LINEAR": _linear}
_SIZES = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}
# Percent of each variant's instances, from and to.
_BOUNDS = {"CanarySize": (0, 50), "LinearStepSize": (10, 50), "MaximumBatchSize": (5, 50)}


def faults(config: Mapping[str, Any], counts: Mapping[str, int]) -> list[str]:
    """What AWS does not take in a DeploymentConfig, besides what its shapes say.

    Args:
        config: In the API's words.
        counts: The number of instances of each variant of the new fleet, by the variant's name.
    """
    found: list[str] = []
    blue_green, rolling = config.get("BlueGreenUpdatePolicy"), config.get("RollingUpdatePolicy")
    if blue_green is not None and rolling is not None:
        found.append("Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy can be given.")
    if blue_green is not None:
        found += _blue_green_faults(blue_green, counts)
    if rolling is not None:
        found += _rolling_faults(rolling, counts)
    for alarm in config.get("AutoRollbackConfiguration", {}).get("Alarms", []):
        if "AlarmName" not in alarm:
            found.append("AutoRollbackConfiguration.Alarms: an alarm without AlarmName.")
    return found


def _blue_green_faults(policy: Mapping[str, Any], counts: Mapping[str, int]) -> Iterator[str]:
    routing = policy["TrafficRoutingConfiguration"]
    needed = _SIZES.get(routing["Type"])
    for member in _SIZES.values():
        if member == needed and member not in routing:
            yield f"{member} is required with traffic routing type {routing['Type']}."
        elif member != needed and member in routing:
            yield f"{member} cannot be given with traffic routing type {routing['Type']}."
        elif member in routing:
            yield from _size_faults(member, routing[member], counts)
    waits = routing["WaitIntervalInSeconds"] + policy.get("TerminationWaitInSeconds", 0)
    yield from _timeout_faults(policy, waits)


def _rolling_faults(policy: Mapping[str, Any], counts: Mapping[str, int]) -> Iterator[str]:
    if len(counts) > 1:
        yield (
            "RollingUpdatePolicy is not supported for endpoints with several variants:"
            f" {', '.join(counts)}."
        )
    yield from _size_faults("MaximumBatchSize", policy["MaximumBatchSize"], counts)
    rollback = policy.get("RollbackMaximumBatchSize", {})
    if rollback.get("Type") == "CAPACITY_PERCENT" and rollback["Value"] > 100:
        yield f"RollbackMaximumBatchSize must be at most 100 percent, got {rollback['Value']}."
    yield from _timeout_faults(policy, policy["WaitIntervalInSeconds"])


def _size_faults(member: str, size: Mapping[str, Any], counts: Mapping[str, int]) -> Iterator[str]:
    low, high = _BOUNDS[member]
    bounds = f"from {low} to {high}" if low else f"at most {high}"
    is_percent = size["Type"] == "CAPACITY_PERCENT"
    if is_percent and not low <= size["Value"] <= high:
        yield f"{member} must be {bounds} percent of the capacity, got {size['Value']}."
    for name, count in counts.items():
        if is_percent and count == 1:
            yield f"{member} cannot be a part of the one instance of variant {name}: it needs two."
        if not is_percent and not low * count <= size["Value"] * 100 <= high * count:
            yield (
                f"{member} must be {bounds} percent of the instances of variant {name}, got"
                f" {size['Value']} of {count}."
            )


def _timeout_faults(policy: Mapping[str, Any], waits: int) -> Iterator[str]:
    timeout = policy.get("MaximumExecutionTimeoutInSeconds")
    if timeout is not None and timeout <= waits:
        yield (
            f"MaximumExecutionTimeoutInSeconds must be larger than the total waiting time of"
            f" {waits} seconds, got {timeout}."
        )
