"""Reads the items' titles."""

from pathlib import Path

import polars as pl
from faults import BadInput
from tables import LINE, data_files, read_table

ID_COLUMNS = ("item_id", "book_id", "movie_id", "book_ind", "item_ind", "id")
TITLE_COLUMNS = ("title", "movie_title", "name")


def read_titles(directory: Path, rated_items: pl.Series, item_column: str) -> dict[str, str]:
    """Titles of the rated items by item id; an item without one is left out.

    `item_column` is the name the ratings give the items' id. A missing or empty directory means
    that the optional channel was not given, so there are no titles.

    Raises:
        BadInput: wrong columns, ids given twice, or ids of another kind than the ratings'.
    """
    if not directory.is_dir() or not any(directory.iterdir()):
        return {}
    titles: dict[str, str] = {}
    for path in data_files(directory, "items"):
        table = _read_file(path, item_column)
        rated = table.filter(pl.col("id").is_in(rated_items.implode()))
        titles.update(zip(rated["id"], rated["title"], strict=True))
    if not titles:
        examples = ", ".join(rated_items.head(3))
        raise BadInput([f"channel 'items': none of its ids is a rated item, such as {examples}"])
    return titles


def _read_file(path: Path, item_column: str) -> pl.DataFrame:
    table = read_table(path)
    names = [name for name in table.columns if name != LINE]
    id_column = next((name for name in (item_column, *ID_COLUMNS) if name in names), None)
    title_column = next((name for name in TITLE_COLUMNS if name in names), None)
    if id_column is None or title_column is None:
        shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        raise BadInput(
            [
                f"{path.name} line 1: got columns {shown}; expected an id ({', '.join(ID_COLUMNS)})"
                f" and a title ({', '.join(TITLE_COLUMNS)})"
            ]
        )
    if item_column.endswith("_ind") != id_column.endswith("_ind"):
        raise BadInput(
            [
                f"{path.name}: its ids are '{id_column}' but the ratings' are '{item_column}'; "
                "expected both to be ids (_id) or both zero-based indices (_ind)"
            ]
        )
    items = table.select(
        pl.col(id_column).str.strip_chars().alias("id"),
        pl.col(title_column).str.strip_chars().alias("title"),
        pl.col(LINE),
    ).drop_nulls()
    again = items.filter(~pl.col("id").is_first_distinct())
    if len(again):
        identifier, _, line = again.row(0)
        raise BadInput(
            [
                f"{path.name} column {id_column}: {len(again)} ids are given twice, the first on "
                f"line {line}: {identifier}"
            ]
        )
    return items
