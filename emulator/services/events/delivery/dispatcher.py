"""The thread that takes events out of the outbox and to their targets, in order."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from emulator.context import Context
from emulator.services.events import outbox, targets
from emulator.services.events.delivery import dead_letters, deliveries
from emulator.services.events.delivery.deliveries import Delivery
from emulator.services.events.delivery.failures import DeliveryFailed, failure_of
from emulator.services.events.delivery.retries import GivenUp, next_attempt
from emulator.services.events.matching_rules import matching_rules
from emulator.services.events.signals import signals_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ways:
    """What becomes of a delivery.

    Attributes:
        deliver: Gives it to its target, or raises.
        bury: Makes a dead letter of it: the failure, and the limit of retries that was exhausted.
    """

    deliver: Callable[[Context, Delivery], None] = targets.deliver
    bury: Callable[[Context, Delivery, DeliveryFailed, str | None], None] = dead_letters.bury


_WAYS = Ways()


def run(context: Context) -> None:
    """Deliver until the emulator ends; sleeps while there is nothing to do."""
    signals = signals_of(context)
    while not signals.is_stopping:
        signals.events_waiting.clear()
        match_waiting(context)
        due = deliver_due(context)
        signals.events_waiting.wait(None if due is None else max(0.0, due - context.clock()))


def match_waiting(context: Context) -> None:
    """Make deliveries of the events that wait, for the rules as they are now."""
    for waiting in list(outbox.waiting_events(context)):
        with context.store.transaction():
            for rule in matching_rules(context, waiting.bus, waiting.event):
                deliveries.keep(context, rule, waiting.event, waiting.ingestion_time, waiting.hops)
            outbox.forget(context, waiting)


def deliver_due(context: Context, ways: Ways = _WAYS) -> float | None:
    """Attempt what is due; gives when the next delivery is, None if there is none."""
    later = []
    for document in context.store.list(deliveries.KIND):
        if signals_of(context).is_stopping:
            return None
        if document["NextAttemptTime"] <= context.clock():
            until = _attempt(context, ways, deliveries.of_document(document))
        else:
            until = document["NextAttemptTime"]
        if until is not None:
            later.append(until)
    return min(later, default=None)


def _attempt(context: Context, ways: Ways, delivery: Delivery) -> float | None:
    """Deliver, or say when to try again; None when the delivery is done with."""
    try:
        ways.deliver(context, delivery)
    except Exception as error:  # the boundary to what a target is
        logger.info("delivery %s failed", delivery.id, exc_info=True)
        return _after_failure(context, ways, delivery, failure_of(error))
    deliveries.forget(context, delivery)
    return None


def _after_failure(
    context: Context, ways: Ways, delivery: Delivery, failure: DeliveryFailed
) -> float | None:
    condition = None
    if failure.is_retriable:
        policy = delivery.target.get("RetryPolicy", {})
        ingested = delivery.occasion.ingestion_time
        until = next_attempt(policy, delivery.attempts + 1, ingested, context.clock())
        if not isinstance(until, GivenUp):
            deliveries.put_off(context, delivery, until)
            return until
        condition = until.condition
    ways.bury(context, delivery, failure, condition)
    deliveries.forget(context, delivery)
    return None
