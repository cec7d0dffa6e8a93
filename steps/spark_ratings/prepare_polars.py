"""Keeps active users' ratings of much rated books, with titles and indices, on one machine.

    prepare_polars.py --min-user-ratings 130 --min-book-ratings 1200

What prepare_spark.py does on a cluster, for data that one instance can hold: the same arguments,
input, messages and rows, in the same order.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import polars as pl

INPUT, OUTPUT = "/opt/ml/processing/input", "/opt/ml/processing/output"
TITLES = ("title", "movie_title")
NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
MESSAGE_FILE = "/opt/ml/output/message"
MESSAGE_BYTES = 1024
REPLACED = "\ufffd"


class BadInput(Exception):
    """Input that cannot be used; the text names every fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" | ".join(faults))


@dataclass(frozen=True)
class Thresholds:
    """How many ratings a user and a book must have at least."""

    user: int
    book: int


def read_table(what: str, path: Path) -> pl.DataFrame:
    """A table of text columns, named without RecBole's types, empty values null.

    Raises:
        BadInput: there is nothing to read, or it is no table.
    """
    files = (
        [path] if path.is_file() else [each for each in sorted(path.glob("*")) if _is_data(each)]
    )
    if not files:
        raise BadInput([f"{what}: nothing to read at {path}"])
    tables = [_read_file(what, file) for file in files if file.stat().st_size]
    if not tables:
        raise BadInput([f"{what}: {path} is empty, expected a header and rows"])
    if any(table.columns != tables[0].columns for table in tables):
        raise BadInput([f"{what}: the files in {path} have different columns"])
    return pl.concat(tables)


def _is_data(path: Path) -> bool:
    return path.is_file() and not path.name.startswith((".", "_"))


def _read_file(what: str, path: Path) -> pl.DataFrame:
    with path.open("rb") as file:
        is_tabbed = b"\t" in file.readline()
    try:
        table = pl.read_csv(
            path,
            separator="\t" if is_tabbed else ",",
            quote_char=None if is_tabbed else '"',
            infer_schema=False,
        )
    except pl.exceptions.PolarsError as error:
        said = str(error).strip().splitlines()[0]
        raise BadInput([f"{what}: {path.name} is no readable table: {said}"]) from error
    # Of the rows polars says so itself, but of the header it replaces what it cannot read.
    if any(REPLACED in name for name in table.columns):
        raise BadInput([f"{what}: {path.name} line 1: not UTF-8"])
    table = table.rename(lambda name: name.split(":")[0].strip())
    return table.select(pl.all().str.strip_chars(" ").replace("", None))


def item_column(columns: Sequence[str]) -> str:
    """The name of the item column of the ratings.

    Raises:
        BadInput: the columns are not those of ratings.
    """
    items = [name for name in columns if name.endswith("_id") and name != "user_id"]
    if "user_id" in columns and "rating" in columns and len(items) == 1:
        return items[0]
    raise BadInput(
        [
            f"ratings: got columns {', '.join(columns)}; expected user_id, one item column ending "
            "in _id (such as book_id or item_id), and rating"
        ]
    )


def title_column(columns: Sequence[str], item: str) -> str:
    """The name of the title column of the items.

    Raises:
        BadInput: the columns are not those of items.
    """
    titles = [name for name in TITLES if name in columns]
    if item in columns and titles:
        return titles[0]
    raise BadInput(
        [f"items: got columns {', '.join(columns)}; expected {item} and {' or '.join(TITLES)}"]
    )


def checked_ratings(ratings: pl.DataFrame, item: str) -> pl.DataFrame:
    """The ratings with numbers for their text.

    Raises:
        BadInput: no rows, ids or ratings that are missing or no numbers, or pairs that come twice.
    """
    if not len(ratings):
        raise BadInput(["ratings: no rows below the header"])
    value = pl.col("rating").cast(pl.Float64, strict=False)
    is_number = (pl.col("rating").str.contains(NUMBER) & value.is_finite()).fill_null(value=False)
    wrong = ratings.filter(~is_number)["rating"].fill_null("")
    faults = [
        f"ratings: {count} rows have no {name}"
        for name, count in (
            ("user_id", ratings["user_id"].null_count()),
            (item, ratings[item].null_count()),
        )
        if count
    ]
    if len(wrong):
        faults.append(
            f"ratings: {len(wrong)} rows have a rating that is not a finite number, such as "
            f"'{wrong.min()}'"
        )
    if faults:
        raise BadInput(faults)
    check_duplicates(ratings, item)
    return ratings.with_columns(value)


def check_duplicates(ratings: pl.DataFrame, item: str) -> None:
    """Looks for pairs of user and item that are rated more than once.

    Raises:
        BadInput: with their number and the first.
    """
    pairs = ratings.group_by("user_id", item).len().filter(pl.col("len") > 1)
    if len(pairs):
        user, book, _ = pairs.sort("user_id", item).row(0)
        raise BadInput(
            [
                f"ratings: {pairs['len'].sum() - len(pairs)} rows rate an item that the same user "
                f"rated before, such as user {user} and item {book}"
            ]
        )


