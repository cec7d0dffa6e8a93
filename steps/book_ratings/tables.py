"""Reads tables as strings, with the line number of every row.

Two forms of text are known by their first line: csv with a header, and RecBole's tab-separated
files whose header carries types (`user_id:token`). Parquet, as Spark writes it, is known by its
name; its rows are counted as if a header stood before them.
"""

from pathlib import Path

import polars as pl
from faults import BadInput

LINE = "__line__"
REPLACED = "\ufffd"


def data_files(directory: Path, channel: str) -> list[Path]:
    """The channel's files in order of name; hidden files, also in Spark's sense, are not data.

    Raises:
        BadInput: the directory is missing or holds no file.
    """
    files = [path for path in sorted(directory.glob("**/*")) if _is_data(path, directory)]
    if not files:
        raise BadInput([f"channel '{channel}': no file in {directory}, expected at least one"])
    return files


def read_table(path: Path) -> pl.DataFrame:
    """All columns as strings (empty is null) plus LINE, the row's line number in the file.

    Rows with no value at all (blank lines) are dropped. Line numbers count from 1 and take every
    row for one line.

    Raises:
        BadInput: the file is empty, not UTF-8, cut off, or has rows longer than its header.
    """
    if path.stat().st_size == 0:
        raise BadInput([f"{path.name}: the file is empty, expected a header and rows"])
    try:
        table = _read_parquet(path) if path.suffix == ".parquet" else _read_text(path)
    except (pl.exceptions.PolarsError, OSError) as error:  # OSError: half of a compressed file
        first = str(error).strip().splitlines()[0]
        raise BadInput([f"{path.name}: not a readable table: {first}"]) from error
    table = table.rename({name: name.split(":")[0].strip() for name in table.columns}, strict=False)
    has_value = ~pl.all_horizontal(pl.exclude(LINE).is_null())
    return table.with_columns(pl.int_range(2, pl.len() + 2).alias(LINE)).filter(has_value)


def _read_parquet(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path).select(pl.all().cast(pl.String))


def _read_text(path: Path) -> pl.DataFrame:
    with path.open("rb") as file:
        is_tabbed = b"\t" in file.readline()
    table = pl.read_csv(
        path,
        separator="\t" if is_tabbed else ",",
        quote_char=None if is_tabbed else '"',
        infer_schema=False,
        null_values=[""],
    )
    # Of the rows polars says so itself, but of the header it replaces what it cannot read.
    if any(REPLACED in name for name in table.columns):
        raise BadInput([f"{path.name} line 1: not UTF-8"])
    return table


def in_natural_order(ids: pl.Series) -> pl.Series:
    """Distinct ids in order: by value when all are integers, else as text."""
    distinct = ids.unique()
    numbers = distinct.cast(pl.Int64, strict=False)
    if numbers.null_count() or not (numbers.cast(pl.String) == distinct).all():
        return distinct.sort()
    return numbers.sort().cast(pl.String)


def _is_data(path: Path, directory: Path) -> bool:
    hidden = any(part.startswith((".", "_")) for part in path.relative_to(directory).parts)
    return path.is_file() and not hidden
