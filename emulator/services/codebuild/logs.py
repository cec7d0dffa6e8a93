"""A build's log: where it is, and what is written to it while the build runs."""

import gzip
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from emulator.containers.log import LINE_BYTES, JobLog
from emulator.context import Context
from emulator.services.codebuild.records import uuid_of
from emulator.services.logs.files import read_events, stream_file
from emulator.services.logs.groups import make_group
from emulator.store import Document

_MASK = b"***"
# Of a secret of several lines each line is hidden, but none so short that it is in any text.
_MASKED_LINE_CHARACTERS = 4


def log_locations(context: Context, build_id: str, config: Mapping[str, Any]) -> Document:
    """The build's LogsLocation."""
    cloud_watch = {"status": "ENABLED", **(config.get("cloudWatchLogs") or {})}
    s3 = {"status": "DISABLED", **(config.get("s3Logs") or {})}
    found: Document = {"cloudWatchLogs": cloud_watch, "s3Logs": s3}
    region, account = context.settings.region, context.settings.account_id
    if cloud_watch["status"] == "ENABLED":
        group = cloud_watch.get("groupName") or f"/aws/codebuild/{build_id.rpartition(':')[0]}"
        prefix = cloud_watch.get("streamName")
        stream = f"{prefix}/{uuid_of(build_id)}" if prefix else uuid_of(build_id)
        found |= {
            "groupName": group,
            "streamName": stream,
            "deepLink": f"https://console.aws.amazon.com/cloudwatch/home?region={region}"
            f"#logEvent:group={group};stream={stream}",
            "cloudWatchLogsArn": f"arn:aws:logs:{region}:{account}:log-group:{group}"
            f":log-stream:{stream}",
        }
    if s3["status"] == "ENABLED":
        place = f"{s3['location'].removeprefix('arn:aws:s3:::').strip('/')}/{uuid_of(build_id)}.gz"
        found |= {
            "s3LogsArn": f"arn:aws:s3:::{place}",
            "s3DeepLink": f"https://s3.console.aws.amazon.com/s3/object/{place}?region={region}",
        }
    return found


class BuildLog:
    """Lines of a build and of CodeBuild, with secrets hidden; thread-safe."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self.path = path
        self._clock = clock
        self._log = JobLog(path, clock=clock)
        self._secrets: list[bytes] = []
        self._unfinished = b""
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def hide(self, values: Iterable[str]) -> None:
        """Show these values as ***, as CodeBuild does, from now on."""
        found = {value for value in values if value}
        lines = {line for value in found for line in value.splitlines()}
        found |= {line for line in lines if len(line) >= _MASKED_LINE_CHARACTERS}
        with self._lock:
            known = {*self._secrets, *(value.encode() for value in found)}
            # The longest first, as one can be a part of another.
            self._secrets = sorted(known, key=len, reverse=True)

    def hidden(self, text: str) -> str:
        """The text without secrets."""
        return self._masked(text.encode()).decode(errors="replace")

    def write(self, output: bytes) -> None:
        """Take what a command has printed; a line appears when it is whole."""
        with self._lock:
            complete, newline, self._unfinished = (self._unfinished + output).rpartition(b"\n")
            if newline:
                self._log.write(self._masked(complete) + b"\n")
            if len(self._unfinished) > LINE_BYTES:
                self._finish_line()

    def say(self, text: str) -> None:
        """Write a line of CodeBuild's own, after what a command has left unfinished."""
        moment = datetime.fromtimestamp(self._clock(), UTC)
        with self._lock:
            self._finish_line()
            line = f"[Container] {moment:%Y/%m/%d %H:%M:%S.%f} {text}"
            self._log.write(self._masked(line.encode()) + b"\n")

    def close(self) -> None:
        """Write the rest."""
        with self._lock:
            self._finish_line()
            self._log.close()

    def _finish_line(self) -> None:
        if self._unfinished:
            self._log.write(self._masked(self._unfinished) + b"\n")
            self._unfinished = b""

    def _masked(self, text: bytes) -> bytes:
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return text


def open_log(context: Context, build: Document, directory: Path) -> BuildLog:
    """The build's log: a file that CloudWatch Logs finds, unless the build has none there."""
    logs = build["logs"]
    if "groupName" not in logs:
        return BuildLog(directory / "build.log", context.clock)
    make_group(context, logs["groupName"])
    folder = context.settings.data_dir / "logs"
    return BuildLog(stream_file(folder, logs["groupName"], logs["streamName"]), context.clock)


def upload_log(context: Context, build: Document, log: BuildLog) -> None:
    """Put the closed log where the build's s3Logs say.

    Raises:
        AwsError: NoSuchBucket.
    """
    place = build["logs"].get("s3LogsArn")
    if place:
        bucket, _, key = place.removeprefix("arn:aws:s3:::").partition("/")
        text = "".join(f"{event.message}\n" for event in read_events(log.path))
        context.objects.put_bytes(bucket, key, gzip.compress(text.encode(), mtime=0))
