"""The members of one JSON object of a definition, read with every fault noted."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeVar

_Type = TypeVar("_Type")
_JSON_NAMES = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}


class Members:
    """A JSON object, where it stands, and where to note what is wrong with it."""

    def __init__(self, raw: Any, where: str, faults: list[str]) -> None:
        self._where = where
        self._faults = faults
        if not isinstance(raw, dict):
            self.fault(f"must be an object, not {_shown(raw)}")
        self.raw: dict[str, Any] = raw if isinstance(raw, dict) else {}

    def fault(self, what: str) -> None:
        """Note a fault of this object."""
        self._faults.append(f"{self._where}: {what}.")

    def inner(self, name: str, raw: Any) -> "Members":
        """An object within this one."""
        return Members(raw, f"{self._where}: {name}", self._faults)

    def value(self, key: str) -> Any:
        """A member of any type that must be there; None when it is not."""
        if key not in self.raw:
            self.fault(f"{key} is required")
        return self.raw.get(key)

    def take(self, key: str, kind: type[_Type], *, is_required: bool = False) -> _Type | None:
        """A member of one type; None when it is missing or of another type."""
        value = self.raw.get(key)
        if value is None:
            if is_required:
                self.fault(f"{key} is required")
            return None
        if not isinstance(value, kind):
            self.fault(f"{key} must be {_JSON_NAMES[kind]}, not {_shown(value)}")
            return None
        return value

    def text(self, key: str, *, most_characters: int) -> str | None:
        """A member that is text, if it is there."""
        value = self.take(key, str)
        if value is not None and len(value) > most_characters:
            self.fault(f"{key} has {len(value)} characters; at most {most_characters} are allowed")
        return value

    def refuse_twice(self, key: str, values: Iterable[str]) -> None:
        """Note each value of a member that elements of a list must not share."""
        for value, count in Counter(values).items():
            if count > 1:
                self.fault(f"{key} '{value}' occurs {count} times")

    def number(
        self,
        key: str,
        *,
        least: float,
        most: float = float("inf"),
        default: float | None = None,
        is_whole: bool = False,
    ) -> float | None:
        """A member that is a number within bounds; the default when it is missing or faulty."""
        value = self.raw.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.fault(f"{key} must be a number, not {_shown(value)}")
            return default
        if is_whole and value != int(value):
            self.fault(f"{key} must be a whole number, not {value}")
            return default
        if not least <= value <= most:
            bounds = f"at least {least}" if most == float("inf") else f"from {least} to {most}"
            self.fault(f"{key} is {value}; it must be {bounds}")
            return default
        return value

    def refuse_unknown(self, *known: str) -> None:
        """Note every member that is not among the known ones."""
        for key in self.raw:
            if key not in known:
                self.fault(f"unknown member '{key}'; the members are: {', '.join(known)}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}..."
