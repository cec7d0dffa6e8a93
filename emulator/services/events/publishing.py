"""PutEvents: custom events, each taken or refused by itself."""

import json
from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError, unsupported, validation_error
from emulator.json_text import is_deeper, read_json
from emulator.services.events.names import bus_name, existing_bus
from emulator.services.events.outbox import Waiting, keep, new_event

# Source: PutEvents in the API reference, "The total entry size must be less than 1MB".
_BYTES_AT_MOST = 1_048_576
_TIME_BYTES = 14
_REQUIRED = ("Source", "DetailType", "Detail")
_RESERVED_SOURCES = "aws."
_DETAIL_TYPE_CHARACTERS = 128
# AWS takes 1,000; Python writes JSON within its limit of calls, of which others are used already.
_LEVELS_AT_MOST = 500

Entry = Mapping[str, Any]


def put_events(context: Context, request: Request) -> Answer:
    """Hand events to their buses; the answer has an id or a fault for each, in order.

    Events for a bus that is not there are taken, and nobody gets them, as on AWS.

    Raises:
        AwsError: ValidationException for too large a request.
    """
    if "EndpointId" in request:
        raise unsupported("PutEvents with EndpointId is not emulated: there are no endpoints.")
    entries = request["Entries"]
    size_bytes = sum(map(entry_size_bytes, entries))
    if size_bytes >= _BYTES_AT_MOST:
        raise validation_error(
            f"Total size of the entries in the request is over the limit: {size_bytes} bytes,"
            f" expected less than {_BYTES_AT_MOST}."
        )
    with context.store.transaction():
        results = [_put(context, entry) for entry in entries]
    failed = sum("ErrorCode" in result for result in results)
    return {"FailedEntryCount": failed, "Entries": results}


def entry_size_bytes(entry: Entry) -> int:
    """The size that counts.

    Source: "Calculating PutEvents event entry size" of the EventBridge user guide.
    """
    texts = [entry.get(key, "") for key in _REQUIRED]
    texts += entry.get("Resources", [])
    return sum(len(text.encode()) for text in texts) + (_TIME_BYTES if "Time" in entry else 0)


def _put(context: Context, entry: Entry) -> dict[str, str]:
    try:
        detail = _checked_detail(context, entry)
        bus = bus_name(context, entry.get("EventBusName"))
        existing = _exists(context, bus)
    except AwsError as error:
        return {"ErrorCode": error.code, "ErrorMessage": error.message}
    event = new_event(
        context,
        entry["Source"],
        entry["DetailType"],
        entry.get("Resources", []),
        detail,
        entry.get("Time"),
    )
    if existing:
        keep(context, Waiting(event, bus, context.clock()))
    return {"EventId": event["id"]}


def _exists(context: Context, bus: str) -> bool:
    try:
        existing_bus(context, bus)
    except AwsError:
        return False
    return True


def _checked_detail(context: Context, entry: Entry) -> dict[str, Any]:
    """The detail of an entry that can be taken.

    Source: ErrorCode of PutEventsResultEntry in the API reference.
    """
    missing = [member for member in _REQUIRED if not entry.get(member)]
    if missing:
        faults = [
            f"Parameter {member} is not valid. Reason: {member} is a required argument."
            for member in missing
        ]
        raise AwsError("InvalidArgument", " ".join(faults))
    if entry["Source"].startswith(_RESERVED_SOURCES):
        raise AwsError("NotAuthorizedForSourceException", "Not authorized for the source.")
    if len(entry["DetailType"]) > _DETAIL_TYPE_CHARACTERS:
        raise AwsError(
            "InvalidArgument",
            f"Parameter DetailType is not valid. Reason: it has {len(entry['DetailType'])}"
            f" characters, expected at most {_DETAIL_TYPE_CHARACTERS}.",
        )
    return _read_detail(entry["Detail"])


def _read_detail(text: str) -> dict[str, Any]:
    try:
        detail = read_json(text, is_strict=True)
        json.dumps(detail, ensure_ascii=False).encode()  # a lone surrogate could not be delivered
    except (ValueError, RecursionError) as error:
        raise AwsError("MalformedDetail", "Detail is malformed.") from error
    if not isinstance(detail, dict) or is_deeper(detail, _LEVELS_AT_MOST):
        raise AwsError("MalformedDetail", "Detail is malformed.")
    return detail


OPERATIONS: Mapping[str, Handler] = {"PutEvents": put_events}
