"""What is kept of an event, and when."""

import json

import pytest

from emulator.services.events import outbox
from emulator.services.events.rule_targets import put_targets
from emulator.services.events.rules import put_rule

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"


def listen(context, pattern, **members):
    put_rule(context, {"Name": "r", "EventPattern": json.dumps(pattern), **members})
    put_targets(context, {"Rule": "r", "Targets": [{"Id": "1", "Arn": QUEUE}]})


def emit(context, **detail):
    return outbox.emit(context, "aws.codecommit", "Change", ["arn:aws:x"], detail)


def test_an_event_that_no_rule_wants_is_dropped(context):
    emit(context)
    listen(context, {"source": ["aws.other"]})
    emit(context)
    assert list(outbox.waiting_events(context)) == []


def test_an_event_that_a_rule_wants_waits_with_its_envelope(context):
    listen(context, {"source": ["aws.codecommit"]})
    event_id = emit(context, state="new")
    (waiting,) = outbox.waiting_events(context)
    # Source: "AWS service event metadata" of the EventBridge user guide.
    assert waiting.event == {
        "version": "0",
        "id": event_id,
        "detail-type": "Change",
        "source": "aws.codecommit",
        "account": "123456789012",
        "time": "1970-01-12T13:46:40Z",
        "region": "us-east-1",
        "resources": ["arn:aws:x"],
        "detail": {"state": "new"},
    }
    assert (waiting.bus, waiting.ingestion_time, waiting.hops) == ("default", 1_000_000.0, 0)


def test_an_event_is_kept_with_its_change_or_not_at_all(context):
    listen(context, {"source": ["aws.codecommit"]})

    def change_and_fail():
        with context.store.transaction():
            emit(context)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        change_and_fail()
    assert list(outbox.waiting_events(context)) == []


def test_a_rule_without_a_target_or_disabled_wants_nothing(context):
    put_rule(context, {"Name": "bare", "EventPattern": '{"source": ["aws.codecommit"]}'})
    listen(context, {"source": ["aws.codecommit"]}, State="DISABLED")
    emit(context)
    assert list(outbox.waiting_events(context)) == []
    assert not outbox.is_heard(context, "aws.codecommit", "Change")


def test_a_listener_is_told_by_source_and_type(context):
    listen(context, {"source": ["aws.codecommit"], "detail-type": ["Change"]})
    assert outbox.is_heard(context, "aws.codecommit", "Change")
    assert not outbox.is_heard(context, "aws.codecommit", "Other")
    assert not outbox.is_heard(context, "aws.sagemaker", "Change")
