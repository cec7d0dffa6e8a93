"""The end of a log in CloudWatch Logs: what the script behind a step said last, and where."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

_TRACEBACK = "Traceback (most recent call last):"
# Source: https://docs.python.org/3/library/traceback.html
_CHAIN_LINKS = ("direct cause of the following", "another exception occurred")
# What SageMaker's training toolkit writes around a script's own output.
# Source: https://github.com/aws/sagemaker-training-toolkit, logging_config.py and trainer.py
_INVOKED = "Invoking script with the following command:"
_REPORTED = "Reporting training FAILURE"
_TOOLKIT = " sagemaker-training-toolkit "
_LINES_OF_COMMAND = 3
_LOG_EVENTS = 1000
_TAIL_LINES = 20


@dataclass(frozen=True)
class JobLog:
    """The end of a log: its stream, and its last lines."""

    group: str
    stream: str
    lines: tuple[str, ...]


def read_log(
    logs: Any, group: str, stream_prefix: str = "", since: datetime | None = None
) -> JobLog | None:
    """The newest stream of a group that starts so, its end; None when there is none.

    Without a prefix, as for an endpoint, the newest is that of the instance that came last, though
    those before it write on. Streams that were made before `since` are left out.
    """
    by_prefix = {"logStreamNamePrefix": stream_prefix}
    by_time = {"orderBy": "LastEventTime", "descending": True}
    try:
        streams = logs.describe_log_streams(
            logGroupName=group, **(by_prefix if stream_prefix else by_time)
        )["logStreams"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    made_after_ms = since.timestamp() * 1000 if since else 0
    streams = [stream for stream in streams if stream.get("creationTime", 0) >= made_after_ms]
    if not streams:
        return None
    time = "lastEventTimestamp" if stream_prefix else "creationTime"
    stream = max(streams, key=lambda entry: entry.get(time, 0))["logStreamName"]
    events = logs.get_log_events(
        logGroupName=group, logStreamName=stream, startFromHead=False, limit=_LOG_EVENTS
    )["events"]
    lines = [line for event in events for line in event["message"].splitlines() or [""]]
    return JobLog(group, stream, tuple(lines))


def command_to_read(log: JobLog) -> str:
    """The command that prints the end of the log, for the AWS CLI of either version."""
    words = ["aws", "logs", "get-log-events", "--log-group-name", log.group]
    words += ["--log-stream-name", log.stream, "--output", "text", "--query", "events[].[message]"]
    return shlex.join(words)


def last_words(lines: Sequence[str]) -> list[str]:
    """The last traceback in a log, with those it is chained to; without one, the last lines."""
    starts = [number for number, line in enumerate(lines) if line.startswith(_TRACEBACK)]
    if not starts:
        return _own(lines)[-_TAIL_LINES:]
    first = last = starts.pop()
    for start in reversed(starts):
        between = lines[_end_of_traceback(lines, start) : first]
        if not any(link in line for line in between for link in _CHAIN_LINKS):
            break
        first = start
    return list(lines[first : _end_of_traceback(lines, last)])


def _end_of_traceback(lines: Sequence[str], start: int) -> int:
    # Frames are indented; the first line that is not names the exception.
    number = start + 1
    while number < len(lines) and lines[number].startswith((" ", "\t")):
        number += 1
    return min(number + 1, len(lines))


def _own(lines: Sequence[str]) -> list[str]:
    """What a script wrote, without what the training toolkit wrote around it."""
    starts = [number for number, line in enumerate(lines) if line.startswith(_INVOKED)]
    start = starts[-1] + _LINES_OF_COMMAND if starts else 0
    ends = [number for number, line in enumerate(lines) if _REPORTED in line and number > start]
    own = [line for line in lines[start : ends[0] if ends else None] if _TOOLKIT not in line]
    while own and not own[0].strip():
        own.pop(0)
    return own
