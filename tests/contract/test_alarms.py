"""CloudWatch alarms: evaluated, and acting.

Source: "Using Amazon CloudWatch alarms" and "Alarm events and EventBridge" of the user guide.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import EmulatorProcess

Client = Callable[[str], Any]
NAMESPACE = "tests"
WAIT_SECONDS = 20


@pytest.fixture
def topic(client: Client, unique: Callable[[str], str]) -> tuple[str, str]:
    """A topic's ARN, and the URL of a queue that gets what is published to it."""
    sqs, sns = client("sqs"), client("sns")
    queue_url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    arn = sns.create_topic(Name=unique("topic"))["TopicArn"]
    queue_arn = attributes["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    return arn, queue_url


def put_alarm(client: Client, name: str, **members: Any) -> None:
    defaults: dict[str, Any] = {
        "AlarmName": name,
        "Namespace": NAMESPACE,
        "MetricName": name,
        **({} if "ExtendedStatistic" in members else {"Statistic": "Sum"}),
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 4,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    client("cloudwatch").put_metric_alarm(**defaults | members)


def measure(client: Client, name: str, *values: float, **members: Any) -> None:
    data = [{"MetricName": name, "Value": value, **members} for value in values]
    client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=data)


def until_state(client: Client, name: str, state: str) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        [found] = client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
        if found["StateValue"] == state:
            return dict(found)
        time.sleep(0.05)
    raise AssertionError(f"{name} did not come to {state}: {found}")


def message(client: Client, queue_url: str) -> dict[str, Any]:
    received = client("sqs").receive_message(QueueUrl=queue_url, WaitTimeSeconds=WAIT_SECONDS)
    body = json.loads(received["Messages"][0]["Body"])
    client("sqs").delete_message(
        QueueUrl=queue_url, ReceiptHandle=received["Messages"][0]["ReceiptHandle"]
    )
    told: dict[str, Any] = json.loads(body["Message"])
    return told


def test_values_over_the_threshold_alarm_and_notify(
    client: Client, unique: Callable[[str], str], topic: tuple[str, str]
) -> None:
    name, (arn, queue_url) = unique("alarm"), topic
    put_alarm(client, name, AlarmActions=[arn], OKActions=[arn], TreatMissingData="notBreaching")
    assert message(client, queue_url)["NewStateValue"] == "OK"
    measure(client, name, 2, 3)
    found = until_state(client, name, "ALARM")
    assert found["StateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoint [5.0]")
    told = message(client, queue_url)
    assert (told["OldStateValue"], told["NewStateValue"]) == ("OK", "ALARM")
    assert told["AlarmName"] == name
    assert told["AlarmArn"] == found["AlarmArn"]
    assert told["Trigger"]["Threshold"] == 4
    assert told["Trigger"]["MetricName"] == name


def test_an_alarm_without_data_has_too_little_to_say(
    client: Client, unique: Callable[[str], str]
) -> None:
    name = unique("alarm")
    put_alarm(client, name, TreatMissingData="notBreaching")
    until_state(client, name, "OK")
    put_alarm(client, name)
    until_state(client, name, "INSUFFICIENT_DATA")


def test_values_that_fit_are_ok_and_only_those_of_the_same_dimensions_count(
    client: Client, unique: Callable[[str], str]
) -> None:
    name = unique("alarm")
    wanted = [{"Name": "EndpointName", "Value": "a"}, {"Name": "VariantName", "Value": "b"}]
    put_alarm(client, name, Dimensions=wanted)
    measure(client, name, 100, Dimensions=wanted[:1])
    measure(client, name, 1, Dimensions=wanted[::-1])
    assert "not greater than the threshold" in until_state(client, name, "OK")["StateReason"]


def test_an_average_and_a_percentile_are_of_the_periods_values(
    client: Client, unique: Callable[[str], str]
) -> None:
    average, percentile = unique("average"), unique("percentile")
    put_alarm(client, average, Threshold=2.9, Statistic="Average")
    measure(client, average, 1, 2, 6)
    put_alarm(client, percentile, Threshold=98, ExtendedStatistic="p99")
    measure(client, percentile, *range(101))
    until_state(client, average, "ALARM")
    until_state(client, percentile, "ALARM")


def test_old_values_do_not_count(client: Client, unique: Callable[[str], str]) -> None:
    name = unique("alarm")
    measure(client, name, 100, Timestamp=datetime.fromtimestamp(time.time() - 600, UTC))
    measure(client, name, 1)
    put_alarm(client, name)
    until_state(client, name, "OK")


def test_a_state_that_is_set_acts_and_stays_for_a_period(
    client: Client, unique: Callable[[str], str], topic: tuple[str, str]
) -> None:
    name, (arn, queue_url) = unique("alarm"), topic
    put_alarm(client, name, AlarmActions=[arn], TreatMissingData="notBreaching")
    until_state(client, name, "OK")
    client("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue="ALARM", StateReason="to see what happens"
    )
    assert message(client, queue_url)["NewStateReason"] == "to see what happens"
    [found] = client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert found["StateValue"] == "ALARM"


def test_disabled_actions_are_not_taken(
    client: Client, unique: Callable[[str], str], topic: tuple[str, str]
) -> None:
    quiet, loud, (arn, queue_url) = unique("quiet"), unique("loud"), topic
    for name, is_enabled in ((quiet, False), (loud, True)):
        put_alarm(client, name, AlarmActions=[arn], ActionsEnabled=is_enabled)
    measure(client, quiet, 100)
    until_state(client, quiet, "ALARM")
    measure(client, loud, 100)
    assert message(client, queue_url)["AlarmName"] == loud


def test_alarms_are_watched_after_kill_9(own_emulator: EmulatorProcess) -> None:
    put_alarm(own_emulator.client, "kept", TreatMissingData="notBreaching")
    until_state(own_emulator.client, "kept", "OK")
    own_emulator.kill()
    own_emulator.start()
    measure(own_emulator.client, "kept", 100)
    until_state(own_emulator.client, "kept", "ALARM")
