"""What endpoints are measured by: the values of each second on their way to CloudWatch.

An invocation only appends to a list, which a thread empties every second. Alarms and scaling read
the values from ``emulator.moto.recent_metrics``, at the latest two seconds after the invocation.

Source: "SageMaker endpoint invocation metrics" in the developer guide, for names, dimensions and
units; "Auto-Rollback Configuration and Monitoring", for the dimension EndpointConfigName.
"""

import logging
import threading
import time
import weakref
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emulator.context import Context
from emulator.moto import add_metrics
from emulator.moto.recent_metrics import Repeated
from emulator.store import Store

logger = logging.getLogger(__name__)

INVOCATIONS = "AWS/SageMaker"
INSTANCES = "/aws/sagemaker/Endpoints"

Measured = tuple[int, str, str, str, str, tuple[tuple[str, float], ...]]
"""Second of the epoch, namespace, endpoint, variant, endpoint config or "", names and values."""
_Series = tuple[str, frozenset[tuple[str, str]]]

_FLUSH_SECONDS = 1.0


@dataclass(frozen=True)
class Invocation:
    """One request to a model server, as the metrics tell it; times in seconds.

    Attributes:
        status: The server's, 0 if it gave no answer.
        instance_count: The active instances of the variant; 0 for a serverless one.
    """

    endpoint_name: str
    variant_name: str
    config_name: str
    status: int
    model_seconds: float
    overhead_seconds: float
    instance_count: int


class MetricLog:
    """The values of one emulator's endpoints.

    Attributes:
        each_second: By name: called ahead of each handing over, to measure what has no event of
            its own.
    """

    def __init__(self) -> None:
        self.each_second: dict[str, Callable[[Context], None]] = {}
        self._measured: deque[Measured] = deque()  # appended to without a lock
        self._is_closing = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def append(self, measured: Measured) -> None:
        """Take values; nearly free."""
        self._measured.append(measured)

    def start(self, context: Context) -> None:
        """Hand over what is measured from now on, every second."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, args=(context,), name="endpoint-metrics", daemon=True
                )
                self._thread.start()

    def close(self, context: Context) -> None:
        """Hand over what there is and end."""
        self._is_closing.set()
        if self._thread is not None:
            self._thread.join()
        self._flush(context)

    def _run(self, context: Context) -> None:
        while not self._is_closing.wait(_FLUSH_SECONDS):
            try:
                for measure in list(self.each_second.values()):
                    measure(context)
                self._flush(context)
            except Exception:  # the thread's boundary: the next second must still be measured
                logger.exception("metrics of endpoints of one second are lost")

    def _flush(self, context: Context) -> None:
        for (namespace, dimensions), metrics in self._folded().items():
            values = {
                name: {second: Repeated(counts) for second, counts in seconds.items()}
                for name, seconds in metrics.items()
            }
            add_metrics(context, namespace, dict(sorted(dimensions)), values)

    def _folded(self) -> dict[_Series, dict[str, dict[int, Counter[float]]]]:
        """What was measured, by series, metric and second."""
        found: dict[_Series, dict[str, dict[int, Counter[float]]]] = {}
        while self._measured:
            second, namespace, endpoint, variant, config, values = self._measured.popleft()
            for key in _series_of(namespace, endpoint, variant, config):
                metrics = found.setdefault(key, {})
                for name, value in values:
                    seconds = metrics.setdefault(name, defaultdict(Counter))
                    seconds[second][_rounded(value)] += 1
        return found


def _series_of(namespace: str, endpoint: str, variant: str, config: str) -> list[_Series]:
    pairs = [("EndpointName", endpoint)]
    if variant:
        pairs.append(("VariantName", variant))
    found = [(namespace, frozenset(pairs))]
    if config:
        found.append((namespace, frozenset([*pairs, ("EndpointConfigName", config)])))
    return found


def _rounded(value: float) -> float:
    """Three digits: so a second has some hundreds of different values, however many requests."""
    return float(f"{value:.3g}")


def values_of(invocation: Invocation) -> tuple[tuple[str, float], ...]:
    """The metrics of an invocation; latencies in microseconds."""
    status, instances = invocation.status, invocation.instance_count
    return (
        ("Invocations", 1.0),
        *((("InvocationsPerInstance", 1.0 / instances),) if instances else ()),
        ("Invocation4XXErrors", float(400 <= status < 500)),
        ("Invocation5XXErrors", float(status >= 500 or status == 0)),
        ("ModelLatency", invocation.model_seconds * 1e6),
        ("OverheadLatency", invocation.overhead_seconds * 1e6),
    )


def count(log: MetricLog, invocation: Invocation, names: Sequence[str] | None = None) -> None:
    """Take an invocation's metrics, or those of them that the kind of endpoint has."""
    values = values_of(invocation)
    if names is not None:
        values = tuple(pair for pair in values if pair[0] in names)
    where = (invocation.endpoint_name, invocation.variant_name, invocation.config_name)
    log.append((int(time.time()), INVOCATIONS, *where, values))


_LOGS: weakref.WeakKeyDictionary[Store, MetricLog] = weakref.WeakKeyDictionary()
_LOGS_LOCK = threading.Lock()


def metrics_of(context: Context) -> MetricLog:
    """The log of the emulator that the context is of."""
    found = _LOGS.get(context.store)
    if found is None:
        with _LOGS_LOCK:
            found = _LOGS.setdefault(context.store, MetricLog())
    return found
