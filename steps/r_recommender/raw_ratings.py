"""Reads and checks ratings as their owners have them.

Two forms are known by their first line: csv with a header, and RecBole's tab-separated files
whose header carries types (`user_id:token`).
"""

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = ("user_id", "item_id", "rating")
USER_COLUMNS = ("user_id", "user_ind")
ROWS_SHOWN = 3


class BadInput(Exception):
    """Input that cannot be used; the text is one line that names every fault found."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" | ".join(" ".join(fault.split()) for fault in faults))


def read_ratings(directory: Path) -> pd.DataFrame:
    """The ratings of all files as `user_id`, `item_id` (text) and `rating`, in order of user, item.

    Raises:
        BadInput: naming every fault in every file: columns, values, ratings given twice.
    """
    files = [path for path in sorted(directory.glob("**/*")) if _is_data(path, directory)]
    if not files:
        raise BadInput([f"channel 'ratings': no file in {directory}, expected at least one"])
    tables, faults = [], []
    for path in files:
        try:
            tables.append(_read_file(path))
        except BadInput as error:
            faults.append(str(error))
    if not faults:
        ratings = pd.concat(tables, ignore_index=True)
        again = ratings[ratings.duplicated(["user_id", "item_id"])]
        faults += _fault("ratings", again, "rate an item again that the user rated", "item_id")
    if faults:
        raise BadInput(faults)
    return ratings.sort_values(["user_id", "item_id"], ignore_index=True)


def in_natural_order(ids: Iterable[str]) -> list[str]:
    """Distinct ids in order: by value when all are integers, else as text."""
    distinct = set(ids)
    is_number = all(text.isascii() and text.isdecimal() for text in distinct)
    return sorted(distinct, key=(lambda text: (int(text), text)) if is_number else None)


def _read_file(path: Path) -> pd.DataFrame:
    if path.stat().st_size == 0:
        raise BadInput([f"{path.name}: the file is empty, expected a header and rows"])
    with path.open("rb") as file:
        separator = "\t" if b"\t" in file.readline() else ","
    try:
        with warnings.catch_warnings():
            # Of rows that are all longer than the header it would only say so, and cut them.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path, sep=separator, dtype=str, keep_default_na=False, index_col=False
            )
    except (ValueError, pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise BadInput([f"{path.name}: not a readable table: {error}"]) from error
    table.columns = [str(name).split(":")[0].strip() for name in table.columns]
    return _checked(path.name, _selected(path.name, table))


def _selected(name: str, table: pd.DataFrame) -> pd.DataFrame:
    users = [column for column in table.columns if column in USER_COLUMNS]
    items = [
        column
        for column in table.columns
        if column.endswith(("_id", "_ind")) and column not in users
    ]
    if not (len(users) == len(items) == 1 and list(table.columns).count("rating") == 1):
        raise BadInput(
            [
                f"{name}: got columns {', '.join(table.columns)}; expected user_id (or user_ind), "
                "one item column ending in _id or _ind (such as item_id, book_id, book_ind), and "
                "rating"
            ]
        )
    if table.empty:
        raise BadInput([f"{name}: no rows below the header, expected ratings"])
    columns = [users[0], items[0], "rating"]
    return table[columns].set_axis(list(COLUMNS), axis="columns").apply(lambda c: c.str.strip())


def _checked(name: str, table: pd.DataFrame) -> pd.DataFrame:
    rating = pd.to_numeric(table["rating"], errors="coerce")
    faults = [
        *_fault(name, table[table["user_id"] == ""], "have no user", "user_id"),
        *_fault(name, table[table["item_id"] == ""], "have no item", "item_id"),
        *_fault(name, table[~np.isfinite(rating)], "have no finite number for a rating", "rating"),
    ]
    if faults:
        raise BadInput(faults)
    return table.assign(rating=rating)


def _fault(name: str, rows: pd.DataFrame, what: str, column: str) -> list[str]:
    if rows.empty:
        return []
    shown = rows.head(ROWS_SHOWN)
    more = ", ..." if len(rows) > ROWS_SHOWN else ""
    numbers = ", ".join(str(index + 1) for index in shown.index)
    values = ", ".join(repr(str(value)) for value in shown[column])
    return [f"{name}: {len(rows)} rows {what}: row {numbers}{more}: got {values}{more}"]


def _is_data(path: Path, directory: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
    return path.is_file() and not hidden
