"""One field of a cron expression: the numbers that it names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_PART = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")


class InvalidSchedule(ValueError):
    """The text is no schedule expression; the message says why."""


@dataclass(frozen=True)
class Field:
    """What a field may hold.

    Attributes:
        names: Words that stand for numbers, in upper case.
        may_wrap: Whether a range may go past the end, as from FRI to MON.
    """

    name: str
    least: int
    most: int
    names: Mapping[str, int] = field(default_factory=dict)
    may_wrap: bool = True

    def read(self, text: str) -> frozenset[int]:
        """The numbers that the text names: a list of values, ranges and steps.

        Raises:
            InvalidSchedule: With every part that cannot be read.
        """
        numbers: set[int] = set()
        faults = []
        for part in text.split(","):
            try:
                numbers |= self._part(part)
            except InvalidSchedule as fault:
                faults.append(str(fault))
        if faults:
            raise InvalidSchedule("; ".join(faults))
        return frozenset(numbers)

    def number(self, text: str) -> int:
        """The number that the text is, or stands for.

        Raises:
            InvalidSchedule: It is none, or not of this field.
        """
        value = self.names.get(text.upper())
        if value is None and text.isdecimal():
            value = int(text)
        if value is None or not self.least <= value <= self.most:
            words = f" or {'-'.join((*self.names,)[:: len(self.names) - 1])}" if self.names else ""
            raise InvalidSchedule(
                f"{self.name}: expected {self.least}-{self.most}{words}, got {text!r}"
            )
        return value

    def _part(self, part: str) -> set[int]:
        match = _PART.fullmatch(part)
        if match is None or (match["first"] == "*" and match["last"]):
            raise InvalidSchedule(
                f"{self.name}: expected values, ranges (1-5), lists (1,2) or steps (0/15), got"
                f" {part!r}"
            )
        step = int(match["step"] or 1)
        if step < 1:
            raise InvalidSchedule(f"{self.name}: a step is at least 1, got {part!r}")
        if match["first"] == "*":
            return set(range(self.least, self.most + 1, step))
        first = self.number(match["first"])
        if match["last"]:
            return self._range(first, self.number(match["last"]), step, part)
        return set(range(first, self.most + 1, step)) if match["step"] else {first}

    def _range(self, first: int, last: int, step: int, part: str) -> set[int]:
        if first <= last:
            return set(range(first, last + 1, step))
        if not self.may_wrap:
            raise InvalidSchedule(f"{self.name}: the range {part!r} goes backwards")
        size = self.most - self.least + 1
        return {
            (number - self.least) % size + self.least
            for number in range(first, last + size + 1, step)
        }
