"""Pairs of a user and an item as JSON lines: {"in0": [user], "in1": [item], "label": rating}."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FAULTS_TOLD = 5


class BadPairs(ValueError):
    """Pairs that cannot be used; the text names what is wrong, and where."""


@dataclass(frozen=True)
class Pairs:
    """Numbers of users and items, and ratings; all float32, as the network takes them."""

    users: np.ndarray
    items: np.ndarray
    ratings: np.ndarray

    def __len__(self) -> int:
        return len(self.users)


def read_channel(directory: Path, users: int, items: int) -> Pairs:
    """All lines of a channel's files.

    Raises:
        BadPairs: naming the first faults, each with file and line.
    """
    rows, faults = [], []
    for path in sorted(directory.glob("*.jsonl")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            row, fault = parse(line, users, items, is_labelled=True)
            if fault:
                faults.append(f"{path.name} line {number}: {fault}")
            else:
                rows.append(row)
    if faults:
        more = f"; and {len(faults) - FAULTS_TOLD} more" if len(faults) > FAULTS_TOLD else ""
        raise BadPairs("; ".join(faults[:FAULTS_TOLD]) + more)
    if not rows:
        raise BadPairs(f"{directory}: no pairs, expected .jsonl files with a pair a line")
    return Pairs(*np.array(rows, np.float32).T)


def parse(line: str, users: int, items: int, *, is_labelled: bool) -> tuple[tuple, str]:
    """One pair (user, item, rating or 0), or what is wrong with it."""
    try:
        record = json.loads(line)
    except ValueError as error:
        return (), f"not JSON: {error}"
    return of_record(record, users, items, is_labelled=is_labelled)


def of_record(record: object, users: int, items: int, *, is_labelled: bool) -> tuple[tuple, str]:
    """One pair (user, item, rating or 0), or what is wrong with it."""
    if not isinstance(record, dict):
        return (), f"got {json.dumps(record)[:60]}, expected an object with in0 and in1"
    numbers = []
    for name, count in (("in0", users), ("in1", items)):
        value = record.get(name)
        if not isinstance(value, list) or len(value) != 1 or type(value[0]) is not int:
            return (), f"{name} is {json.dumps(value)[:60]}, expected a list of one whole number"
        if not 0 <= value[0] < count:
            return (), f"{name} is {value[0]}, expected 0 to {count - 1}"
        numbers.append(value[0])
    if not is_labelled:
        return (*numbers, 0.0), ""
    label = record.get("label")
    if type(label) not in (int, float) or not math.isfinite(label):
        return (), f"label is {json.dumps(label)[:60]}, expected a number"
    return (*numbers, float(label)), ""
