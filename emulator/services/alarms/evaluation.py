"""An alarm's state from its data points.

Source: "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data" of the
CloudWatch user guide.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.moto.recent_metrics import Metric

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
# CloudWatch looks at more periods than EvaluationPeriods, so that late data points count; the
# guide's examples have five for three.
_FURTHER_PERIODS = 2

_COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class Alarm:
    """A metric alarm as PutMetricAlarm has it.

    Attributes:
        statistic: Statistic or ExtendedStatistic.
        period_seconds: Of each data point.
        periods: EvaluationPeriods, how many data points are looked at.
        to_alarm: DatapointsToAlarm, how many of them must breach.
        missing: TreatMissingData.
    """

    name: str
    metric: Metric
    statistic: str
    period_seconds: float
    periods: int
    to_alarm: int
    threshold: float
    comparison: str
    missing: str

    @property
    def range_periods(self) -> int:
        """How many periods are looked at for data points."""
        return self.periods + _FURTHER_PERIODS

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> "Alarm":
        """The alarm that DescribeAlarms tells of."""
        dimensions = {each["Name"]: each["Value"] for each in described.get("Dimensions", ())}
        periods = int(described["EvaluationPeriods"])
        return cls(
            name=described["AlarmName"],
            metric=Metric.of(described["Namespace"], described["MetricName"], dimensions),
            statistic=described.get("ExtendedStatistic") or described["Statistic"],
            period_seconds=float(described["Period"]),
            periods=periods,
            to_alarm=int(described.get("DatapointsToAlarm") or periods),
            threshold=float(described["Threshold"]),
            comparison=described["ComparisonOperator"],
            missing=described.get("TreatMissingData") or "missing",
        )


@dataclass(frozen=True)
class Judgement:
    """A state, and why: ``points`` are the data points it was made of, the newest first."""

    state: str
    reason: str
    points: tuple[float, ...]


def judge(alarm: Alarm, points: Sequence[float | None], state: str) -> Judgement:
    """The state of an alarm that was in a state until now.

    Args:
        alarm: What it looks at.
        points: The data point of each period of its range, the newest first; None is missing.
        state: What it was.
    """
    real = tuple(point for point in points if point is not None)[: alarm.periods]
    compare, _ = _COMPARISONS[alarm.comparison]
    breaching = sum(compare(point, alarm.threshold) for point in real)
    absent = alarm.periods - len(real)
    if breaching + (absent if alarm.missing == "breaching" else 0) >= alarm.to_alarm:
        return _judgement(alarm, ALARM, real, breaching, absent)
    # Where too few are there, missing points do not speak against what all the others say.
    is_open = absent > 0 and breaching == len(real)
    if alarm.missing == "ignore" and is_open:
        return Judgement(state, "Missing data is ignored: the state is as it was.", real)
    if alarm.missing == "missing" and is_open:
        return _judgement(alarm, ALARM, real, breaching, absent) if real else _insufficient(alarm)
    return _judgement(alarm, OK, real, breaching, absent)


def _insufficient(alarm: Alarm) -> Judgement:
    """Source: StateReason of alarms without data, as CloudWatch words it."""
    noun = "datapoint was" if alarm.periods == 1 else "datapoints were"
    reason = f"Insufficient Data: {alarm.periods} {noun} unknown."
    return Judgement(INSUFFICIENT_DATA, reason, ())


def _judgement(
    alarm: Alarm, state: str, real: tuple[float, ...], breaching: int, absent: int
) -> Judgement:
    """Source: StateReason as alarms give it: "Threshold Crossed: 1 out of the last 1 ..."."""
    _, words = _COMPARISONS[alarm.comparison]
    count = breaching if state == ALARM else len(real) - breaching
    shown = ", ".join(str(point) for point in real)
    noun = "datapoint" if len(real) == 1 else "datapoints"
    verb = "was" if len(real) == 1 else "were"
    negated = "" if state == ALARM else "not "
    missing = f" {absent} missing, treated as {alarm.missing}." if absent else ""
    reason = (
        f"Threshold Crossed: {count} out of the last {alarm.periods} {noun} [{shown}] {verb}"
        f" {negated}{words} the threshold ({alarm.threshold}) (minimum {alarm.to_alarm}"
        f" {'datapoint' if alarm.to_alarm == 1 else 'datapoints'} for OK -> ALARM transition)."
        f"{missing}"
    )
    return Judgement(state, reason, real)
