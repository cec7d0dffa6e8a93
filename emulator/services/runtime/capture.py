"""Data capture: what endpoints were asked and answered, as JSON lines in S3.

An invocation only appends to a list; a thread writes, a file for each variant and batch.

Source: the SageMaker developer guide, "Capture data from real-time endpoint", for the lines and
the keys; the API reference of CaptureContentTypeHeader for the encodings.
"""

import base64
import json
import logging
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from emulator.context import Context
from emulator.errors import AwsError

logger = logging.getLogger(__name__)

# A batch is written when nothing more has come for the first, and at the latest after the second.
_QUIET_SECONDS = 0.25
_BATCH_SECONDS_AT_MOST = 5.0
_BATCH_RECORDS_AT_MOST = 2_000


@dataclass(frozen=True)
class Payload:
    """A body as it went over the wire."""

    content_type: str
    body: bytes


@dataclass(frozen=True)
class Captured:
    """One invocation.

    Attributes:
        config: The endpoint's DataCaptureConfig, in the API's words.
        inference_time: Epoch seconds.
    """

    endpoint_name: str
    variant_name: str
    config: Mapping[str, Any]
    inference_time: float
    request: Payload
    response: Payload
    inference_id: str | None
    custom_attributes: str | None


class CaptureLog:
    """Captured invocations on their way to S3."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._records: list[Captured] = []
        self._is_closing = False
        self._writer: threading.Thread | None = None

    def append(self, context: Context, record: Captured) -> None:
        """Take a record; it is in S3 some tenths of a second later."""
        with self._changed:
            self._records.append(record)
            if self._writer is None:
                self._writer = threading.Thread(
                    target=self._write_batches, args=(context,), name="data-capture", daemon=True
                )
                self._writer.start()
            elif len(self._records) == 1:
                self._changed.notify()

    def close(self) -> None:
        """Write what there is and end."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        if self._writer is not None:
            self._writer.join()

    def _write_batches(self, context: Context) -> None:
        while batch := self._next_batch():
            for group in _by_file(batch):
                try:
                    _write(context, group)
                except Exception:  # the thread's boundary: the next batch must still be written
                    logger.exception("captured data of %s is lost", group[0].endpoint_name)

    def _next_batch(self) -> list[Captured]:
        """The next batch; empty when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._records or self._is_closing)
            deadline = time.monotonic() + _BATCH_SECONDS_AT_MOST
            size = 0
            while size < len(self._records) < _BATCH_RECORDS_AT_MOST:
                size = len(self._records)
                if self._is_closing or time.monotonic() > deadline:
                    break
                self._changed.wait_for(lambda: self._is_closing, _QUIET_SECONDS)
            batch, self._records = self._records, []
            return batch


def _by_file(batch: list[Captured]) -> list[list[Captured]]:
    groups: dict[tuple[Any, ...], list[Captured]] = defaultdict(list)
    for record in batch:
        hour = int(record.inference_time // 3600)
        key = (record.config["DestinationS3Uri"], record.endpoint_name, record.variant_name, hour)
        groups[key].append(record)
    return list(groups.values())


def _write(context: Context, group: list[Captured]) -> None:
    destination = urlsplit(group[0].config["DestinationS3Uri"])
    key = f"{destination.path.strip('/')}/{file_key(group[0])}".lstrip("/")
    content = b"".join(json.dumps(line(record)).encode() + b"\n" for record in group)
    try:
        context.objects.put_bytes(destination.netloc, key, content)
    except AwsError as error:
        logger.warning(
            "%s captured invocations of endpoint %s cannot be written to s3://%s/%s: %s",
            len(group), group[0].endpoint_name, destination.netloc, key, error.message,
        )  # fmt: skip


def file_key(first: Captured) -> str:
    """``endpoint/variant/yyyy/mm/dd/hh/mm-ss-mmm-uuid.jsonl`` for a file's first record."""
    moment = time.gmtime(first.inference_time)
    milliseconds = int(first.inference_time * 1000) % 1000
    folder = time.strftime("%Y/%m/%d/%H", moment)
    name = f"{time.strftime('%M-%S', moment)}-{milliseconds:03d}-{uuid.uuid4()}.jsonl"
    return f"{first.endpoint_name}/{first.variant_name}/{folder}/{name}"


def line(record: Captured) -> dict[str, Any]:
    """The JSON object of one invocation."""
    modes = {option["CaptureMode"] for option in record.config["CaptureOptions"]}
    encodings = record.config.get("CaptureContentTypeHeader", {})
    captured: dict[str, Any] = {}
    if modes & {"Input", "InputAndOutput"}:
        captured["endpointInput"] = _side(record.request, "INPUT", encodings)
    if modes & {"Output", "InputAndOutput"}:
        captured["endpointOutput"] = _side(record.response, "OUTPUT", encodings)
    metadata: dict[str, Any] = {
        "eventId": str(uuid.uuid4()),
        "inferenceTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.inference_time)),
    }
    if record.inference_id is not None:
        metadata["inferenceId"] = record.inference_id
    if record.custom_attributes is not None:
        metadata["customAttributes"] = [record.custom_attributes]
    return {"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}


def _side(payload: Payload, mode: str, encodings: Mapping[str, list[str]]) -> dict[str, str]:
    data, encoding = _encoded(payload, encodings)
    return {
        "observedContentType": payload.content_type,
        "mode": mode,
        "data": data,
        "encoding": encoding,
    }


def _encoded(payload: Payload, encodings: Mapping[str, list[str]]) -> tuple[str, str]:
    """Text for the content types that the config lists, base64 for all others."""
    media_type = payload.content_type.partition(";")[0].strip().lower()
    for member, encoding in (("CsvContentTypes", "CSV"), ("JsonContentTypes", "JSON")):
        if media_type in (listed.lower() for listed in encodings.get(member, ())):
            try:
                return payload.body.decode(), encoding
            except UnicodeDecodeError:
                break
    return base64.b64encode(payload.body).decode(), "BASE64"
