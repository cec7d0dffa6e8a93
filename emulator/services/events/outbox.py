"""Events on their way to the event bus."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from emulator.context import Context

KIND = "WaitingEvent"


def emit(
    context: Context,
    source: str,
    detail_type: str,
    resources: Sequence[str],
    detail: Mapping[str, Any],
) -> str:
    """Keep an event of one of AWS's services for delivery, and give its id.

    Within a transaction of the store the event is kept with the change that it tells of, or not at
    all; that is what makes its delivery certain, though it may come twice.

    Source: "AWS service event metadata" of the EventBridge user guide.
    """
    event_id = str(uuid.uuid4())
    time = datetime.fromtimestamp(context.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    event = {
        "version": "0",
        "id": event_id,
        "detail-type": detail_type,
        "source": source,
        "account": context.settings.account_id,
        "time": time,
        "region": context.settings.region,
        "resources": list(resources),
        "detail": dict(detail),
    }
    context.store.insert(KIND, event_id, event)
    return event_id
