"""A DeploymentConfig read into steps.

Source: the examples and limits of "Use canary traffic shifting", "Use linear traffic shifting" and
"Use rolling deployments" in the developer guide, and of the shapes in the API reference.
"""

from typing import Any

import pytest

from emulator.services.sagemaker.serving.policies import (
    WHOLE,
    BlueGreen,
    Capacity,
    Policy,
    Rolling,
    faults,
    read,
)


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def instances(value: int) -> dict[str, Any]:
    return {"Type": "INSTANCE_COUNT", "Value": value}


def blue_green(kind: str, wait: int = 0, **members: Any) -> dict[str, Any]:
    sizes = {key: members.pop(key) for key in ("CanarySize", "LinearStepSize") if key in members}
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **sizes}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **members}}


def test_without_a_config_all_traffic_shifts_at_once() -> None:
    assert read({}, [1], None) == Policy(BlueGreen((WHOLE,), 0, 0))


def test_the_guides_canary_example() -> None:
    config = blue_green(
        "CANARY",
        600,
        CanarySize=percent(30),
        TerminationWaitInSeconds=600,
        MaximumExecutionTimeoutInSeconds=1800,
    ) | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}, {"AlarmName": "b"}]}}

    assert faults(config, {"AllTraffic": 3}) == []
    assert read(config, [3], None) == Policy(
        BlueGreen((Capacity("CAPACITY_PERCENT", 30), WHOLE), 600, 600, "canary"), ("a", "b"), 1800
    )


@pytest.mark.parametrize(
    ("size", "count", "shares"),
    [
        (percent(20), 5, [0.2, 0.4, 0.6, 0.8, 1.0]),
        (percent(33), 3, [0.33, 0.66, 1.0]),
        (percent(50), 1, [0.5, 1.0]),
        (instances(1), 3, [1 / 3, 2 / 3, 1.0]),
        (instances(2), 5, [0.4, 0.8, 1.0]),
    ],
)
def test_a_linear_shift_goes_on_by_its_step_until_all_is_shifted(
    size: dict[str, Any], count: int, shares: list[float]
) -> None:
    policy = read(blue_green("LINEAR", LinearStepSize=size), [count], None).shift

    assert isinstance(policy, BlueGreen)
    assert [step.share_of([count]) for step in policy.steps] == pytest.approx(shares)


def test_a_part_of_an_instance_is_a_whole_one() -> None:
    assert Capacity("CAPACITY_PERCENT", 30).instances_of(3) == 1
    assert Capacity("CAPACITY_PERCENT", 34).instances_of(3) == 2
    assert Capacity("CAPACITY_PERCENT", 5).instances_of(1) == 1


def test_a_rolling_deployment_is_taken_back_at_once_unless_told_otherwise() -> None:
    config = {"MaximumBatchSize": instances(2), "WaitIntervalInSeconds": 60}

    assert read({"RollingUpdatePolicy": config}, [4], None).shift == Rolling(
        Capacity("INSTANCE_COUNT", 2), WHOLE, 60
    )


def test_the_emulators_limit_caps_each_interval() -> None:
    config = blue_green("CANARY", 600, CanarySize=percent(10), TerminationWaitInSeconds=1)

    policy = read(config, [1], 2.5).shift

    assert isinstance(policy, BlueGreen)
    assert (policy.wait_seconds, policy.termination_wait_seconds) == (2.5, 1)


@pytest.mark.parametrize(
    ("config", "counts", "said"),
    [
        (blue_green("CANARY"), {"v": 1}, "CanarySize is required"),
        (blue_green("LINEAR"), {"v": 1}, "LinearStepSize is required"),
        (blue_green("ALL_AT_ONCE", CanarySize=percent(10)), {"v": 1}, "CanarySize cannot be given"),
        (blue_green("CANARY", CanarySize=percent(51)), {"v": 2}, "at most 50 percent"),
        (blue_green("CANARY", CanarySize=percent(10)), {"v": 1}, "cannot be a part of the one"),
        (blue_green("CANARY", CanarySize=instances(2)), {"v": 3}, "at most 50 percent of the inst"),
        (blue_green("LINEAR", LinearStepSize=percent(9)), {"v": 2}, "from 10 to 50 percent"),
        (blue_green("LINEAR", LinearStepSize=instances(1)), {"v": 11}, "from 10 to 50 percent"),
        (
            {"RollingUpdatePolicy": {"MaximumBatchSize": percent(4), "WaitIntervalInSeconds": 0}},
            {"v": 2},
            "from 5 to 50 percent",
        ),
        (
            blue_green("ALL_AT_ONCE", 300, MaximumExecutionTimeoutInSeconds=600)
            | {"AutoRollbackConfiguration": {"Alarms": [{}]}},
            {"v": 1},
            "an alarm without AlarmName",
        ),
        (
            blue_green(
                "ALL_AT_ONCE",
                TerminationWaitInSeconds=600,
                MaximumExecutionTimeoutInSeconds=600,
            ),
            {"v": 1},
            "larger than the total waiting time of 600 seconds, got 600",
        ),
    ],
)
def test_what_is_over_a_documented_limit_is_a_fault(
    config: dict[str, Any], counts: dict[str, int], said: str
) -> None:
    (fault,) = faults(config, counts)

    assert said in fault


@pytest.mark.parametrize(
    ("config", "count"),
    [
        (blue_green("CANARY", CanarySize=percent(50)), 2),
        (blue_green("CANARY", CanarySize=instances(2)), 4),
        (blue_green("LINEAR", LinearStepSize=instances(1)), 10),
    ],
)
def test_what_is_at_a_documented_limit_is_taken(config: dict[str, Any], count: int) -> None:
    assert faults(config, {"v": count}) == []
