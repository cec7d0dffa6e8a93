"""Metric values of the emulator's own, kept until somebody asks CloudWatch for any.

Moto takes a second and a hundred megabytes to load, which no job shall pay whose metrics nobody
reads. So what a job has measured waits in the store, and goes to moto, by PutMetricData like
anybody's, ahead of the first request that reads metrics.
"""

import secrets
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from emulator.context import Context
from emulator.moto import metric_data
from emulator.moto.recent_metrics import Metric, Repeated, add_all
from emulator.moto.requests import MotoRequest, Response, query_request
from emulator.store import Store

SERVICE = "monitoring"
_KIND = "WaitingMetrics"
# Source: API_PutMetricData, "each request is limited to 1 MB" and "up to 1000 different metrics".
_DATA_MAX = 500
_STATISTICS = ("SampleCount", "Sum", "Minimum", "Maximum")

# Others read nothing of what waits. Alarms are described each second: to put what every second has
# measured would make a journal of it that grows without end.
_READERS = frozenset({"GetMetricData", "GetMetricStatistics", "ListMetrics"})

# What concerns alarms, which are evaluated outside of moto.
ALARM_OPERATIONS = frozenset({"PutMetricAlarm", "SetAlarmState", "DeleteAlarms"})

Values = Mapping[str, Mapping[int, Sequence[float]]]
"""By the metric's name and the second of the epoch: what was measured in it."""

Repeats = Mapping[str, Mapping[int, Repeated]]
"""By the metric's name and the second of the epoch: how often each value was measured in it."""

Put = Callable[[MotoRequest], Response]

_lock = threading.Lock()
_alarm_listeners: weakref.WeakKeyDictionary[Store, Callable[[str], object]] = (
    weakref.WeakKeyDictionary()
)


def listen_for_alarms(context: Context, listener: Callable[[str], object]) -> None:
    """Call the listener with the operation by which an alarm was made, set or deleted.

    The operation is answered when the listener returns.
    """
    _alarm_listeners[context.store] = listener


def answer(context: Context, put: Put, request: MotoRequest) -> Response:
    """Moto's answer to a request to CloudWatch, which gets what waits before somebody reads it.

    Raises:
        AwsError: UnsupportedByEmulator.
    """
    if request.operation in _READERS:
        hand_over(context, put)
    response = put(request)
    if response[0] >= 400:
        return response
    if request.operation == metric_data.OPERATION:
        add_all(context, metric_data.read(request, context.clock()))
    listener = _alarm_listeners.get(context.store)
    if listener is not None and request.operation in ALARM_OPERATIONS:
        listener(request.operation)
    return response


def keep(context: Context, namespace: str, dimensions: Mapping[str, str], values: Values) -> None:
    """Keep what was measured for whoever asks CloudWatch; durable when the call returns."""
    if not any(values.values()):
        return
    data = [
        {"MetricName": name, "Second": second, "Values": list(measured)}
        for name, seconds in values.items()
        for second, measured in seconds.items()
    ]
    add_all(
        context,
        (
            (Metric.of(namespace, name, dimensions), float(second), measured)
            for name, seconds in values.items()
            for second, measured in seconds.items()
        ),
    )
    document = {"Namespace": namespace, "Dimensions": dict(dimensions), "MetricData": data}
    name = secrets.token_hex(8)
    context.store.insert(_KIND, name, {"Name": name, **document})


def add(context: Context, namespace: str, dimensions: Mapping[str, str], values: Repeats) -> None:
    """Keep what goes on being measured, much of it in each second.

    Alarms can look at all of it. For CloudWatch the statistics of each second wait, those of a
    minute in one document: single values would fill the store, and then moto.
    """
    by_minute: dict[int, list[dict[str, Any]]] = {}
    for name, seconds in values.items():
        metric = Metric.of(namespace, name, dimensions)
        add_all(context, ((metric, float(second), found) for second, found in seconds.items()))
        for second, found in seconds.items():
            datum = {"MetricName": name, "Second": second, "Statistics": found.statistics()}
            by_minute.setdefault(second // 60, []).append(datum)
    with _lock, context.store.transaction():
        for minute, data in by_minute.items():
            name = f"{namespace} {sorted(dimensions.items())} {minute}"
            before = (context.store.get(_KIND, name) or {}).get("MetricData", [])
            kept = {"Name": name, "Namespace": namespace, "Dimensions": dict(dimensions)}
            context.store.put(_KIND, name, kept | {"MetricData": [*before, *data]})


def remember(context: Context) -> None:
    """Let alarms look at what was measured before the emulator ended and was not asked for yet."""
    for document in context.store.list(_KIND):
        for datum in document["MetricData"]:
            metric = Metric.of(document["Namespace"], datum["MetricName"], document["Dimensions"])
            add_all(context, [(metric, float(datum["Second"]), _values(datum))])


def _values(datum: Mapping[str, Any]) -> Sequence[float]:
    if "Values" in datum:
        return cast(Sequence[float], datum["Values"])
    statistics = dict(zip(_STATISTICS, datum["Statistics"], strict=True))
    return metric_data.values({"StatisticValues": statistics})


def hand_over(context: Context, put: Put) -> None:
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
        for place, value in enumerate(datum.get("Values", ()), 1):
            form[f"{member}.Values.member.{place}"] = repr(value)
        for name, value in zip(_STATISTICS, datum.get("Statistics", ()), strict=False):
            form[f"{member}.StatisticValues.{name}"] = repr(value)
    return query_request(SERVICE, region, "PutMetricData", **form)
