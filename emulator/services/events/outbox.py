"""Events on their way to the rules of a bus."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulator.context import Context
from emulator.services.events.matching_rules import matching_rules, may_be_wanted
from emulator.services.events.names import DEFAULT_BUS
from emulator.services.events.signals import signals_of

KIND = "WaitingEvent"

Event = dict[str, Any]


@dataclass(frozen=True)
class Waiting:
    """An event that rules may match.

    Attributes:
        bus: The name of the bus that it came to.
        ingestion_time: When it did, in epoch seconds.
        hops: How many buses it was on before.
    """

    event: Event
    bus: str
    ingestion_time: float
    hops: int = 0


def emit(
    context: Context,
    source: str,
    detail_type: str,
    resources: Sequence[str],
    detail: Mapping[str, Any],
) -> str:
    """Hand an event of one of AWS's services to the default bus, and give its id.

    Within a transaction of the store the event is kept with the change that it tells of, or not at
    all; that is what makes its delivery certain, though it may come twice. An event that no rule
    matches now is dropped here: as on AWS, a rule sees nothing of what was before it.

    Source: "AWS service event metadata" of the EventBridge user guide.
    """
    event = new_event(context, source, detail_type, resources, detail)
    keep(context, Waiting(event, DEFAULT_BUS, context.clock()))
    return str(event["id"])


def is_heard(context: Context, source: str, detail_type: str) -> bool:
    """Whether any rule could match such an event of one of AWS's services now.

    Who has to read something to tell of a change asks this first.
    """
    return may_be_wanted(context, DEFAULT_BUS, {"source": source, "detail-type": detail_type})


def new_event(
    context: Context,
    source: str,
    detail_type: str,
    resources: Sequence[str],
    detail: Mapping[str, Any],
    time: float | None = None,
) -> Event:
    """An event of this account and region that happened now, or at ``time`` in epoch seconds."""
    moment = datetime.fromtimestamp(context.clock() if time is None else time, UTC)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": context.settings.account_id,
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": context.settings.region,
        "resources": list(resources),
        "detail": dict(detail),
    }


def keep(context: Context, waiting: Waiting) -> None:
    """Keep an event until its deliveries are, unless no rule of its bus matches it."""
    if not matching_rules(context, waiting.bus, waiting.event):
        return
    document = {
        **waiting.event,
        "_Bus": waiting.bus,
        "_IngestionTime": waiting.ingestion_time,
        "_Hops": waiting.hops,
    }
    # A bus may forward an event twice: it is the same one.
    context.store.put(KIND, _key(document), document)
    signals_of(context).events_waiting.set()


def waiting_events(context: Context) -> Iterator[Waiting]:
    """The events that wait, the oldest first."""
    for document in context.store.list(KIND):
        event = {key: value for key, value in document.items() if not key.startswith("_")}
        yield Waiting(event, document["_Bus"], document["_IngestionTime"], document["_Hops"])


def forget(context: Context, waiting: Waiting) -> None:
    """Drop an event whose deliveries are kept."""
    context.store.delete(KIND, _key({**waiting.event, "_Bus": waiting.bus}))


def _key(document: Mapping[str, Any]) -> str:
    return f"{document['id']}/{document['_Bus'].encode().hex()}"
