"""What a removal is: one thing that is there and shall not be."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from project.names import Project

MakeClient = Callable[[str], Any]
_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Removal:
    """One thing that is there and shall not be: its kind, a key of KINDS, and its name.

    Attributes:
        note: What else to know of it, such as how many objects a bucket has.
    """

    kind: str
    name: str
    note: str = ""


@dataclass(frozen=True)
class Kind:
    """How removals of a kind are found and done.

    Both can be run again after half of the work: what is gone is not found, and to remove what
    somebody else has removed meanwhile is no fault.
    """

    find: Callable[[MakeClient, Project], Iterable[Removal]]
    remove: Callable[[MakeClient, str], None]


class RemovalFailed(Exception):
    """Something could not be removed."""


def wait_until(is_reached: Callable[[], bool]) -> None:
    """Look each second until something is so; Ctrl-C ends it."""
    while not is_reached():
        time.sleep(_POLL_SECONDS)
