"""Operations on log events."""

import re
import zlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from emulator.context import Context, Handler, blocking
from emulator.services.logs.files import Event
from emulator.services.logs.patterns import compile_pattern
from emulator.services.logs.sources import (
    EVENTS_KIND,
    STREAM_KIND,
    Stream,
    batch_key,
    events,
    find_group,
    find_stream,
    invalid,
    not_found,
    stream_key,
    streams,
)
from emulator.store import Missing

_PAGE_EVENTS = 10_000
_PAGE_BYTES = 1 << 20
_EVENT_OVERHEAD_BYTES = 26
_HOUR_MS = 3_600_000
_FUTURE_MS = 2 * _HOUR_MS
_PAST_MS = 14 * 24 * _HOUR_MS
_SPAN_MS = 24 * _HOUR_MS
_TOKEN = re.compile(r"(?P<direction>[fb])/(?P<position>\d{56})")


@blocking
def get_log_events(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The events of a stream: the last ones, or from the head; tokens lead on in both ways.

    Source: at the end of the stream GetLogEvents "returns the same token you passed in".
    """
    group = find_group(context, request)["logGroupName"]
    found = events(context, group, find_stream(context, group, request["logStreamName"]))
    times = [event.timestamp for event in found]
    lower = bisect_left(times, request.get("startTime", 0))
    upper = bisect_left(times, request["endTime"]) if "endTime" in request else len(found)
    limit = request.get("limit", _PAGE_EVENTS)
    direction, position = _start(request, lower, upper)
    if direction == "f":
        start = min(max(position, lower), upper)
        end = start + _page_length(found[start:upper], limit)
    else:
        end = min(max(position, lower), upper)
        start = end - _page_length(found[lower:end][::-1], limit)
    return {
        "events": [_event(event) for event in found[start:end]],
        "nextForwardToken": f"f/{end:056d}",
        "nextBackwardToken": f"b/{start:056d}",
    }


def _start(request: Mapping[str, Any], lower: int, upper: int) -> tuple[str, int]:
    token = request.get("nextToken")
    if token is None:
        return ("f", lower) if request.get("startFromHead") else ("b", upper)
    return _read_token(token)


def _read_token(token: str) -> tuple[str, int]:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise invalid("The specified nextToken is invalid.")
    return match["direction"], int(match["position"])


def _page_length(candidates: Sequence[Event], limit: int) -> int:
    """How many of the candidates fit into one answer: at most 1 MB, but at least one."""
    size_bytes = 0
    for count, event in enumerate(candidates[:limit]):
        size_bytes += _size_bytes(event.message)
        if size_bytes > _PAGE_BYTES and count:
            return count
    return min(limit, len(candidates))


def _size_bytes(message: str) -> int:
    return len(message.encode()) + _EVENT_OVERHEAD_BYTES


def _event(event: Event) -> dict[str, Any]:
    return {
        "timestamp": event.timestamp,
        "message": event.message,
        "ingestionTime": event.ingestion_time,
    }


@blocking
def filter_log_events(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The events of some or all streams of a group that match a pattern, by time, in pages."""
    matches = compile_pattern(request.get("filterPattern", ""))
    group = find_group(context, request)["logGroupName"]
    start, end = request.get("startTime", 0), request.get("endTime")
    found = [
        (event.timestamp, stream.name, number, event)
        for stream in _chosen(context, group, request)
        for number, event in enumerate(events(context, group, stream))
        if event.timestamp >= start
        and (end is None or event.timestamp <= end)
        and matches(event.message)
    ]
    direction, position = "f" if request.get("startFromHead", True) else "b", 0
    if "nextToken" in request:
        direction, position = _read_token(request["nextToken"])
    found.sort(key=lambda entry: entry[:3], reverse=direction == "b")
    limit = request.get("limit", _PAGE_EVENTS)
    length = _page_length([entry[3] for entry in found[position:]], limit)
    page = found[position : position + length]
    answer: dict[str, Any] = {
        "events": [
            {"logStreamName": stream, "eventId": _event_id(stream, number, event), **_event(event)}
            for _, stream, number, event in page
        ],
        "searchedLogStreams": [],
    }
    if position + length < len(found):
        answer["nextToken"] = f"{direction}/{position + length:056d}"
    return answer


def _chosen(context: Context, group: str, request: Mapping[str, Any]) -> list[Stream]:
    names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix")
    if names is not None and prefix is not None:
        raise invalid("logStreamNames and logStreamNamePrefix are mutually exclusive.")
    if names is not None:
        return [find_stream(context, group, name) for name in names]
    return [stream for stream in streams(context, group) if stream.name.startswith(prefix or "")]


def _event_id(stream: str, number: int, event: Event) -> str:
    return f"{event.timestamp:020d}{zlib.crc32(stream.encode()):012d}{number:024d}"


def put_log_events(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Add events to a stream of one's own; those too old or too new are told and left out."""
    group, name = find_group(context, request)["logGroupName"], request["logStreamName"]
    given = [(event["timestamp"], event["message"]) for event in request["logEvents"]]
    now = int(context.clock() * 1000)
    kept = [pair for pair in given if now - _PAST_MS <= pair[0] <= now + _FUTURE_MS]
    _check_batch(given, kept)
    too_old = sum(timestamp < now - _PAST_MS for timestamp, _ in given)
    too_new = sum(timestamp > now + _FUTURE_MS for timestamp, _ in given)
    number = _append(context, group, name, kept, now)
    rejected = {}
    if too_old:
        rejected["tooOldLogEventEndIndex"] = too_old
    if too_new:
        rejected["tooNewLogEventStartIndex"] = len(given) - too_new
    answer: dict[str, Any] = {"nextSequenceToken": f"{number:056d}"}
    return {**answer, "rejectedLogEventsInfo": rejected} if rejected else answer


def _check_batch(given: Sequence[tuple[int, str]], kept: Sequence[tuple[int, str]]) -> None:
    """Source: PutLogEvents, "the batch of events must satisfy the following constraints"."""
    if any(earlier[0] > later[0] for earlier, later in pairwise(given)):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    if kept and kept[-1][0] - kept[0][0] > _SPAN_MS:
        raise invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24"
            " hours."
        )
    size_bytes = sum(_size_bytes(message) for _, message in given)
    if size_bytes > _PAGE_BYTES:
        raise invalid(
            f"Upload too large: {size_bytes} bytes exceeds limit of {_PAGE_BYTES}, counted as the"
            f" messages in UTF-8 and {_EVENT_OVERHEAD_BYTES} bytes an event."
        )


def _append(
    context: Context, group: str, name: str, kept: Sequence[tuple[int, str]], now: int
) -> int:
    def describe(document: dict[str, Any]) -> None:
        times = [timestamp for timestamp, _ in kept]
        for member, choose in (("firstEventTimestamp", min), ("lastEventTimestamp", max)):
            document[member] = choose([*times, *filter(None, [document.get(member)])])
        document["lastIngestionTime"] = now

    with context.store.transaction():
        number = context.store.next_number("LogEvents")
        try:
            if kept:
                context.store.update(STREAM_KIND, stream_key(group, name), describe)
            elif context.store.get(STREAM_KIND, stream_key(group, name)) is None:
                raise Missing(STREAM_KIND, name)
        except Missing as error:
            raise not_found("The specified log stream does not exist.") from error
        if kept:
            key = batch_key(group, name, number)
            batch = {"_key": key, "ingestionTime": now, "events": [list(pair) for pair in kept]}
            context.store.insert(EVENTS_KIND, key, batch)
    return number


OPERATIONS: Mapping[str, Handler] = {
    "GetLogEvents": get_log_events,
    "FilterLogEvents": filter_log_events,
    "PutLogEvents": put_log_events,
}
