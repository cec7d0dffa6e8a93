"""Operations on log streams."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context, Handler, blocking
from emulator.errors import AwsError
from emulator.page_tokens import token_after
from emulator.services.logs.sources import (
    STREAM_KIND,
    Stream,
    find_group,
    find_stream,
    forget,
    invalid,
    place_of,
    stream_key,
    streams,
)
from emulator.store import AlreadyExists

_STREAMS = "DescribeLogStreams"
_PAGE_STREAMS = 50


def create_log_stream(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Make a stream in a group."""
    group, name = find_group(context, request)["logGroupName"], request["logStreamName"]
    document = {
        "logGroupName": group,
        "logStreamName": name,
        "creationTime": int(context.clock() * 1000),
    }
    try:
        if any(stream.name == name for stream in streams(context, group)):
            raise AlreadyExists(STREAM_KIND, name)
        context.store.insert(STREAM_KIND, stream_key(group, name), document)
    except AlreadyExists as error:
        raise AwsError(
            "ResourceAlreadyExistsException", "The specified log stream already exists"
        ) from error
    return {}


def delete_log_stream(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Remove a stream with its events."""
    group = find_group(context, request)["logGroupName"]
    stream = find_stream(context, group, request["logStreamName"])
    forget(context, group, stream.name)
    if stream.path is not None:
        stream.path.unlink(missing_ok=True)
    return {}


@blocking
def describe_log_streams(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The streams of a group by name or by their last event, in pages."""
    prefix = request.get("logStreamNamePrefix", "")
    is_by_time = request.get("orderBy") == "LastEventTime"
    if is_by_time and prefix:
        raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    group = find_group(context, request)["logGroupName"]
    found = [stream for stream in streams(context, group) if stream.name.startswith(prefix)]
    if is_by_time:
        found.sort(key=lambda stream: stream.last_timestamp or 0)
    if request.get("descending"):
        found.reverse()
    start = place_of(request, _STREAMS, int, 0)
    limit = request.get("limit", _PAGE_STREAMS)
    page = found[start : start + limit]
    answer: dict[str, Any] = {"logStreams": [_described(context, group, stream) for stream in page]}
    if start + limit < len(found):
        answer["nextToken"] = token_after(_STREAMS, str(start + limit))
    return answer


def _described(context: Context, group: str, stream: Stream) -> dict[str, Any]:
    settings = context.settings
    described = {
        "logStreamName": stream.name,
        "creationTime": stream.created,
        "firstEventTimestamp": stream.first_timestamp,
        "lastEventTimestamp": stream.last_timestamp,
        "lastIngestionTime": stream.last_ingestion,
        "arn": f"arn:aws:logs:{settings.region}:{settings.account_id}:log-group:{group}"
        f":log-stream:{stream.name}",
        # AWS: "the storedBytes parameter for log streams is deprecated and always zero".
        "storedBytes": 0,
    }
    return {name: value for name, value in described.items() if value is not None}


OPERATIONS: Mapping[str, Handler] = {
    "CreateLogStream": create_log_stream,
    "DeleteLogStream": delete_log_stream,
    "DescribeLogStreams": describe_log_streams,
}
