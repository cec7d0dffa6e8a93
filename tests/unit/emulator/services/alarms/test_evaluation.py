"""Source: "How alarm state is evaluated when data is missing" of the CloudWatch user guide."""

import pytest

from emulator.moto.recent_metrics import Metric
from emulator.services.alarms.evaluation import Alarm, judge

RETAINED = "as it was"
METRIC = Metric.of("n", "m", {})


def alarm(periods: int, to_alarm: int, missing: str, comparison: str = "") -> Alarm:
    return Alarm(
        name="a",
        metric=METRIC,
        statistic="Sum",
        period_seconds=60,
        periods=periods,
        to_alarm=to_alarm,
        threshold=0,
        comparison=comparison or "GreaterThanThreshold",
        missing=missing,
    )


def newest_first(drawn: str) -> list[float | None]:
    """The guide draws 0 for a good, X for a breaching and - for a missing point, oldest first."""
    meaning = {"0": 0.0, "X": 1.0, "-": None}
    return [meaning[each] for each in reversed(drawn)]


# The guide's first table: three of three data points, in a range of five.
THREE_OF_THREE = [
    ("0-X-X", "OK", "OK", "OK", "OK"),
    ("0----", "OK", "OK", "OK", "OK"),
    ("-----", "INSUFFICIENT_DATA", RETAINED, "ALARM", "OK"),
    ("0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("--X--", "ALARM", RETAINED, "ALARM", "OK"),
]
# The guide's second: three data points, of which two must breach.
TWO_OF_THREE = [
    ("0-X-X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("00X0X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0-X--", "OK", "OK", "ALARM", "OK"),
    ("----0", "OK", "OK", "ALARM", "OK"),
    ("---X-", "ALARM", RETAINED, "ALARM", "OK"),
]
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


@pytest.mark.parametrize(
    ("to_alarm", "drawn", "missing", "state"),
    [
        (to_alarm, drawn, missing, state)
        for to_alarm, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
        for drawn, *states in table
        for missing, state in zip(TREATMENTS, states, strict=True)
    ],
)
def test_missing_data_is_treated_as_the_guide_says(
    to_alarm: int, drawn: str, missing: str, state: str
) -> None:
    judged = judge(alarm(3, to_alarm, missing), newest_first(drawn), RETAINED)
    assert judged.state == state
