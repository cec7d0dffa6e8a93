"""Reads and checks ratings: csv with a header, or RecBole's tab-separated `.inter` files."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from faults import BadInput

USER_COLUMNS = ("user_id", "user_ind")
RATINGS_AT_LEAST = 50
ROWS_SHOWN = 3


def read_ratings(directory: Path) -> pd.DataFrame:
    """All files' ratings as `user_id`, `item_id` (text) and `rating`, sorted by user and item.

    Raises:
        BadInput: naming every fault: files, columns, values, duplicates, too little data.
    """
    faults, tables = [], []
    for path in _files(directory):
        try:
            tables.append(read_file(path))
        except BadInput as error:
            faults.append(str(error))
    if not faults:
        ratings = pd.concat(tables, ignore_index=True)
        faults = [*_duplicate_faults(ratings), *_size_faults(ratings)]
    if faults:
        raise BadInput(faults)
    users, items = in_natural_order(ratings.user_id), in_natural_order(ratings.item_id)
    order = np.lexsort((items.get_indexer(ratings.item_id), users.get_indexer(ratings.user_id)))
    return ratings.iloc[order].reset_index(drop=True)


def in_natural_order(ids: pd.Series) -> pd.Index:
    """Distinct ids in order: by value when all are whole numbers, else as text."""
    distinct = pd.Index(ids.unique())
    if all(text.isdecimal() and str(int(text)) == text for text in distinct):
        return pd.Index(sorted(distinct, key=int))
    return distinct.sort_values()


def read_file(path: Path) -> pd.DataFrame:
    """One file's ratings.

    Raises:
        BadInput: naming every fault in the file.
    """
    table = _read_table(path)
    user, item = _columns(path, table)
    ratings = pd.DataFrame(
        {
            "user_id": table[user].str.strip(),
            "item_id": table[item].str.strip(),
            "rating": pd.to_numeric(table["rating"], errors="coerce"),
        }
    )
    faults = [
        *_value_faults(path, user, ratings.user_id.isin(["", None]), table),
        *_value_faults(path, item, ratings.item_id.isin(["", None]), table),
        *_value_faults(path, "rating", ~np.isfinite(ratings.rating), table),
    ]
    if faults:
        raise BadInput(faults)
    return ratings


def _files(directory: Path) -> list[Path]:
    files = [
        path
        for path in sorted(directory.glob("**/*"))
        if path.is_file() and not path.name.startswith(".")
    ]
    if not files:
        raise BadInput([f"channel 'ratings': no file in {directory}, expected at least one"])
    return files


def _read_table(path: Path) -> pd.DataFrame:
    with path.open("rb") as file:
        is_tabbed = b"\t" in file.readline()
    try:
        with warnings.catch_warnings():
            # Of rows that are all longer than the header it would only say so, and cut them.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path,
                sep="\t" if is_tabbed else ",",
                dtype=str,
                keep_default_na=False,
                index_col=False,
            )
    # pandas' own errors are ValueErrors
    except (ValueError, OSError, pd.errors.ParserWarning) as error:
        raise BadInput([f"{path.name}: not a readable table: {error}"]) from error
    table.columns = [str(name).split(":")[0].strip() for name in table.columns]
    if table.empty:
        raise BadInput([f"{path.name}: no rows below the header, expected ratings"])
    return table


def _columns(path: Path, table: pd.DataFrame) -> tuple[str, str]:
    names = list(table.columns)
    users = [name for name in names if name in USER_COLUMNS]
    items = [name for name in names if name.endswith(("_id", "_ind")) and name not in users]
    if len(users) == 1 and len(items) == 1 and "rating" in names:
        return users[0], items[0]
    raise BadInput(
        [
            f"{path.name} line 1: got columns {', '.join(names)}; expected user_id (or user_ind), "
            "one item column ending in _id or _ind (such as item_id, book_id, book_ind), and rating"
        ]
    )


def _value_faults(path: Path, column: str, is_wrong: pd.Series, table: pd.DataFrame) -> list[str]:
    rows = np.flatnonzero(is_wrong)
    if not len(rows):
        return []
    shown = ", ".join(
        f"line {row + 2}: {str(table[column].iloc[row])!r}" for row in rows[:ROWS_SHOWN]
    )
    wanted = "finite numbers" if column == "rating" else "an id"
    return [f"{path.name} column {column}: {len(rows)} rows are not {wanted}, {shown}"]


def _duplicate_faults(ratings: pd.DataFrame) -> list[str]:
    again = ratings[ratings.duplicated(["user_id", "item_id"])]
    if again.empty:
        return []
    first = again.iloc[0]
    return [
        f"{len(again)} rows rate an item that the same user rated before, such as user "
        f"{first.user_id}, item {first.item_id}; expected one rating for each user and item"
    ]


def _size_faults(ratings: pd.DataFrame) -> list[str]:
    counts = {
        "users": (ratings.user_id.nunique(), 2),
        "items": (ratings.item_id.nunique(), 2),
        "ratings": (len(ratings), RATINGS_AT_LEAST),
    }
    return [
        f"ratings: got {got} {what}, expected at least {least}"
        for what, (got, least) in counts.items()
        if got < least
    ]
