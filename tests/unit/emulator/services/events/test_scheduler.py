"""Ticks of scheduled rules, with a clock that the test moves."""

import time
from functools import partial

from emulator.services.events import OBSERVERS, scheduler, signals
from emulator.services.events.delivery import deliveries
from emulator.services.events.names import RULE, rules_of
from emulator.services.events.rule_targets import put_targets
from emulator.services.events.rules import disable_rule, put_rule

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
START = 1_000_000.0
(_, note_rule) = OBSERVERS[0]


def schedule(context, name="s", expression="rate(5 minutes)"):
    put_rule(context, {"Name": name, "ScheduleExpression": expression})
    put_targets(context, {"Rule": name, "Targets": [{"Id": "1", "Arn": QUEUE}]})


def made(context):
    return [document["Event"] for document in context.store.list(deliveries.KIND)]


def test_a_rule_is_due_at_the_end_of_each_period(context, clock):
    schedule(context)
    assert scheduler.next_time(rules_of(context, "default"), clock.now) == START + 300
    clock.now = START + 299
    since = scheduler.tick(context, START)
    assert made(context) == []
    clock.now = START + 300
    since = scheduler.tick(context, since)
    scheduler.tick(context, since)
    (event,) = made(context)
    # Source: the example of a Scheduled Event in the EventBridge user guide.
    rule_arn = "arn:aws:events:us-east-1:123456789012:rule/s"
    assert {**event, "id": ""} == {
        "version": "0",
        "id": "",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "1970-01-12T13:51:40Z",
        "region": "us-east-1",
        "resources": [rule_arn],
        "detail": {},
    }


def test_what_was_missed_in_a_long_sleep_comes_once(context, clock):
    schedule(context)
    clock.now = START + 3_600
    scheduler.tick(context, START)
    assert len(made(context)) == 1


def test_a_disabled_rule_is_never_due(context, clock):
    schedule(context)
    disable_rule(context, {"Name": "s"})
    clock.now = START + 3_600
    scheduler.tick(context, START)
    assert made(context) == []
    assert scheduler.next_time(rules_of(context, "default"), clock.now) is None


def test_the_first_of_all_rules_is_next(context, clock):
    schedule(context, "slow", "rate(1 day)")
    schedule(context, "quick", "rate(1 minute)")
    schedule(context, "never", "cron(0 0 1 1 ? 1970)")
    assert scheduler.next_time(rules_of(context, "default"), clock.now) == START + 60


def test_the_thread_wakes_for_a_changed_rule_and_ends_when_told(context, clock):
    context.store.observe(RULE, partial(note_rule, context))
    signals.start(context, "schedules", scheduler.run)
    deadline = time.monotonic() + 10
    while not made(context) and time.monotonic() < deadline:
        schedule(context)  # each change wakes it, from a sleep of minutes
        clock.now += 300
        time.sleep(0.005)
    assert {event["detail-type"] for event in made(context)} == {"Scheduled Event"}
    signals.stop(context)
    assert all(end.is_set() for end in signals.signals_of(context).ends)
