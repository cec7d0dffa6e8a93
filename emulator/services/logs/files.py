"""The log files that jobs write, as groups and streams.

A file is ``<group without its leading slash>/<stream>.log``; a line is the time in epoch
milliseconds, a tab and the text. Both names can have slashes, so where the one ends is known by
what AWS calls its groups.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# /aws/sagemaker/TrainingJobs, /aws/sagemaker/Endpoints/NAME, /aws/lambda/NAME, /aws/emr-serverless,
# /aws/codebuild/NAME and, ours, /aws/emr/CLUSTER_ID
_GROUP = re.compile(
    r"(aws/sagemaker/Endpoints/[^/]+|aws/sagemaker/[^/]+|aws/lambda/[^/]+|aws/emr-serverless"
    r"|aws/emr/[^/]+|aws/codebuild/[^/]+)/(.+)"
)
# A function can log to a group of any name; its streams are then known by their date.
_FUNCTION_STREAM = re.compile(r"(.+?)/(\d{4}/\d{2}/\d{2}/\[.+)")
_SUFFIX = ".log"
# For a slash in the name of a stream whose group can have any name: it is in no such name itself.
_SLASH = "%2F"
_FIRST_LINE_BYTES = 1 << 16


@dataclass(frozen=True)
class LogFile:
    """A stream that is a file. The group's name has no leading slash."""

    group: str
    stream: str
    path: Path


@dataclass(frozen=True)
class Event:
    """An event; times in epoch milliseconds."""

    timestamp: int
    message: str
    ingestion_time: int


def log_files(folder: Path) -> Iterator[LogFile]:
    """The streams of the folder, by name."""
    for path in sorted(folder.rglob(f"*{_SUFFIX}")):
        group, stream = _split(path.relative_to(folder).as_posix().removesuffix(_SUFFIX))
        if path.is_file():
            yield LogFile(group, stream, path)


def stream_file(folder: Path, group: str, stream: str) -> Path:
    """Where the stream of a group of any name lies, whose names were checked by the caller."""
    return folder / group.removeprefix("/") / f"{stream.replace('/', _SLASH)}{_SUFFIX}"


def _split(name: str) -> tuple[str, str]:
    group, separator, stream = name.rpartition("/")
    if separator and _SLASH in stream:
        return group, stream.replace(_SLASH, "/")
    match = _GROUP.fullmatch(name) or _FUNCTION_STREAM.fullmatch(name)
    if match:
        return match[1], match[2]
    return group, stream


def read_events(path: Path) -> list[Event]:
    """The events of a file, in the order of their times. A line still being written is left out."""
    content = path.read_bytes()
    lines = content[: content.rfind(b"\n") + 1].decode("utf-8", "replace").split("\n")[:-1]
    events: list[Event] = []
    timestamp = int(path.stat().st_mtime * 1000)
    for line in lines:
        time_text, tab, message = line.partition("\t")
        if tab and time_text.isdecimal():
            timestamp = int(time_text)
        else:
            message = line
        events.append(Event(timestamp, message, timestamp))
    return sorted(events, key=lambda event: event.timestamp)


def time_span(path: Path) -> tuple[int, int] | None:
    """The times of the first and the last event, without reading all between; None if empty."""
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_FIRST_LINE_BYTES)
        file.seek(max(0, size_bytes - _FIRST_LINE_BYTES))
        tail = file.read()
    first = _first_time(head.split(b"\n"))
    last = _first_time(reversed(tail[: tail.rfind(b"\n") + 1].split(b"\n")))
    return (first, last or first) if first is not None else None


def _first_time(lines: "Iterator[bytes] | list[bytes]") -> int | None:
    for line in lines:
        time_text, tab, _ = line.partition(b"\t")
        if tab and time_text.isdigit():
            return int(time_text)
    return None
