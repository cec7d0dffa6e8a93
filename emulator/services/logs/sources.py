"""A group's streams from both places: the files of jobs, and the store for the callers' own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from emulator.context import Context
from emulator.errors import AwsError
from emulator.page_tokens import entry_before
from emulator.services.logs.files import Event, LogFile, log_files, read_events, time_span

GROUP_KIND = "LogGroup"
STREAM_KIND = "LogStream"
EVENTS_KIND = "LogEvents"
_Place = TypeVar("_Place")
_BETWEEN = ":"  # in no group's nor stream's name


@dataclass(frozen=True)
class Stream:
    """A stream; times in epoch milliseconds, None while it has no events."""

    name: str
    created: int
    first_timestamp: int | None
    last_timestamp: int | None
    last_ingestion: int | None
    path: Path | None


def groups(context: Context) -> list[dict[str, Any]]:
    """The documents of all groups, by name; one that only jobs have written to is among them."""
    found = {group["logGroupName"]: group for group in context.store.list(GROUP_KIND)}
    for file in log_files(_folder(context)):
        name = _full_name(file.group, found)
        group = found.setdefault(name, {"logGroupName": name, "storedBytes": 0})
        created = _created(file.path)
        group["creationTime"] = min(created, group.get("creationTime", created))
        group["storedBytes"] = group.get("storedBytes", 0) + file.path.stat().st_size
    return [found[name] for name in sorted(found)]


def find_group(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """The group that a request names, by its name or its ARN.

    Raises:
        AwsError: InvalidParameterException; ResourceNotFoundException.
    """
    name, identifier = request.get("logGroupName"), request.get("logGroupIdentifier")
    if (name is None) == (identifier is None):
        raise invalid("Exactly one of logGroupName and logGroupIdentifier must be given.")
    if name is None:
        name = str(identifier).partition(":log-group:")[2].removesuffix(":*") or identifier
    for group in groups(context):
        if group["logGroupName"] == name:
            return group
    raise not_found("The specified log group does not exist.")


def streams(context: Context, group: str) -> list[Stream]:
    """The group's streams, by name."""
    found = {
        document["logStreamName"]: _stored_stream(document)
        for document in context.store.list(STREAM_KIND, _prefix(group))
    }
    for file in files_of(context, group):
        found.setdefault(file.stream, _file_stream(file))
    return [found[name] for name in sorted(found)]


def find_stream(context: Context, group: str, name: str) -> Stream:
    """The stream of the group.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    document = context.store.get(STREAM_KIND, stream_key(group, name))
    if document is not None:
        return _stored_stream(document)
    for file in files_of(context, group):
        if file.stream == name:
            return _file_stream(file)
    raise not_found("The specified log stream does not exist.")


def events(context: Context, group: str, stream: Stream) -> list[Event]:
    """The stream's events in the order of their times."""
    if stream.path is not None:
        return read_events(stream.path)
    batches = context.store.list(EVENTS_KIND, _prefix(group) + stream.name + _BETWEEN)
    found = [
        Event(timestamp, message, batch["ingestionTime"])
        for batch in batches
        for timestamp, message in batch["events"]
    ]
    return sorted(found, key=lambda event: event.timestamp)


def forget(context: Context, group: str, stream: str | None = None) -> None:
    """Remove the group's streams and their events, or one stream's, from the store."""
    prefix = _prefix(group)
    events_prefix = prefix if stream is None else prefix + stream + _BETWEEN
    with context.store.transaction():
        for document in context.store.list(EVENTS_KIND, events_prefix):
            context.store.delete(EVENTS_KIND, document["_key"])
        if stream is not None:
            context.store.delete(STREAM_KIND, prefix + stream)
            return
        for document in context.store.list(STREAM_KIND, prefix):
            context.store.delete(STREAM_KIND, prefix + document["logStreamName"])


def files_of(context: Context, group: str) -> Iterator[LogFile]:
    """The files that are streams of the group."""
    bare = group.lstrip("/")
    return (file for file in log_files(_folder(context)) if file.group == bare)


def stream_key(group: str, stream: str) -> str:
    """The name of a stream in the store."""
    return _prefix(group) + stream


def batch_key(group: str, stream: str, number: int) -> str:
    """The name of a batch of events in the store."""
    return f"{stream_key(group, stream)}{_BETWEEN}{number}"


def _prefix(group: str) -> str:
    return group + _BETWEEN


def _folder(context: Context) -> Path:
    return context.settings.data_dir / "logs"


def _full_name(bare: str, known: Mapping[str, Any]) -> str:
    slashed = f"/{bare}"
    if slashed in known or (bare.startswith("aws/") and bare not in known):
        return slashed
    return bare


def _stored_stream(document: Mapping[str, Any]) -> Stream:
    return Stream(
        document["logStreamName"],
        document["creationTime"],
        document.get("firstEventTimestamp"),
        document.get("lastEventTimestamp"),
        document.get("lastIngestionTime"),
        None,
    )


def _file_stream(file: LogFile) -> Stream:
    first, last = time_span(file.path) or (None, None)
    return Stream(file.stream, _created(file.path), first, last, last, file.path)


def _created(path: Path) -> int:
    span = time_span(path)
    return span[0] if span else int(path.stat().st_mtime * 1000)


def place_of(
    request: Mapping[str, Any], list_name: str, read: Callable[[str], _Place], first: _Place
) -> _Place:
    """Where a request's nextToken lets the list go on; without one, at the first place.

    Raises:
        AwsError: InvalidParameterException, if it is none that the list gave.
    """
    token = request.get("nextToken")
    try:
        return first if token is None else read(entry_before(list_name, token))
    except ValueError as error:
        raise invalid("The specified nextToken is invalid.") from error


def invalid(message: str) -> AwsError:
    """The answer to a parameter that is not acceptable."""
    return AwsError("InvalidParameterException", message)


def not_found(message: str) -> AwsError:
    """The answer to a group or a stream that is not there."""
    return AwsError("ResourceNotFoundException", message)
