"""The thread that looks at every alarm each second, while there is one.

Without alarms nothing runs, and moto is not loaded to know that there are none.
"""

import logging
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.context import Context
from emulator.moto import metrics
from emulator.moto.recent_metrics import RecentMetrics, recent_metrics
from emulator.services.alarms import changes
from emulator.services.alarms.evaluation import Alarm, judge
from emulator.services.alarms.statistics import data_point
from emulator.services.clients import client
from emulator.store import Store

logger = logging.getLogger(__name__)

KIND = "WatchedAlarms"
_NAME = "cloudwatch"
_LOOK_SECONDS = 1.0


@dataclass
class Watch:
    """The thread's wishes: to look again at once, or to end."""

    is_changed: threading.Event = field(default_factory=threading.Event)
    is_stopping: bool = False


_WATCHES: weakref.WeakKeyDictionary[Store, Watch] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()
_SETTLING = threading.Lock()


def recover(context: Context) -> None:
    """Go on with what was measured before, and watch the alarms that there were."""
    metrics.remember(context)
    metrics.listen_for_alarms(context, lambda operation: _listen(context, operation))
    if context.store.get(KIND, _NAME) is not None:
        _start(context)


def shut_down(context: Context) -> None:
    """Let the thread end."""
    watch = _WATCHES.get(context.store)
    if watch is not None:
        watch.is_stopping = True
        watch.is_changed.set()


def _listen(context: Context, operation: str) -> None:
    if operation == "PutMetricAlarm":
        _settled(context)
    _start(context)


def _start(context: Context) -> None:
    """Begin to watch, or look at once if it is watched already."""
    context.store.put(KIND, _NAME, {"Name": _NAME})
    with _LOCK:
        watch = _WATCHES.get(context.store)
        if watch is None:
            watch = _WATCHES[context.store] = Watch()
            context.workers.start("alarms", _watch, context, watch)
    watch.is_changed.set()


def _watch(context: Context, watch: Watch) -> None:
    while not watch.is_stopping:
        watch.is_changed.wait(_LOOK_SECONDS)
        watch.is_changed.clear()
        if not watch.is_stopping and not _has_looked(context):
            with _LOCK:
                if not watch.is_changed.is_set():  # else one was made in this moment
                    del _WATCHES[context.store]
                    context.store.delete(KIND, _NAME)
                    return


def _has_looked(context: Context) -> bool:
    """Look; False if there is no alarm."""
    try:
        return _look(context)
    except Exception:  # who trusts in an alarm is not to lose it to one answer that failed
        logger.exception("the alarms could not be looked at")
        return True


def _look(context: Context) -> bool:
    """Evaluate every alarm; False if there is none."""
    alarms = _settled(context)
    changes.forget_all_but(context, {described["AlarmName"] for described in alarms})
    for described in alarms:
        try:
            changes.follow(context, described)
            _evaluate(context, described)
        except Exception:  # one alarm's fault must not keep the others from being watched
            logger.exception("alarm %s", described["AlarmName"])
    return bool(alarms)


def _settled(context: Context) -> list[Mapping[str, Any]]:
    """Every alarm, none of them in a state that only moto has given it."""
    with _SETTLING:  # else what one thread has read could undo what a caller has set meanwhile
        pages = client(context, "cloudwatch").get_paginator("describe_alarms").paginate()
        found = [alarm for page in pages for alarm in page["MetricAlarms"]]
        return [changes.settle(context, described) for described in found]


def _evaluate(context: Context, described: Mapping[str, Any]) -> None:
    alarm = Alarm.of(described)
    now = context.clock()
    if changes.was_set_by_hand(context, described, now):
        return
    points = _points(recent_metrics(context), alarm, now)
    judged = judge(alarm, points, described["StateValue"])
    if judged.state != described["StateValue"]:
        changes.enter(context, described, judged)


def _points(recent: RecentMetrics, alarm: Alarm, now: float) -> list[float | None]:
    """The data points of the whole periods that end now, the newest first."""
    ends = [now - number * alarm.period_seconds for number in range(alarm.range_periods)]
    return [
        data_point(alarm.statistic, recent.between(alarm.metric, end - alarm.period_seconds, end))
        for end in ends
    ]
