"""Events on their way: what is taken, what is matched, what arrives, also after ``kill -9``."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ACCOUNT_ID, REGION, EmulatorProcess
from tests.contract.inboxes import EventLab, event_lab, queue_arn
from tests.contract.jobs import error_of

__all__ = ["event_lab"]


def sources(event_lab: EventLab) -> str:
    """A source of events that no other test listens to."""
    return event_lab.unique("shop")


def test_a_custom_event_arrives_whole(event_lab: EventLab) -> None:
    source = sources(event_lab)
    inbox = event_lab.listen({"source": [source], "detail": {"total": [{"numeric": [">", 10]}]}})
    event_lab.send(source, {"total": 5})
    event_id = event_lab.send(source, {"total": 12}, Time=1_700_000_000, Resources=["arn:x"])
    assert inbox.first() == {
        "version": "0",
        "id": event_id,
        "detail-type": "Test",
        "source": source,
        "account": ACCOUNT_ID,
        "time": "2023-11-14T22:13:20Z",
        "region": REGION,
        "resources": ["arn:x"],
        "detail": {"total": 12},
    }


def test_each_entry_is_taken_or_refused_by_itself(event_lab: EventLab) -> None:
    source = sources(event_lab)
    inbox = event_lab.listen({"source": [source]})
    good = {"Source": source, "DetailType": "T", "Detail": "{}"}
    answer = event_lab.events.put_events(
        Entries=[
            {**good, "Source": "aws.shop"},
            {"Detail": "{}"},
            {**good, "Detail": "{"},
            {**good, "Detail": "[1]"},
            {**good, "Detail": '{"text": "\\ud800"}'},
            {**good, "Detail": '{"a":' * 600 + "1" + "}" * 600},
            {**good, "DetailType": "t" * 129},
            good,
        ]
    )
    assert answer["FailedEntryCount"] == 7
    faults = [(each.get("ErrorCode"), each.get("ErrorMessage")) for each in answer["Entries"]]
    assert faults == [
        ("NotAuthorizedForSourceException", "Not authorized for the source."),
        (
            "InvalidArgument",
            "Parameter Source is not valid. Reason: Source is a required argument."
            " Parameter DetailType is not valid. Reason: DetailType is a required argument.",
        ),
        *[("MalformedDetail", "Detail is malformed.")] * 4,
        (
            "InvalidArgument",
            "Parameter DetailType is not valid. Reason: it has 129 characters, expected at most"
            " 128.",
        ),
        (None, None),
    ]
    assert inbox.first()["id"] == answer["Entries"][7]["EventId"]


def test_a_deeply_nested_event_arrives(event_lab: EventLab) -> None:
    source = sources(event_lab)
    inbox = event_lab.listen({"source": [source]})
    detail: dict[str, Any] = {}
    for _ in range(490):
        detail = {"a": detail}
    event_lab.send(source, detail)
    assert inbox.first()["detail"] == detail


def test_requests_beyond_the_limits_are_refused(event_lab: EventLab) -> None:
    entry = {"Source": "shop", "DetailType": "T", "Detail": json.dumps({"text": "x" * 600_000})}
    code, message = error_of(event_lab.events.put_events, Entries=[entry, entry])
    assert code == "ValidationException"
    assert "1048576" in message
    code, _ = error_of(event_lab.events.put_events, Entries=[{**entry, "Detail": "{}"}] * 11)
    assert code == "ValidationException"


def test_events_arrive_in_order(event_lab: EventLab) -> None:
    source = sources(event_lab)
    inbox = event_lab.listen({"source": [source]})
    for number in range(20):
        event_lab.send(source, {"number": number})
    arrived = inbox.until(lambda bodies: len(bodies) == 20)
    assert [event["detail"]["number"] for event in arrived] == list(range(20))


def test_a_rule_sees_nothing_before_it_and_nothing_while_it_is_disabled(
    event_lab: EventLab,
) -> None:
    source = sources(event_lab)
    event_lab.send(source, {"when": "before"})
    inbox = event_lab.inbox()
    rule = event_lab.rule({"source": [source]}, {"Arn": inbox.arn})
    event_lab.events.disable_rule(Name=rule)
    event_lab.send(source, {"when": "disabled"})
    event_lab.events.enable_rule(Name=rule)
    event_lab.send(source, {"when": "enabled"})
    assert inbox.first()["detail"] == {"when": "enabled"}


def test_a_target_gets_what_its_transformer_makes(event_lab: EventLab) -> None:
    source = sources(event_lab)
    inboxes = [event_lab.inbox() for _ in range(3)]
    rule = event_lab.rule(
        {"source": [source]},
        {"Arn": inboxes[0].arn, "Input": '{"constant": true}'},
        {"Arn": inboxes[1].arn, "InputPath": "$.detail.name"},
        {
            "Arn": inboxes[2].arn,
            "InputTransformer": {
                "InputPathsMap": {"name": "$.detail.name"},
                "InputTemplate": '{"by": "<aws.events.rule-name>", "name": <name>}',
            },
        },
    )
    event_lab.send(source, {"name": "book"})
    assert inboxes[0].first() == {"constant": True}
    assert inboxes[1].first() == "book"
    assert inboxes[2].first() == {"by": rule, "name": "book"}


def test_a_bus_has_its_own_events_and_those_that_a_rule_sends_on(
    event_lab: EventLab, unique: Callable[[str], str]
) -> None:
    source, bus = sources(event_lab), unique("bus")
    bus_arn = event_lab.events.create_event_bus(Name=bus)["EventBusArn"]
    inbox = event_lab.inbox()
    rule = event_lab.rule({"source": [source]}, {"Arn": inbox.arn}, EventBusName=bus)
    only_default = event_lab.listen({"source": [source], "detail": {"to": ["bus"]}})
    event_lab.send(source, {"to": "bus"}, EventBusName=bus_arn)
    assert inbox.first()["detail"] == {"to": "bus"}

    event_lab.rule({"source": [source], "detail": {"to": ["default"]}}, {"Arn": bus_arn})
    event_id = event_lab.send(source, {"to": "default"})
    forwarded = inbox.until(lambda bodies: len(bodies) == 2)[1]
    assert (forwarded["id"], forwarded["detail"]) == (event_id, {"to": "default"})
    only_default.receive(wait_seconds=0)
    assert only_default.messages == []
    event_lab.events.remove_targets(Rule=rule, EventBusName=bus, Ids=["0"])
    event_lab.events.delete_rule(Name=rule, EventBusName=bus)
    event_lab.events.delete_event_bus(Name=bus)
    event_lab.forget(rule)


def test_events_that_go_in_a_circle_come_to_an_end(
    event_lab: EventLab, unique: Callable[[str], str]
) -> None:
    source, dead = sources(event_lab), event_lab.inbox()
    event_lab.rule(
        {"source": [source]},
        {
            "Arn": f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/default",
            "DeadLetterConfig": {"Arn": dead.arn},
        },
    )
    event_id = event_lab.send(source)
    assert dead.first()["id"] == event_id
    message = dead.messages[0]["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
    assert "rules send it in a circle" in message


@pytest.mark.parametrize(
    ("target", "error_code"),
    [
        ({"Arn": queue_arn("no-such-queue")}, "NO_RESOURCE"),
        (
            {"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:no-such-function"},
            "NO_RESOURCE",
        ),
        ({"Arn": f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:no-such-topic"}, "NO_RESOURCE"),
        (
            {
                "Arn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:pipeline/none",
                "RoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/none",
            },
            "FAILED_TO_ASSUME_ROLE",
        ),
        (
            {
                "Arn": queue_arn("any"),
                "InputTransformer": {
                    "InputPathsMap": {"none": "$.detail.none"},
                    "InputTemplate": '{"none": <none>}',
                },
            },
            "INVALID_JSON",
        ),
    ],
)
def test_what_no_target_takes_is_a_dead_letter(
    event_lab: EventLab, target: dict[str, Any], error_code: str
) -> None:
    """Source: the attributes in "Using dead-letter queues to process undelivered events"."""
    source, dead = sources(event_lab), event_lab.inbox()
    rule = event_lab.rule({"source": [source]}, {**target, "DeadLetterConfig": {"Arn": dead.arn}})
    event_id = event_lab.send(source, {"kept": True})

    event = dead.first()

    assert (event["id"], event["detail"]) == (event_id, {"kept": True})
    attributes = {
        name: each["StringValue"] for name, each in dead.messages[0]["MessageAttributes"].items()
    }
    assert attributes.pop("ERROR_MESSAGE")
    assert attributes == {
        "RULE_ARN": f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{rule}",
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": error_code,
        "RETRY_ATTEMPTS": "0",
    }


def test_no_acknowledged_event_is_lost_when_killed(
    own_emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    lab = EventLab(own_emulator, unique)
    inbox = lab.listen({"source": ["shop"]})
    sent: set[str] = set()
    for _ in range(2):
        entry = {"Source": "shop", "DetailType": "T", "Detail": "{}"}
        answer = lab.events.put_events(Entries=[entry] * 10)
        sent |= {each["EventId"] for each in answer["Entries"]}
        own_emulator.kill()
        own_emulator.start()
        inbox.sqs = own_emulator.client("sqs")
    arrived = inbox.until(lambda bodies: {event["id"] for event in bodies} >= sent)
    assert {event["id"] for event in arrived} == sent
