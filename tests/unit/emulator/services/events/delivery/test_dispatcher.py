"""Deliveries that are tried again, given up and acknowledged, to a target of the test's own."""

from dataclasses import dataclass, field

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.events import outbox
from emulator.services.events.delivery import dead_letters, deliveries, dispatcher
from emulator.services.events.delivery.deliveries import Delivery
from emulator.services.events.delivery.dispatcher import Ways
from emulator.services.events.delivery.failures import DeliveryFailed
from emulator.services.events.rule_targets import put_targets
from emulator.services.events.rules import put_rule

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
DEAD = "arn:aws:sqs:us-east-1:123456789012:dead"
BUSY = AwsError("ThrottlingException", "busy")


@dataclass
class Target:
    """A target that fails with ``faults`` first, and what became of the deliveries."""

    faults: list[Exception] = field(default_factory=list)
    received: list[Delivery] = field(default_factory=list)
    buried: list[tuple[Delivery, DeliveryFailed, str | None]] = field(default_factory=list)

    @property
    def ways(self) -> Ways:
        return Ways(self.take, lambda context, *what: self.buried.append(what))

    def take(self, context: Context, delivery: Delivery) -> None:
        self.received.append(delivery)
        if self.faults:
            raise self.faults.pop(0)


def listen(context, **members):
    put_rule(context, {"Name": "r", "EventPattern": '{"source": ["aws.x"]}'})
    put_targets(context, {"Rule": "r", "Targets": [{"Id": "1", "Arn": QUEUE, **members}]})


def test_a_delivery_is_forgotten_once_the_target_has_it(context):
    target = Target()
    listen(context)
    outbox.emit(context, "aws.x", "T", [], {})
    dispatcher.match_waiting(context)
    assert list(outbox.waiting_events(context)) == []
    assert dispatcher.deliver_due(context, target.ways) is None
    assert len(target.received) == 1
    assert context.store.list(deliveries.KIND) == []


def test_an_attempt_that_fails_comes_again_as_the_same_delivery(context, clock):
    target = Target()
    listen(context)
    target.faults = [BUSY, BUSY]
    outbox.emit(context, "aws.x", "T", [], {})
    dispatcher.match_waiting(context)
    assert dispatcher.deliver_due(context, target.ways) == clock.now + 1
    assert dispatcher.deliver_due(context, target.ways) == clock.now + 1
    assert len(target.received) == 1
    clock.now += 1
    assert dispatcher.deliver_due(context, target.ways) == clock.now + 2
    clock.now += 2
    assert dispatcher.deliver_due(context, target.ways) is None
    assert [each.attempts for each in target.received] == [0, 1, 2]
    assert len({each.id for each in target.received}) == 1


def test_a_delivery_that_was_not_acknowledged_is_there_after_a_restart(context):
    """What a killed emulator leaves behind is what the store has before the acknowledgement."""
    target = Target()
    listen(context)
    outbox.emit(context, "aws.x", "T", [], {})
    dispatcher.match_waiting(context)
    (kept,) = context.store.list(deliveries.KIND)
    dispatcher.deliver_due(context, target.ways)
    context.store.insert(deliveries.KIND, kept["Id"], kept)
    dispatcher.deliver_due(context, target.ways)
    first, second = target.received
    assert first == second


def test_what_was_given_up_is_a_dead_letter_with_the_limit_that_ended_it(
    context,
    clock,
):
    target = Target()
    listen(context, RetryPolicy={"MaximumRetryAttempts": 1}, DeadLetterConfig={"Arn": DEAD})
    target.faults = [BUSY, BUSY]
    event_id = outbox.emit(context, "aws.x", "T", [], {})
    dispatcher.match_waiting(context)
    dispatcher.deliver_due(context, target.ways)
    clock.now += 1
    assert dispatcher.deliver_due(context, target.ways) is None
    ((delivery, failure, condition),) = target.buried
    assert delivery.occasion.event["id"] == event_id
    assert dead_letters.attributes_of(delivery, failure, condition) == {
        "RULE_ARN": "arn:aws:events:us-east-1:123456789012:rule/r",
        "TARGET_ARN": QUEUE,
        "ERROR_CODE": "THROTTLING",
        "ERROR_MESSAGE": "ThrottlingException: busy",
        "RETRY_ATTEMPTS": "1",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
    }
    assert context.store.list(deliveries.KIND) == []


def test_one_target_that_fails_does_not_hold_up_another(context):
    target = Target()
    listen(context)
    put_targets(context, {"Rule": "r", "Targets": [{"Id": "2", "Arn": QUEUE}]})
    target.faults = [BUSY]
    outbox.emit(context, "aws.x", "T", [], {})
    dispatcher.match_waiting(context)
    dispatcher.deliver_due(context, target.ways)
    assert [each.target["Id"] for each in target.received] == ["1", "2"]
    assert [each["Target"]["Id"] for each in context.store.list(deliveries.KIND)] == ["1"]
