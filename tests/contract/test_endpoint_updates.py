"""Deployment guardrails: traffic that shifts in steps, and goes back when an alarm trips."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import EmulatorProcess
from tests.contract.load import load_on
from tests.contract.model_images import (
    add_recipe,
    create_model,
    deploy,
    flag_for,
    invoke,
    variant,
    wait,
    wait_for_status,
)

Client = Callable[[str], Any]
Unique = Callable[[str], str]
# So that requests are under way whenever a server leaves.
SLOW = {"do": "sleep", "seconds": 0.1}


@pytest.fixture(autouse=True)
def recipe(emulator: EmulatorProcess) -> None:
    add_recipe(emulator)


@pytest.fixture
def cleaned(client: Client) -> Iterator[list[str]]:
    """Names of endpoints to delete at the end."""
    names: list[str] = []
    yield names
    for name in names:
        client("sagemaker").delete_endpoint(EndpointName=name)


def new_config(client: Client, name: str, *variants: Any, **members: Any) -> str:
    client("sagemaker").create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=list(variants), **members
    )
    return name


def of_version(client: Client, name: str, version: str, **members: Any) -> dict[str, Any]:
    """A production variant of a model that says so in its answers."""
    model = create_model(client, name, Environment={"VERSION": version})
    return variant(model, **members)


def routing(kind: str, wait_seconds: int = 0, **members: Any) -> dict[str, Any]:
    return {"Type": kind, "WaitIntervalInSeconds": wait_seconds, **members}


def canary(percent: int, wait_seconds: int) -> dict[str, Any]:
    size = {"Type": "CAPACITY_PERCENT", "Value": percent}
    return routing("CANARY", wait_seconds, CanarySize=size)


def blue_green(traffic: dict[str, Any], *alarms: str, **members: Any) -> dict[str, Any]:
    """A DeploymentConfig."""
    config: dict[str, Any] = {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": traffic, **members}
    }
    if alarms:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": a} for a in alarms]}
    return config


def rolling(batch: int, wait_seconds: int, *alarms: str, **members: Any) -> dict[str, Any]:
    config = blue_green({}, *alarms)
    del config["BlueGreenUpdatePolicy"]
    size = {"Type": "INSTANCE_COUNT", "Value": batch}
    policy = {"MaximumBatchSize": size, "WaitIntervalInSeconds": wait_seconds, **members}
    return config | {"RollingUpdatePolicy": policy}


def update(client: Client, name: str, config_name: str, **members: Any) -> None:
    client("sagemaker").update_endpoint(
        EndpointName=name, EndpointConfigName=config_name, **members
    )


@pytest.fixture
def alarm(client: Client, unique: Unique) -> str:
    """A CloudWatch alarm in the state OK."""
    name = unique("alarm")
    client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Tests",
        MetricName="Never",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        Threshold=1,
        TreatMissingData="ignore",
    )
    set_state(client, name, "OK")
    return name


def set_state(client: Client, alarm: str, state: str) -> None:
    client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="a test")


def when_pending(client: Client, name: str, status: str, *, instances: int | None = None) -> Any:
    """The description of the endpoint once its deployment is in that status."""
    deadline = time.monotonic() + 60
    while True:
        found = client("sagemaker").describe_endpoint(EndpointName=name)
        pending = found.get("PendingDeploymentSummary", {}).get("ProductionVariants", [{}])[0]
        statuses = [each["Status"] for each in pending.get("VariantStatus", [])]
        if statuses == [status] and instances in (None, pending.get("CurrentInstanceCount")):
            return found
        assert found["EndpointStatus"] == "Updating", found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def test_a_canary_gets_its_share_of_the_traffic_and_is_described_while_it_bakes(
    client: Client, unique: Unique, cleaned: list[str], alarm: str
) -> None:
    old = of_version(client, unique("old"), "old", InitialInstanceCount=2)
    cleaned.append(deploy(client, unique("endpoint"), old))
    new = of_version(client, unique("new"), "new", InitialInstanceCount=2)
    config_name = new_config(client, unique("next"), new)
    config = blue_green(canary(30, 3600), alarm, TerminationWaitInSeconds=1)

    with load_on(client, cleaned[0]) as load:
        update(client, cleaned[0], config_name, DeploymentConfig=config)
        during = when_pending(client, cleaned[0], "Baking")
        versions = load.next_versions(600)

    # Four standard deviations of a binomial distribution around its mean of 180.
    assert 135 <= versions.count("new") <= 225
    assert load.errors == []
    assert during["EndpointStatus"] == "Updating"
    assert during["EndpointConfigName"] == cleaned[0]
    assert during["LastDeploymentConfig"] == config
    summary = during["PendingDeploymentSummary"]
    assert summary["EndpointConfigName"] == config_name
    (pending,) = summary["ProductionVariants"]
    # Source: "SageMaker endpoint deployment state change" in the developer guide, its example.
    assert (pending["CurrentInstanceCount"], pending["DesiredInstanceCount"]) == (1, 2)
    assert (pending["CurrentWeight"], pending["DesiredWeight"]) == (1.0, 1.0)
    assert pending["VariantStatus"][0]["StatusMessage"] == (
        "Baking for 3600 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of"
        " 1 instance(s)."
    )


def test_an_alarm_that_trips_sends_all_traffic_back_without_losing_a_request(
    client: Client, unique: Unique, cleaned: list[str], alarm: str
) -> None:
    cleaned.append(deploy(client, unique("endpoint"), of_version(client, unique("old"), "old")))
    new = of_version(client, unique("new"), "new", InitialInstanceCount=2)
    config = blue_green(canary(50, 3600), alarm)

    with load_on(client, cleaned[0], threads=6, body=SLOW) as load:
        update(client, cleaned[0], new_config(client, unique("next"), new), DeploymentConfig=config)
        when_pending(client, cleaned[0], "Baking")
        assert "new" in load.next_versions(30)
        set_state(client, alarm, "ALARM")
        found = wait_for_status(client, cleaned[0], "InService", "Failed")
        versions = load.next_versions(20)

    assert set(versions[6:]) == {"old"}
    assert load.errors == []
    assert found["EndpointStatus"] == "InService"
    assert found["EndpointConfigName"] == cleaned[0]
    assert alarm in found["FailureReason"]
    assert "PendingDeploymentSummary" not in found


def test_a_canary_that_fails_is_taken_back_by_an_alarm_on_its_own_metrics(
    client: Client, unique: Unique, cleaned: list[str]
) -> None:
    # Source: "Auto-Rollback Configuration and Monitoring" in the developer guide, whose second
    # alarm looks at the new fleet alone, by the dimension EndpointConfigName.
    cleaned.append(deploy(client, unique("endpoint"), of_version(client, unique("old"), "old")))
    model = create_model(client, unique("broken"), Environment={"FAIL": "500"})
    broken = variant(model, InitialInstanceCount=2)
    config_name, alarm = new_config(client, unique("next"), broken), unique("alarm")
    dimensions = {
        "EndpointName": cleaned[0],
        "VariantName": "AllTraffic",
        "EndpointConfigName": config_name,
    }
    client("cloudwatch").put_metric_alarm(
        AlarmName=alarm,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=10,
        Statistic="Sum",
        Threshold=0,
        TreatMissingData="notBreaching",
    )

    with load_on(client, cleaned[0]) as load:
        update(
            client, cleaned[0], config_name, DeploymentConfig=blue_green(canary(50, 3600), alarm)
        )
        found = wait_for_status(client, cleaned[0], "InService", "Failed")
        met = len(load.errors)
        after = load.next_versions(100)

    assert found["EndpointConfigName"] == cleaned[0]
    assert alarm in found["FailureReason"]
    assert met > 0
    assert all("ModelError" in error for error in load.errors)
    assert set(after[10:]) == {"old"}


def test_an_alarm_in_the_last_baking_period_still_goes_back(
    client: Client, unique: Unique, cleaned: list[str], alarm: str
) -> None:
    cleaned.append(deploy(client, unique("endpoint"), of_version(client, unique("old"), "old")))
    new = of_version(client, unique("new"), "new")
    config = blue_green(routing("ALL_AT_ONCE"), alarm, TerminationWaitInSeconds=3600)

    with load_on(client, cleaned[0]) as load:
        update(client, cleaned[0], new_config(client, unique("next"), new), DeploymentConfig=config)
        during = when_pending(client, cleaned[0], "Baking")
        shifted = load.next_versions(20)
        set_state(client, alarm, "ALARM")
        wait(client, cleaned[0])
        back = load.next_versions(20)

    (pending,) = during["PendingDeploymentSummary"]["ProductionVariants"]
    assert pending["VariantStatus"][0]["StatusMessage"] == (
        "Baking for 3600 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity"
        " of 1 instance(s)."
    )
    assert set(shifted[-10:]) == {"new"}
    assert set(back) == {"old"}
    assert load.errors == []


@pytest.mark.parametrize(
    "config",
    [
        blue_green(canary(50, 0)),
        blue_green(
            routing("LINEAR", LinearStepSize={"Type": "INSTANCE_COUNT", "Value": 1}),
            TerminationWaitInSeconds=1,
        ),
        rolling(1, 0),
    ],
    ids=["canary", "linear", "rolling"],
)
def test_an_update_ends_with_all_traffic_on_the_new_fleet_and_no_request_lost(
    client: Client, unique: Unique, cleaned: list[str], config: dict[str, Any]
) -> None:
    old = of_version(client, unique("old"), "old", InitialInstanceCount=2)
    cleaned.append(deploy(client, unique("endpoint"), old))
    new = of_version(client, unique("new"), "new", InitialInstanceCount=2)
    config_name = new_config(client, unique("next"), new)

    with load_on(client, cleaned[0], threads=6, body=SLOW) as load:
        update(client, cleaned[0], config_name, DeploymentConfig=config)
        wait(client, cleaned[0])
        versions = load.next_versions(30)

    # Those that were under way when the endpoint became InService can still be the old fleet's.
    assert set(versions[6:]) == {"new"}
    assert load.errors == []
    found = client("sagemaker").describe_endpoint(EndpointName=cleaned[0])
    assert found["EndpointConfigName"] == config_name
    assert found["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert "FailureReason" not in found


def test_a_linear_shift_goes_through_its_steps(
    client: Client, unique: Unique, cleaned: list[str]
) -> None:
    old = of_version(client, unique("old"), "old")
    cleaned.append(deploy(client, unique("endpoint"), old))
    new = of_version(client, unique("new"), "new", InitialInstanceCount=2)
    step = {"Type": "INSTANCE_COUNT", "Value": 1}
    config = blue_green(routing("LINEAR", 1, LinearStepSize=step), TerminationWaitInSeconds=1)

    update(client, cleaned[0], new_config(client, unique("next"), new), DeploymentConfig=config)
    half = when_pending(client, cleaned[0], "Baking", instances=1)
    whole = when_pending(client, cleaned[0], "Baking", instances=2)
    wait(client, cleaned[0])

    messages = [
        found["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"][0][
            "StatusMessage"
        ]
        for found in (half, whole)
    ]
    assert "(WaitIntervalInSeconds)" in messages[0]
    assert "(TerminationWaitInSeconds)" in messages[1]


def test_a_rolling_deployment_that_meets_an_alarm_starts_the_old_instances_again(
    client: Client, unique: Unique, cleaned: list[str], alarm: str
) -> None:
    old = of_version(client, unique("old"), "old", InitialInstanceCount=2)
    cleaned.append(deploy(client, unique("endpoint"), old))
    new = of_version(client, unique("new"), "new", InitialInstanceCount=2)
    config = rolling(1, 3, alarm, MaximumExecutionTimeoutInSeconds=600)

    with load_on(client, cleaned[0]) as load:
        update(client, cleaned[0], new_config(client, unique("next"), new), DeploymentConfig=config)
        when_pending(client, cleaned[0], "Baking", instances=2)
        set_state(client, alarm, "ALARM")
        found = wait_for_status(client, cleaned[0], "InService", "Failed", "UpdateRollbackFailed")
        versions = load.next_versions(50)

    assert found["EndpointStatus"] == "InService"
    assert alarm in found["FailureReason"]
    assert found["EndpointConfigName"] == cleaned[0]
    assert set(versions) == {"old"}
    assert load.errors == []
    assert len(servers(client, cleaned[0])) == 2


def servers(client: Client, name: str) -> set[str]:
    """The servers that answer while others are busy."""
    seen: set[str] = set()
    deadline = time.monotonic() + 20
    with load_on(client, name):
        while len(seen) < 2 and time.monotonic() < deadline:
            seen.add(invoke(client, name)["server"])
    return seen


@pytest.mark.parametrize("is_missing", [True, False], ids=["missing", "in alarm"])
def test_a_deployment_does_not_start_with_an_alarm_that_is_tripped_or_not_there(
    client: Client, unique: Unique, cleaned: list[str], alarm: str, is_missing: bool
) -> None:
    old = of_version(client, unique("old"), "old", InitialInstanceCount=2)
    cleaned.append(deploy(client, unique("endpoint"), old))
    if is_missing:
        client("cloudwatch").delete_alarms(AlarmNames=[alarm])
    else:
        set_state(client, alarm, "ALARM")

    error = refused(client, cleaned[0], cleaned[0], blue_green(canary(10, 0), alarm))

    assert f'alarm "{alarm}"' in error


def refused(client: Client, name: str, config_name: str, config: dict[str, Any]) -> str:
    """The message of a ValidationException of UpdateEndpoint, which must have changed nothing."""
    with pytest.raises(ClientError) as caught:
        update(client, name, config_name, DeploymentConfig=config)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    found = client("sagemaker").describe_endpoint(EndpointName=name)
    assert found["EndpointStatus"] == "InService"
    assert "LastDeploymentConfig" not in found
    return str(caught.value.response["Error"]["Message"])


def test_all_faults_of_a_deployment_config_are_said_at_once(
    client: Client, unique: Unique, cleaned: list[str]
) -> None:
    # Source: TrafficRoutingConfig, RollingUpdatePolicy and BlueGreenUpdatePolicy in the API
    # reference; "Exclusions" of deployment guardrails in the developer guide.
    old = of_version(client, unique("old"), "old")
    cleaned.append(deploy(client, unique("endpoint"), old))
    model = old["ModelName"]
    two = new_config(client, unique("two"), variant(model, "a"), variant(model, "b"))
    config = blue_green(
        canary(51, 600), TerminationWaitInSeconds=600, MaximumExecutionTimeoutInSeconds=1200
    )

    message = refused(client, cleaned[0], two, config | rolling(1, 0))

    assert "Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy" in message
    assert "CanarySize must be at most 50 percent of the capacity, got 51." in message
    assert "MaximumExecutionTimeoutInSeconds must be larger" in message
    assert "RollingUpdatePolicy is not supported for endpoints with several variants" in message
    assert "MaximumBatchSize must be from 5 to 50 percent of the instances of variant a" in message
    assert "must have the same variant names as the old: AllTraffic" in message


def test_a_retained_deployment_config_is_used_by_the_next_update(
    client: Client, unique: Unique, cleaned: list[str], alarm: str
) -> None:
    name, config = unique("endpoint"), blue_green(canary(50, 3600), alarm)
    cleaned.append(name)
    new_config(client, name, of_version(client, unique("old"), "old", InitialInstanceCount=2))
    client("sagemaker").create_endpoint(
        EndpointName=name, EndpointConfigName=name, DeploymentConfig=config
    )
    wait(client, name)

    update(client, name, name, RetainDeploymentConfig=True)
    during = when_pending(client, name, "Baking")
    set_state(client, alarm, "ALARM")
    wait(client, name)

    assert during["LastDeploymentConfig"] == config


def test_an_endpoint_can_be_deleted_while_its_traffic_shifts(
    client: Client, unique: Unique
) -> None:
    name = deploy(client, unique("endpoint"), of_version(client, unique("old"), "old"))
    new = of_version(client, unique("new"), "new", InitialInstanceCount=2)
    config = blue_green(canary(50, 3600))
    update(client, name, new_config(client, unique("next"), new), DeploymentConfig=config)
    when_pending(client, name, "Baking")

    client("sagemaker").delete_endpoint(EndpointName=name)
    wait(client, name, "deleted")

    with pytest.raises(ClientError, match="not found"):
        invoke(client, name)


def test_a_shift_starts_over_after_kill_9_and_the_old_fleet_serves_meanwhile(
    own_emulator: EmulatorProcess,
) -> None:
    add_recipe(own_emulator)
    client, may_start = own_emulator.client, flag_for(own_emulator, "may-start")
    may_start.touch()
    deploy(client, "endpoint", of_version(client, "old", "old"))
    environment = {"VERSION": "new", "WAIT_FOR": str(may_start)}
    model = create_model(client, "new", Environment=environment)
    new_config(client, "next", variant(model, InitialInstanceCount=2))
    config = blue_green(canary(50, 3), TerminationWaitInSeconds=1)
    update(client, "endpoint", "next", DeploymentConfig=config)
    when_pending(client, "endpoint", "Baking")
    may_start.unlink()

    own_emulator.kill()
    own_emulator.start()
    during = {invoke(client, "endpoint")["version"] for _ in range(20)}
    may_start.touch()
    again = when_pending(client, "endpoint", "Baking")
    wait(client, "endpoint")

    assert during == {"old"}
    assert "canary" in str(again["PendingDeploymentSummary"])
    assert invoke(client, "endpoint")["version"] == "new"


def test_the_emulator_can_be_told_to_wait_less_than_aws(tmp_path: Any) -> None:
    hasty = EmulatorProcess(tmp_path / "data", ("--traffic-wait-seconds", "0.1"))
    hasty.start()
    try:
        add_recipe(hasty)
        client = hasty.client
        deploy(client, "endpoint", of_version(client, "old", "old"))
        new_config(client, "next", of_version(client, "new", "new", InitialInstanceCount=2))
        config = blue_green(canary(10, 3600), TerminationWaitInSeconds=3600)
        began = time.monotonic()

        update(client, "endpoint", "next", DeploymentConfig=config)
        wait(client, "endpoint")

        assert time.monotonic() - began < 60
        assert invoke(client, "endpoint")["version"] == "new"
    finally:
        hasty.stop()