def check_items(items: pl.DataFrame, item: str) -> None:
    """Looks for ids that have two titles.

    Raises:
        BadInput: with their number and the first.
    """
    twice = items.group_by(item).len().filter(pl.col("len") > 1)
    if len(twice):
        raise BadInput([f"items: {len(twice)} ids are given twice, such as {twice[item].min()}"])


def select_ratings(ratings: pl.DataFrame, item: str, least: Thresholds) -> pl.DataFrame:
    """The ratings by users and of items that have enough of them, counted over all ratings.

    Raises:
        BadInput: there are none.
    """
    users = ratings.group_by("user_id").len()
    books = ratings.group_by(item).len()
    kept = ratings.join(users.filter(pl.col("len") >= least.user), on="user_id", how="semi").join(
        books.filter(pl.col("len") >= least.book), on=item, how="semi"
    )
    if not len(kept):
        raise BadInput(
            [
                f"--min-user-ratings {least.user} and --min-book-ratings {least.book} leave none "
                f"of {len(ratings)} ratings: no user has more than {users['len'].max()}, no item "
                f"more than {books['len'].max()}"
            ]
        )
    return kept


def with_indices(ratings: pl.DataFrame, item: str) -> pl.DataFrame:
    """The ratings with `user_ind` and the item's own index, from 0, in the order of the text."""
    for column in ("user_id", item):
        index = column.removesuffix("_id") + "_ind"
        places = ratings.select(pl.col(column).unique().sort()).with_columns(
            pl.int_range(pl.len(), dtype=pl.Int32).alias(index)
        )
        ratings = ratings.join(places, on=column)
    return ratings


def prepare(ratings_path: Path, items_path: Path, least: Thresholds) -> pl.DataFrame:
    """The job: user_id, item id, rating, title, user_ind and the item's index.

    Raises:
        BadInput: naming what is wrong with the ratings, the items or the thresholds.
    """
    ratings = read_table("ratings", ratings_path)
    item = item_column(ratings.columns)
    items = read_table("items", items_path)
    title = title_column(items.columns, item)
    ratings = ratings.select("user_id", item, "rating")
    ratings = ratings.filter(~pl.all_horizontal(pl.all().is_null()))
    items = items.select(item, pl.col(title).alias("title")).drop_nulls()
    ratings = checked_ratings(ratings, item)
    check_items(items, item)
    titled = select_ratings(ratings, item, least).join(items, on=item)
    if not len(titled):
        raise BadInput(["items: none of the ids is an item that is left of the ratings"])
    book_index = item.removesuffix("_id") + "_ind"
    columns = ("user_id", item, "rating", "title", "user_ind", book_index)
    return with_indices(titled, item).select(columns).sort("user_ind", book_index)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the job; 1 after bad input, which a processing job also finds in its ExitMessage."""
    try:
        arguments = _parser().parse_args(argv)
        least = Thresholds(arguments.min_user_ratings, arguments.min_book_ratings)
        prepared = prepare(Path(arguments.ratings), Path(arguments.items), least)
    except BadInput as error:
        report(str(error), _message_file(argv))
        return 1
    output = Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    prepared.write_parquet(output / "ratings.parquet")
    users, books = prepared["user_id"].n_unique(), prepared[prepared.columns[1]].n_unique()
    print(f"{len(prepared)} ratings by {users} users of {books} items", flush=True)
    return 0


def report(text: str, message_file: Path) -> None:
    """Prints what is wrong, and writes its start where a processing job's message is read from.

    Source: ExitMessage of DescribeProcessingJob is the start of `/opt/ml/output/message`.
    """
    print(f"bad input: {text}", file=sys.stderr, flush=True)
    if message_file.parent.is_dir():
        short = f"bad input: {text}".encode()[:MESSAGE_BYTES]
        message_file.write_text(short.decode(errors="ignore"), encoding="utf-8")


class Parser(argparse.ArgumentParser):
    """Raises BadInput where argparse would end the process, with no word to SageMaker."""

    def error(self, message: str) -> NoReturn:
        """Raises what argparse found, as BadInput."""
        raise BadInput([f"arguments: {message}"])


def _message_file(argv: Sequence[str] | None) -> Path:
    """Read before the other arguments, whose faults are written there."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--message-file", default=MESSAGE_FILE)
    return Path(parser.parse_known_args(argv)[0].message_file)


def _parser() -> Parser:
    parser = Parser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--min-user-ratings", type=_at_least_one, default=130, metavar="N")
    parser.add_argument("--min-book-ratings", type=_at_least_one, default=1200, metavar="N")
    parser.add_argument("--ratings", default=f"{INPUT}/ratings", help="file or folder")
    parser.add_argument("--items", default=f"{INPUT}/items", help="file or folder")
    parser.add_argument("--output", default=f"{OUTPUT}/ratings", help="folder")
    parser.add_argument("--message-file", default=MESSAGE_FILE)
    return parser


def _at_least_one(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a whole number of at least 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
