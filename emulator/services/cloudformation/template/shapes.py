"""Reading members of a template's sections, and every fault of their shapes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


def text_of(value: Any) -> str:
    """A scalar of a template as the text that CloudFormation makes of it: ``true`` for True."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def listed(names: Iterable[str]) -> str:
    """Names as AWS lists them: ``[A, B]``."""
    return f"[{', '.join(names)}]"


@dataclass
class Reader:
    """Takes members of expected types, and keeps what is not so as a fault."""

    faults: list[str] = field(default_factory=list)

    def add(self, fault: str) -> None:
        """Keep a fault of the template's format."""
        self.faults.append(f"Template format error: {fault}")

    def mapping(self, holder: Mapping[str, Any], key: str, path: str) -> dict[str, Any]:
        """A member that has to be a mapping; an empty one where it is not there."""
        value = holder.get(key, {})
        if isinstance(value, dict):
            return value
        self.add(f"[{path}/{key}] must be a map, not {kind(value)}")
        return {}

    def optional_mapping(
        self, holder: Mapping[str, Any], key: str, path: str
    ) -> dict[str, Any] | None:
        """As ``mapping``, None where it is not there."""
        return self.mapping(holder, key, path) if key in holder else None

    def text(self, holder: Mapping[str, Any], key: str, path: str) -> str | None:
        """A member that has to be a text."""
        value = holder.get(key)
        if value is None or isinstance(value, str):
            return value
        self.add(f"[{path}/{key}] must be a string, not {kind(value)}")
        return None

    def scalar(self, holder: Mapping[str, Any], key: str, path: str) -> str | None:
        """A member that has to be a scalar, as text."""
        value = holder.get(key)
        if value is None:
            return None
        if isinstance(value, dict | list):
            self.add(f"[{path}/{key}] must be a string, not {kind(value)}")
            return None
        return text_of(value)

    def number(self, holder: Mapping[str, Any], key: str, path: str) -> float | None:
        """A member that has to be a number, which may be written as text."""
        value = self.scalar(holder, key, path)
        if value is None:
            return None
        try:
            return float(value)
        except ValueError:
            self.add(f"[{path}/{key}] must be a number, not {value!r}")
            return None

    def whole_number(self, holder: Mapping[str, Any], key: str, path: str) -> int | None:
        """A member that has to be a whole number of at least 0."""
        value = self.number(holder, key, path)
        if value is None:
            return None
        if value.is_integer() and value >= 0:
            return int(value)
        self.add(f"[{path}/{key}] must be a whole number of at least 0, not {value}")
        return None

    def texts(self, holder: Mapping[str, Any], key: str, path: str) -> tuple[str, ...]:
        """A member that has to be a text or a list of texts."""
        value = holder.get(key, [])
        items = value if isinstance(value, list) else [value]
        if all(isinstance(item, str) for item in items):
            return tuple(items)
        self.add(f"{key} must be a string or list of strings: [{path}/{key}]")
        return ()

    def only(self, holder: Mapping[str, Any], allowed: Iterable[str], message: str) -> None:
        """Nothing but what is allowed may be in the mapping; ``message`` has ``{names}``."""
        others = sorted(set(holder) - set(allowed))
        if others:
            self.faults.append(message.format(names=listed(others)))


def null_paths(value: Any, path: str = "") -> Iterable[str]:
    """Where there is a null, which CloudFormation allows nowhere."""
    if value is None:
        yield path
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from null_paths(member, f"{path}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from null_paths(item, f"{path}/{index}")


def kind(value: Any) -> str:
    """What a value is, as messages tell it."""
    names = {dict: "a map", list: "a list", bool: "a boolean", str: "a string"}
    return names.get(type(value), "a number")
