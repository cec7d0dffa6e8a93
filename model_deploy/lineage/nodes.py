"""What a lineage report says of one thing, whatever it is printed as."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

# In place of what is told further up in the report.
ABOVE = "told above"


@dataclass(frozen=True)
class Node:
    """A thing, what is known of it, and what it was made from, or led to.

    Attributes:
        kind: "Endpoint", "Model package", "Training job", "Data" and so on.
        facts: In the order in which they are told.
    """

    kind: str
    name: str
    facts: Mapping[str, str] = field(default_factory=dict)
    children: tuple["Node", ...] = ()

    def all(self) -> Iterator["Node"]:
        """The node and all below it."""
        yield self
        for child in self.children:
            yield from child.all()


class NothingRecordedError(Exception):
    """There is no lineage to tell: the message says of what, and what there is instead."""


def at(time: datetime) -> str:
    """A time as reports write it."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def known(**facts: str | None) -> dict[str, str]:
    """The facts that are known."""
    return {name.replace("_", " "): value for name, value in facts.items() if value}
