"""What a PutMetricData request says, in whichever of CloudWatch's protocols.

Moto answers it; the emulator reads it as well, for alarms.
"""

import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from botocore.model import StructureShape

from emulator.moto.recent_metrics import Metric
from emulator.moto.requests import MotoRequest
from emulator.protocol import query
from emulator.protocol.models import load_service

OPERATION = "PutMetricData"
_NOTHING: dict[str, Any] = {}


def read(request: MotoRequest, now: float) -> Iterator[tuple[Metric, float, Sequence[float]]]:
    """Each datum of a request that moto has accepted; one without a timestamp is of now."""
    parameters = _parameters(request)
    namespace = parameters.get("Namespace", "")
    for datum in parameters.get("MetricData", ()):
        dimensions = {each["Name"]: each["Value"] for each in datum.get("Dimensions", ())}
        metric = Metric.of(namespace, datum["MetricName"], dimensions)
        yield metric, _seconds(datum.get("Timestamp"), now), values(datum)


def _parameters(request: MotoRequest) -> dict[str, Any]:
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return _from_cbor(request.body)
    if "x-amz-target" in request.headers:
        return cast(dict[str, Any], json.loads(request.body))
    shape = load_service("cloudwatch").operation_model(OPERATION).input_shape
    return query.read_members(cast(StructureShape, shape), query.read_form(request.body))


def _from_cbor(body: bytes) -> dict[str, Any]:
    # botocore reads answers in CBOR, whose items are those of requests.
    from botocore.parsers import RpcV2CBORParser

    parser = RpcV2CBORParser()
    stream = io.BufferedReader(io.BytesIO(body))
    return cast(dict[str, Any], parser.parse_data_item(stream))


def _seconds(timestamp: Any, now: float) -> float:
    if timestamp is None:
        return now
    if isinstance(timestamp, datetime):
        return timestamp.timestamp()
    if isinstance(timestamp, str):
        moment = datetime.fromisoformat(timestamp)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return float(timestamp)


def values(datum: dict[str, Any]) -> Sequence[float]:
    """What a datum says was measured.

    Source: MetricDatum: one Value, or Values with Counts, or StatisticValues.

    Of statistics only the four numbers are known: what has the same sum, count and ends stands for
    them.
    """
    if "Value" in datum:
        return (float(datum["Value"]),)
    if "Values" in datum:
        counts = datum.get("Counts") or [1] * len(datum["Values"])
        pairs = zip(datum["Values"], counts, strict=False)
        return tuple(float(value) for value, count in pairs for _ in range(int(count)))
    known = datum.get("StatisticValues", _NOTHING)
    if not known:
        return ()
    count, total = int(known["SampleCount"]), float(known["Sum"])
    ends = (float(known["Minimum"]), float(known["Maximum"]))
    if count < len(ends) + 1:
        return ends[:count]
    between = (total - sum(ends)) / (count - len(ends))
    return (*ends, *[between] * (count - len(ends)))
