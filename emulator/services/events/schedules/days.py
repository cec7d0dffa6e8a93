"""The days of a month that the day fields of a cron expression name.

Source: "Cron expressions reference" of the EventBridge user guide, for L, W and #.
"""

import calendar
import re
from collections.abc import Callable

from emulator.services.events.schedules.fields import Field, InvalidSchedule

Days = Callable[[int, int], frozenset[int]]
"""The days of a year and a month."""

DAY_OF_MONTH = Field("Day-of-month", 1, 31)
DAY_OF_WEEK = Field(
    "Day-of-week",
    1,
    7,
    {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7},
)
_WEEKDAY = re.compile(r"(\w+)W", re.IGNORECASE)
_LAST_OF_KIND = re.compile(r"(\w+)L", re.IGNORECASE)
_NTH = re.compile(r"(\w+)#(\d+)")
_SATURDAY, _SUNDAY = 5, 6


def read_days(of_month: str, of_week: str) -> Days:
    """What the two fields name together: one of them is ``?``.

    Raises:
        InvalidSchedule: Both fields are given, or neither, or one cannot be read.
    """
    if (of_month == "?") == (of_week == "?"):
        raise InvalidSchedule(
            "one of Day-of-month and Day-of-week must be ?, and the other a value or *, got"
            f" {of_month!r} and {of_week!r}"
        )
    return _read_days_of_month(of_month) if of_week == "?" else _read_days_of_week(of_week)


def _read_days_of_month(text: str) -> Days:
    if text.upper() == "L":
        return lambda year, month: frozenset({_length(year, month)})
    nearest = _WEEKDAY.fullmatch(text)
    if nearest:
        if nearest[1].upper() == "L":
            return lambda year, month: frozenset({_weekday(year, month, _length(year, month))})
        day = DAY_OF_MONTH.number(nearest[1])
        return lambda year, month: (
            frozenset({_weekday(year, month, day)}) if day <= _length(year, month) else frozenset()
        )
    days = DAY_OF_MONTH.read(text)
    return lambda year, month: frozenset(day for day in days if day <= _length(year, month))


def _read_days_of_week(text: str) -> Days:
    if text.upper() == "L":
        text = "SAT"
    last = _LAST_OF_KIND.fullmatch(text)
    if last:
        kind = DAY_OF_WEEK.number(last[1])
        return lambda year, month: frozenset(_of_kind(year, month, kind)[-1:])
    nth = _NTH.fullmatch(text)
    if nth:
        kind, position = DAY_OF_WEEK.number(nth[1]), int(nth[2])
        if not 1 <= position <= 5:
            raise InvalidSchedule(f"Day-of-week: expected #1 to #5, got {text!r}")
        return lambda year, month: frozenset(_of_kind(year, month, kind)[position - 1 : position])
    kinds = DAY_OF_WEEK.read(text)
    return lambda year, month: frozenset(
        day for kind in kinds for day in _of_kind(year, month, kind)
    )


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _of_kind(year: int, month: int, kind: int) -> list[int]:
    """The days that are the kind of weekday, 1 for Sunday."""
    first = calendar.weekday(year, month, 1)
    offset = (kind - 2 - first) % 7
    return list(range(1 + offset, _length(year, month) + 1, 7))


def _weekday(year: int, month: int, day: int) -> int:
    """The weekday nearest to the day, within the month."""
    weekday = calendar.weekday(year, month, day)
    if weekday == _SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == _SUNDAY:
        return day + 1 if day < _length(year, month) else day - 2
    return day
