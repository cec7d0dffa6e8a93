"""The thread that makes the events of scheduled rules."""

import logging
from collections.abc import Iterable

from emulator.context import Context
from emulator.services.events.delivery import deliveries
from emulator.services.events.names import DEFAULT_BUS, DISABLED, rules_of
from emulator.services.events.outbox import new_event
from emulator.services.events.schedules import read_schedule
from emulator.services.events.signals import signals_of
from emulator.store import Document

logger = logging.getLogger(__name__)

# A thread can sleep no longer than the system's clock counts.
_LONGEST_SLEEP_SECONDS = 86_400.0


def run(context: Context) -> None:
    """Tick until the emulator ends; without a schedule it sleeps.

    What was due while the emulator was down is not made up for: AWS is never down, and who starts
    an emulator again wants no day's worth of events at once.
    """
    signals = signals_of(context)
    since = context.clock()
    while not signals.is_stopping:
        signals.rules_changed.clear()
        since = tick(context, since)
        due = next_time(rules_of(context, DEFAULT_BUS), since)
        signals.rules_changed.wait(
            None if due is None else min(max(0.0, due - context.clock()), _LONGEST_SLEEP_SECONDS)
        )


def tick(context: Context, since: float) -> float:
    """Make the events that were due after ``since``, one for each rule; gives the time now."""
    now = context.clock()
    for rule in _scheduled(rules_of(context, DEFAULT_BUS)):
        due = _next_after(rule, since)
        if due is not None and due <= now:
            _fire(context, rule, due)
    return now


def next_time(rules: Iterable[Document], now: float) -> float | None:
    """When the first of the rules is due, in epoch seconds; None where none has a schedule."""
    times = [_next_after(rule, now) for rule in _scheduled(rules)]
    return min((time for time in times if time is not None), default=None)


def _scheduled(rules: Iterable[Document]) -> list[Document]:
    return [rule for rule in rules if rule["State"] != DISABLED and "ScheduleExpression" in rule]


def _next_after(rule: Document, now: float) -> float | None:
    return read_schedule(rule["ScheduleExpression"]).next_after(rule["_ScheduleStart"], now)


def _fire(context: Context, rule: Document, due: float) -> None:
    """Give the rule's targets a scheduled event.

    Source: "Scheduled Event" among the events of the EventBridge user guide.
    """
    event = new_event(context, "aws.events", "Scheduled Event", [rule["Arn"]], {}, due)
    with context.store.transaction():
        deliveries.keep(context, rule, event, context.clock())
    signals_of(context).events_waiting.set()
