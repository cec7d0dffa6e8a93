"""Cron expressions of six fields, and the next minute that one names."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from emulator.services.events.schedules.days import Days, read_days
from emulator.services.events.schedules.fields import Field, InvalidSchedule

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MINUTES = Field("Minutes", 0, 59)
_HOURS = Field("Hours", 0, 23)
_MONTH = Field("Month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)})
_YEAR = Field("Year", 1970, 2199, may_wrap=False)
_FIELDS = 6


@dataclass(frozen=True)
class Cron:
    """The minutes that a cron expression names, in UTC."""

    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    days: Days

    def next_after(self, start: float, now: float) -> float | None:
        """The first minute after ``now``; a cron expression has no beginning of its own."""
        moment = datetime.fromtimestamp(now, UTC).replace(second=0, microsecond=0)
        moment += timedelta(minutes=1)
        today = (moment.year, moment.month, moment.day)
        for day in self._days_from(moment):
            is_today = (day.year, day.month, day.day) == today
            at = (moment.hour, moment.minute) if is_today else (0, 0)
            time = self._time_from(*at)
            if time is not None:
                return day.replace(hour=time[0], minute=time[1]).timestamp()
        return None

    def _days_from(self, moment: datetime) -> Iterator[datetime]:
        for year in sorted(self.years):
            for month in sorted(self.months):
                if (year, month) < (moment.year, moment.month):
                    continue
                is_this_month = (year, month) == (moment.year, moment.month)
                for day in sorted(self.days(year, month)):
                    if not is_this_month or day >= moment.day:
                        yield datetime(year, month, day, tzinfo=UTC)

    def _time_from(self, hour: int, minute: int) -> tuple[int, int] | None:
        hours, minutes = sorted(self.hours), sorted(self.minutes)
        for each in hours[bisect_left(hours, hour) :]:
            later = bisect_left(minutes, minute) if each == hour else 0
            if later < len(minutes):
                return each, minutes[later]
        return None


def read_cron(text: str) -> Cron:
    """The expression of what stands between the parentheses.

    Raises:
        InvalidSchedule: With every fault.
    """
    fields = text.split()
    if len(fields) != _FIELDS:
        raise InvalidSchedule(
            "expected six fields: minutes, hours, day-of-month, month, day-of-week and year, got"
            f" {len(fields)} in cron({text})"
        )
    minutes, hours, day_of_month, month, day_of_week, year = fields
    faults: list[str] = []
    found = []
    for field, value in ((_MINUTES, minutes), (_HOURS, hours), (_MONTH, month), (_YEAR, year)):
        try:
            found.append(field.read(value))
        except InvalidSchedule as fault:
            faults.append(str(fault))
    try:
        days = read_days(day_of_month, day_of_week)
    except InvalidSchedule as fault:
        faults.append(str(fault))
    if faults:
        raise InvalidSchedule("; ".join(faults))
    return Cron(found[0], found[1], found[2], found[3], days)
