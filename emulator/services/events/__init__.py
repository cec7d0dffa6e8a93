"""EventBridge: events, from the services that emit them to the targets of rules.

``outbox``          events that wait; any service leaves its own there
``names``           buses and rules: ARNs, keys, errors, pages
``buses``, ``bus_policies``, ``rules``, ``rule_targets``, ``publishing``, ``tags``  the operations
``matching_rules``  which rules of a bus an event is for
``patterns``        event patterns, pure
``schedules``       rate and cron expressions, pure
``scheduler``       the thread that keeps to them
``inputs``          what a target is given
``delivery``        the thread that delivers, at least once
``targets``         what can be delivered to
``signals``         how the threads are woken

An event is matched when it comes, and dropped if no rule wants it, so that an emulator without
rules pays for no events. What is matched is kept until every target has it.
"""

import asyncio
from collections.abc import Mapping

from emulator.context import Context, Handler
from emulator.services.events import (
    bus_policies,
    buses,
    publishing,
    rule_targets,
    rules,
    scheduler,
    signals,
    tags,
)
from emulator.services.events.delivery import dispatcher
from emulator.services.events.names import RULE
from emulator.store import Document

OPERATIONS: Mapping[str, Handler] = {
    **buses.OPERATIONS,
    **bus_policies.OPERATIONS,
    **rules.OPERATIONS,
    **rule_targets.OPERATIONS,
    **publishing.OPERATIONS,
    **tags.OPERATIONS,
}


def _note_rule(context: Context, before: Document | None, after: Document | None) -> None:
    signals.signals_of(context).rules_changed.set()


OBSERVERS = ((RULE, _note_rule),)


def recover(context: Context) -> None:
    """Go on with what was not delivered when the last emulator ended."""
    buses.ensure_default_bus(context)
    # Other services recover after this one, and would take what they start on an event for what
    # has died.
    asyncio.get_running_loop().call_soon(_start_threads, context)


def _start_threads(context: Context) -> None:
    signals.start(context, "event-delivery", dispatcher.run)
    signals.start(context, "event-schedules", scheduler.run)


def shut_down(context: Context) -> None:
    """Let the threads end; what they leave is delivered after the next start."""
    signals.stop(context)
