"""Rate expressions: at even intervals from when the rule was made."""

import math
import re
from dataclasses import dataclass

from emulator.services.events.schedules.fields import InvalidSchedule

_RATE = re.compile(r"\s*(\d+)\s+([a-z]+)\s*")
_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}


@dataclass(frozen=True)
class Rate:
    """Once in each period."""

    period_seconds: int

    def next_after(self, start: float, now: float) -> float:
        """The end of the period that ``now`` is in."""
        return start + (math.floor((now - start) / self.period_seconds) + 1) * self.period_seconds


def read_rate(text: str) -> Rate:
    """The rate of what stands between the parentheses.

    Raises:
        InvalidSchedule: It is not a positive number and a unit that fits it.
    """
    match = _RATE.fullmatch(text)
    value = int(match[1]) if match else 0
    if match is None or value < 1:
        raise InvalidSchedule(
            f"expected a positive number and a unit, such as rate(5 minutes), got rate({text})"
        )
    unit = match[2].removesuffix("s")
    # Source: "If the value is equal to 1, then the unit must be singular."
    if unit not in _SECONDS or match[2] != (unit if value == 1 else f"{unit}s"):
        units = ", ".join(name if value == 1 else f"{name}s" for name in _SECONDS)
        raise InvalidSchedule(f"rate({text}): the unit for {value} is one of {units}")
    return Rate(value * _SECONDS[unit])
