"""Rules, targets and buses of EventBridge through boto3."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import ACCOUNT_ID, REGION, ROLE_ARN
from tests.contract.inboxes import EventLab, event_lab, queue_arn
from tests.contract.jobs import error_of

__all__ = ["event_lab"]

PATTERN = {"source": ["shop"]}
ARN = f"arn:aws:events:{REGION}:{ACCOUNT_ID}"


@pytest.fixture
def events(client: Callable[[str], Any]) -> Any:
    return client("events")


@pytest.fixture
def bus(events: Any, unique: Callable[[str], str]) -> Iterator[str]:
    name = unique("bus")
    events.create_event_bus(Name=name)
    yield name
    events.delete_event_bus(Name=name)


def test_a_rule_is_described_as_it_was_put(event_lab: EventLab, events: Any) -> None:
    name = event_lab.rule(
        PATTERN, Description="all of it", RoleArn=ROLE_ARN, Tags=[{"Key": "k", "Value": "v"}]
    )
    rule = events.describe_rule(Name=name)
    del rule["ResponseMetadata"]
    assert rule == {
        "Name": name,
        "Arn": f"{ARN}:rule/{name}",
        "EventPattern": json.dumps(PATTERN),
        "State": "ENABLED",
        "Description": "all of it",
        "RoleArn": ROLE_ARN,
        "EventBusName": "default",
        "CreatedBy": ACCOUNT_ID,
    }
    tags = events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]
    assert tags == [{"Key": "k", "Value": "v"}]


def test_a_rule_that_is_put_again_is_replaced_but_keeps_targets_and_tags(
    event_lab: EventLab, events: Any
) -> None:
    """Source: PutRule, "If you omit arguments in PutRule, the old values ... are not kept"."""
    tags = [{"Key": "k", "Value": "v"}]
    name = event_lab.rule(PATTERN, {"Arn": queue_arn("q")}, Description="old", Tags=tags)
    events.put_rule(
        Name=name,
        ScheduleExpression="rate(5 minutes)",
        State="DISABLED",
        Tags=[{"Key": "other", "Value": "v"}],
    )
    rule = events.describe_rule(Name=name)
    assert "Description" not in rule
    assert "EventPattern" not in rule
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(5 minutes)", "DISABLED")
    assert len(events.list_targets_by_rule(Rule=name)["Targets"]) == 1
    assert events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"] == tags


def test_rules_are_listed_by_name_in_pages(event_lab: EventLab, events: Any) -> None:
    prefix = event_lab.unique("listed")[-20:]
    for end in ("b", "c", "a"):
        event_lab.rule(PATTERN, Name=f"{prefix}-{end}")
    first = events.list_rules(NamePrefix=prefix, Limit=2)
    second = events.list_rules(NamePrefix=prefix, Limit=2, NextToken=first["NextToken"])
    found = [rule["Name"] for rule in (*first["Rules"], *second["Rules"])]
    assert found == [f"{prefix}-{end}" for end in "abc"]
    assert "NextToken" not in second
    error = error_of(events.list_rules, NextToken="mine")
    assert error == ("ValidationException", "Parameter NextToken is not valid.")


def test_rule_names_differ_in_case(event_lab: EventLab, events: Any) -> None:
    name = event_lab.unique("Case")
    event_lab.rule(PATTERN, Name=name, Description="one")
    event_lab.rule(PATTERN, Name=name.swapcase(), Description="other")
    assert events.describe_rule(Name=name)["Description"] == "one"


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        (
            {},
            "ValidationException",
            "Parameter(s) EventPattern or ScheduleExpression must be specified.",
        ),
        (
            {"EventPattern": '{"source": "shop", "detail": {"a": []}}'},
            "InvalidEventPatternException",
            'Event pattern is not valid. Reason: "source" must be an object or an array at source;'
            " Empty arrays are not allowed at detail.a",
        ),
        (
            {"ScheduleExpression": "rate(1 minutes)"},
            "ValidationException",
            "Parameter ScheduleExpression is not valid. Reason: rate(1 minutes): the unit for 1 is"
            " one of minute, hour, day",
        ),
        (
            {"EventPattern": json.dumps(PATTERN), "EventBusName": "nowhere"},
            "ResourceNotFoundException",
            "Event bus nowhere does not exist.",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_refused(
    events: Any, members: dict[str, Any], code: str, message: str
) -> None:
    assert error_of(events.put_rule, Name="refused", **members) == (code, message)
    code, _ = error_of(events.describe_rule, Name="refused")
    assert code == "ResourceNotFoundException"


def test_a_schedule_is_for_the_default_bus_only(events: Any, bus: str) -> None:
    error = error_of(events.put_rule, Name="r", EventBusName=bus, ScheduleExpression="rate(1 hour)")
    assert error == (
        "ValidationException",
        "ScheduleExpression is supported only on the default event bus.",
    )


def test_a_rule_that_is_not_there_is_missed(events: Any) -> None:
    expected = ("ResourceNotFoundException", "Rule none does not exist on EventBus default.")
    for call in (events.describe_rule, events.enable_rule, events.disable_rule):
        assert error_of(call, Name="none") == expected
    assert error_of(events.list_targets_by_rule, Rule="none") == expected
    assert error_of(events.remove_targets, Rule="none", Ids=["1"]) == expected


def test_a_rule_is_deleted_after_its_targets_and_more_than_once(
    event_lab: EventLab, events: Any
) -> None:
    """Source: DeleteRule, "If you call delete rule multiple times ... all calls will succeed"."""
    name = event_lab.unique("deleted")
    events.put_rule(Name=name, EventPattern=json.dumps(PATTERN))
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": queue_arn("q")}])
    assert error_of(events.delete_rule, Name=name) == (
        "ValidationException",
        "Rule can't be deleted since it has targets.",
    )
    events.remove_targets(Rule=name, Ids=["1"])
    events.delete_rule(Name=name)
    events.delete_rule(Name=name)
    code, _ = error_of(events.describe_rule, Name=name)
    assert code == "ResourceNotFoundException"


def test_targets_are_put_listed_found_and_removed(event_lab: EventLab, events: Any) -> None:
    arn = queue_arn(event_lab.unique("q"))
    name = event_lab.rule(PATTERN, {"Id": "a", "Arn": arn}, {"Id": "b", "Arn": queue_arn("other")})
    events.put_targets(Rule=name, Targets=[{"Id": "a", "Arn": arn, "Input": '"x"'}])
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    assert targets == [
        {"Id": "a", "Arn": arn, "Input": '"x"'},
        {"Id": "b", "Arn": queue_arn("other")},
    ]
    assert events.list_rule_names_by_target(TargetArn=arn)["RuleNames"] == [name]
    removed = events.remove_targets(Rule=name, Ids=["a", "none"])
    assert removed["FailedEntryCount"] == 1
    assert removed["FailedEntries"][0]["TargetId"] == "none"
    assert [each["Id"] for each in events.list_targets_by_rule(Rule=name)["Targets"]] == ["b"]


def test_a_rule_has_five_targets_at_most(event_lab: EventLab, events: Any) -> None:
    name = event_lab.rule(PATTERN)
    targets = [{"Id": str(number), "Arn": queue_arn("q")} for number in range(6)]
    code, message = error_of(events.put_targets, Rule=name, Targets=targets)
    assert code == "LimitExceededException"
    assert "5 targets" in message
    assert events.list_targets_by_rule(Rule=name)["Targets"] == []


def test_every_fault_of_targets_comes_at_once_and_none_is_kept(
    event_lab: EventLab, events: Any
) -> None:
    name = event_lab.rule(PATTERN)
    pipeline = f"arn:aws:codepipeline:{REGION}:{ACCOUNT_ID}:deploy"
    code, message = error_of(
        events.put_targets,
        Rule=name,
        Targets=[
            {"Id": "good", "Arn": queue_arn("q")},
            {"Id": "no-arn", "Arn": "queue"},
            {"Id": "no-role", "Arn": pipeline},
            {"Id": "fifo", "Arn": queue_arn("q.fifo")},
            {"Id": "input", "Arn": queue_arn("q"), "Input": "{"},
            {"Id": "dead", "Arn": queue_arn("q"), "DeadLetterConfig": {"Arn": "x"}},
        ],
    )
    assert code == "ValidationException"
    assert message.split("; ") == [
        "Parameter queue is not valid. Reason: Provided Arn is not in correct format.",
        f"RoleArn is required for target {pipeline}.",
        "Parameter(s) SqsParameters must be specified for target: fifo.",
        "JSON syntax error in input for target input.",
        "Parameter DeadLetterConfig.Arn of target dead is not valid. Reason: it must be the ARN of"
        " a standard SQS queue, got x.",
    ]
    assert events.list_targets_by_rule(Rule=name)["Targets"] == []


def test_targets_that_are_not_emulated_are_refused_by_name(
    event_lab: EventLab, events: Any
) -> None:
    name = event_lab.rule(PATTERN)
    machine = f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:m"
    code, message = error_of(
        events.put_targets, Rule=name, Targets=[{"Id": "1", "Arn": machine, "RoleArn": ROLE_ARN}]
    )
    assert code == "UnsupportedByEmulator"
    assert "Step Functions state machines as targets are not emulated" in message


def test_operations_that_are_not_emulated_are_refused_by_name(events: Any) -> None:
    code, message = error_of(events.list_archives)
    assert code == "UnsupportedByEmulator"
    assert "ListArchives" in message


def test_a_pattern_can_be_tested(events: Any) -> None:
    event = {
        "id": "1",
        "account": ACCOUNT_ID,
        "source": "shop",
        "time": "2026-11-26T00:00:00Z",
        "region": REGION,
        "resources": [],
        "detail-type": "Order",
    }
    for pattern, expected in ((PATTERN, True), ({"source": ["other"]}, False)):
        answer = events.test_event_pattern(
            EventPattern=json.dumps(pattern), Event=json.dumps(event)
        )
        assert answer["Result"] is expected
    code, message = error_of(
        events.test_event_pattern, EventPattern=json.dumps(PATTERN), Event='{"source": "shop"}'
    )
    assert code == "ValidationException"
    assert "id, account, time, region, resources, detail-type" in message


def test_a_bus_is_made_described_listed_and_deleted(
    events: Any, unique: Callable[[str], str]
) -> None:
    name = unique("bus")
    arn = events.create_event_bus(Name=name, Description="mine")["EventBusArn"]
    assert arn == f"{ARN}:event-bus/{name}"
    by_arn = events.describe_event_bus(Name=arn)
    assert (by_arn["Name"], by_arn["Description"]) == (name, "mine")
    assert events.describe_event_bus()["Name"] == "default"
    names = [each["Name"] for each in events.list_event_buses()["EventBuses"]]
    assert {"default", name} <= set(names)
    assert error_of(events.create_event_bus, Name=name) == (
        "ResourceAlreadyExistsException",
        f"Event bus {name} already exists.",
    )
    events.delete_event_bus(Name=name)
    events.delete_event_bus(Name=name)
    assert error_of(events.describe_event_bus, Name=name) == (
        "ResourceNotFoundException",
        f"Event bus {name} does not exist.",
    )


def test_buses_that_cannot_be_are_refused(events: Any) -> None:
    assert error_of(events.create_event_bus, Name="a/b") == (
        "ValidationException",
        "Event bus name must not contain '/'.",
    )
    assert error_of(events.delete_event_bus, Name="default") == (
        "ValidationException",
        "Cannot delete event bus default.",
    )
    code, message = error_of(events.create_event_bus, Name="k", KmsKeyIdentifier="alias/k")
    assert code == "UnsupportedByEmulator"
    assert "KmsKeyIdentifier" in message


def test_a_bus_with_rules_stays(event_lab: EventLab, events: Any, bus: str) -> None:
    name = event_lab.rule(PATTERN, EventBusName=bus)
    code, message = error_of(events.delete_event_bus, Name=bus)
    assert code == "ValidationException"
    assert name in message
    assert events.describe_rule(Name=name, EventBusName=bus)["Arn"] == f"{ARN}:rule/{bus}/{name}"
    events.delete_rule(Name=name, EventBusName=bus)
    event_lab.forget(name)


def test_permissions_are_kept_in_the_policy_of_the_bus(events: Any, bus: str) -> None:
    events.put_permission(
        EventBusName=bus, Action="events:PutEvents", Principal="111122223333", StatementId="one"
    )
    policy = json.loads(events.describe_event_bus(Name=bus)["Policy"])
    assert policy["Statement"] == [
        {
            "Sid": "one",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "events:PutEvents",
            "Resource": f"{ARN}:event-bus/{bus}",
        }
    ]
    assert error_of(events.remove_permission, EventBusName=bus, StatementId="none") == (
        "ResourceNotFoundException",
        "Statement with the provided id does not exist.",
    )
    events.remove_permission(EventBusName=bus, StatementId="one")
    assert "Policy" not in events.describe_event_bus(Name=bus)
    assert error_of(events.remove_permission, EventBusName=bus, StatementId="one") == (
        "ResourceNotFoundException",
        "EventBus does not have a policy.",
    )


def test_rules_and_buses_are_tagged(event_lab: EventLab, events: Any, bus: str) -> None:
    rule = events.describe_rule(Name=event_lab.rule(PATTERN))["Arn"]
    for arn in (rule, f"{ARN}:event-bus/{bus}"):
        events.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}])
        events.tag_resource(
            ResourceARN=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]
        )
        events.untag_resource(ResourceARN=arn, TagKeys=["b"])
        tags = events.list_tags_for_resource(ResourceARN=arn)["Tags"]
        assert tags == [{"Key": "a", "Value": "2"}]
    code, _ = error_of(events.list_tags_for_resource, ResourceARN=f"{ARN}:rule/none")
    assert code == "ResourceNotFoundException"
