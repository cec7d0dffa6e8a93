"""Metric values of the emulator's own, kept until somebody asks CloudWatch for any.

Moto takes a second and a hundred megabytes to load, which no job shall pay whose metrics nobody
reads. So what a job has measured waits in the store, and goes to moto, by PutMetricData like
anybody's, ahead of the first request to CloudWatch.
"""

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from emulator.context import Context
from emulator.moto.requests import MotoRequest, query_request

SERVICE = "monitoring"
_KIND = "WaitingMetrics"
# Source: API_PutMetricData, "each request is limited to 1 MB" and "up to 1000 different metrics".
_DATA_MAX = 500

Values = Mapping[str, Mapping[int, Sequence[float]]]
"""By the metric's name and the second of the epoch: what was measured in it."""

_lock = threading.Lock()


def keep(context: Context, namespace: str, dimensions: Mapping[str, str], values: Values) -> None:
    """Keep what was measured for whoever asks CloudWatch; durable when the call returns."""
    if not any(values.values()):
        return
    data = [
        {"MetricName": name, "Second": second, "Values": list(measured)}
        for name, seconds in values.items()
        for second, measured in seconds.items()
    ]
    document = {"Namespace": namespace, "Dimensions": dict(dimensions), "MetricData": data}
    name = secrets.token_hex(8)
    context.store.insert(_KIND, name, {"Name": name, **document})


def hand_over(context: Context, put: Callable[[MotoRequest], object]) -> None:
    """Put all that waits; what has been put waits no longer."""
    with _lock:
        for document in context.store.list(_KIND):
            for part in _parts(document["MetricData"]):
                put(_request(context.settings.region, document, part))
            context.store.delete(_KIND, document["Name"])


def _parts(data: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(data), _DATA_MAX):
        yield data[start : start + _DATA_MAX]


def _request(
    region: str, document: Mapping[str, Any], data: Sequence[Mapping[str, Any]]
) -> MotoRequest:
    form = {"Namespace": document["Namespace"]}
    for number, datum in enumerate(data, 1):
        member = f"MetricData.member.{number}"
        form[f"{member}.MetricName"] = datum["MetricName"]
        form[f"{member}.Timestamp"] = datetime.fromtimestamp(datum["Second"], UTC).isoformat()
        for place, (name, value) in enumerate(document["Dimensions"].items(), 1):
            form[f"{member}.Dimensions.member.{place}.Name"] = name
            form[f"{member}.Dimensions.member.{place}.Value"] = value
        for place, value in enumerate(datum["Values"], 1):
            form[f"{member}.Values.member.{place}"] = repr(value)
    return query_request(SERVICE, region, "PutMetricData", **form)
