"""The text of a ScheduleExpression as a schedule."""

import re
from typing import Protocol

from emulator.services.events.schedules.cron import read_cron
from emulator.services.events.schedules.fields import InvalidSchedule
from emulator.services.events.schedules.rates import read_rate

__all__ = ["InvalidSchedule", "Schedule", "read_schedule"]

_EXPRESSION = re.compile(r"(rate|cron)\((.*)\)")


class Schedule(Protocol):
    """When a rule is due."""

    def next_after(self, start: float, now: float) -> float | None:
        """The first time after ``now``, or None if there is none any more.

        Both are epoch seconds; ``start`` is when the schedule began.
        """
        ...


def read_schedule(text: str) -> Schedule:
    """The schedule of a rate or cron expression.

    Raises:
        InvalidSchedule: With every fault.
    """
    match = _EXPRESSION.fullmatch(text)
    if match is None:
        raise InvalidSchedule(
            f"expected rate(value unit) or cron(minutes hours day-of-month month day-of-week year),"
            f" got {text!r}"
        )
    return read_rate(match[2]) if match[1] == "rate" else read_cron(match[2])
