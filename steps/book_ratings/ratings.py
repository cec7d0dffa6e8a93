"""Reads and checks the ratings."""

from pathlib import Path

import polars as pl
from faults import BadInput
from tables import LINE, data_files, in_natural_order, read_table

USER_COLUMNS = ("user_id", "user_ind")
RATINGS_AT_LEAST = 50
# In either direction; squares of far larger ones overflow the features' 32 bits.
RATING_AT_MOST = 1_000_000
ROWS_SHOWN = 3
COLUMNS_SHOWN = 12
_FILE = "__file__"


def read_ratings(directory: Path) -> tuple[pl.DataFrame, str]:
    """The ratings as `user_id`, `item_id` (strings) and `rating`, and the item column's own name.

    The rows are sorted by user and item, so neither the order of rows nor how they are spread
    over files changes anything that follows.

    Raises:
        BadInput: naming every fault in every file: columns, values, duplicates, too little data.
    """
    faults: list[str] = []
    tables: list[pl.DataFrame] = []
    item_columns: set[str] = set()
    for path in data_files(directory, "ratings"):
        try:
            table, item_column = read_file(path)
        except BadInput as error:
            faults.append(str(error))
            continue
        tables.append(table)
        item_columns.add(item_column)
    if len(item_columns) > 1:
        faults.append(f"ratings files name their items differently: {sorted(item_columns)}")
    if not faults:
        ratings = pl.concat(tables)
        faults = _duplicate_faults(ratings) + _size_faults(ratings)
    if faults:
        raise BadInput(faults)
    return _sorted(ratings), item_columns.pop()


def read_file(path: Path) -> tuple[pl.DataFrame, str]:
    """One file's ratings in its own order, with line numbers, and its item column's name.

    Raises:
        BadInput: naming every fault in the file, as far as rows can be judged one by one.
    """
    table = read_table(path)
    user_column, item_column = _columns(path, table)
    if not len(table):
        raise BadInput([f"{path.name}: no rows below the header, expected ratings"])
    parsed = table.select(
        pl.col(user_column).str.strip_chars().replace("", None).alias("user_id"),
        pl.col(item_column).str.strip_chars().replace("", None).alias("item_id"),
        pl.col("rating").alias("text"),
        pl.col("rating").str.strip_chars().cast(pl.Float64, strict=False).alias("rating"),
        pl.col(LINE),
        pl.lit(path.name).alias(_FILE),
    )
    faults = [
        *_missing_faults(path, parsed, "user_id", user_column),
        *_missing_faults(path, parsed, "item_id", item_column),
        *_rating_faults(path, parsed),
    ]
    if faults:
        raise BadInput(faults)
    return parsed.drop("text"), item_column


def _columns(path: Path, table: pl.DataFrame) -> tuple[str, str]:
    names = [name for name in table.columns if name != LINE]
    # Indices that stand beside the ids they were made of tell nothing more.
    usable = [name for name in names if name.removesuffix("_ind") + "_id" not in names]
    users = [name for name in usable if name in USER_COLUMNS]
    items = [name for name in usable if name.endswith(("_id", "_ind")) and name not in users]
    if len(users) == 1 and len(items) == 1 and "rating" in names:
        return users[0], items[0]
    shown = ", ".join(names[:COLUMNS_SHOWN]) + (", ..." if len(names) > COLUMNS_SHOWN else "")
    raise BadInput(
        [
            f"{path.name} line 1: got columns {shown}; expected user_id (or user_ind), "
            "one item column ending in _id or _ind (such as item_id, book_id, book_ind), and rating"
        ]
    )


def _missing_faults(path: Path, table: pl.DataFrame, name: str, column: str) -> list[str]:
    rows = table.filter(pl.col(name).is_null())
    if not len(rows):
        return []
    return [f"{path.name} column {column}: {len(rows)} rows without a value, {_lines(rows)}"]


def _rating_faults(path: Path, table: pl.DataFrame) -> list[str]:
    is_number = pl.col("rating").is_finite().fill_null(value=False)
    is_beyond = pl.col("rating").abs() > RATING_AT_MOST
    kinds = {
        "not finite numbers": table.filter(~is_number),
        f"beyond {RATING_AT_MOST}": table.filter(is_number & is_beyond),
    }
    return [
        f"{path.name} column rating: {len(rows)} rows are {kind}, {_lines(rows)}: "
        f"got {_texts(rows)}"
        for kind, rows in kinds.items()
        if len(rows)
    ]


def _duplicate_faults(ratings: pl.DataFrame) -> list[str]:
    pair = ["user_id", "item_id"]
    again = ratings.filter(~pl.struct(pair).is_first_distinct())
    if not len(again):
        return []
    first = ", ".join(
        f"{file} line {line} (user {user}, item {item})"
        for user, item, _, line, file in again.head(ROWS_SHOWN).iter_rows()
    )
    return [
        f"{len(again)} rows rate an item that the same user rated before: {first}; expected one "
        "rating for each user and item"
    ]


def _size_faults(ratings: pl.DataFrame) -> list[str]:
    counts = {
        "users": (ratings["user_id"].n_unique(), 2),
        "items": (ratings["item_id"].n_unique(), 2),
        "ratings": (len(ratings), RATINGS_AT_LEAST),
        "different rating values": (ratings["rating"].n_unique(), 2),
    }
    return [
        f"ratings: got {got} {what}, expected at least {least}"
        for what, (got, least) in counts.items()
        if got < least
    ]


def _sorted(ratings: pl.DataFrame) -> pl.DataFrame:
    def place(column: str) -> pl.DataFrame:
        ids = in_natural_order(ratings[column])
        return pl.DataFrame({column: ids, f"__{column}__": pl.Series(range(len(ids)))})

    return (
        ratings.join(place("user_id"), on="user_id")
        .join(place("item_id"), on="item_id")
        .sort("__user_id__", "__item_id__")
        .select("user_id", "item_id", "rating")
    )


def _texts(rows: pl.DataFrame) -> str:
    return ", ".join(repr(text or "") for text in rows["text"].head(ROWS_SHOWN))


def _lines(rows: pl.DataFrame) -> str:
    shown = ", ".join(str(line) for line in rows[LINE].head(ROWS_SHOWN))
    return f"lines {shown}" + (", ..." if len(rows) > ROWS_SHOWN else "")
