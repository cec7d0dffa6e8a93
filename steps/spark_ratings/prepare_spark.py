"""Keeps active users' ratings of much rated books, with titles and indices, on Spark.

    prepare_spark.py --min-user-ratings 130 --min-book-ratings 1200 --output s3://bucket/prepared

The ratings are csv with user_id, an item column (book_id, item_id, ...) and rating; the items csv
with that column and title. RecBole's tab-separated files (`user_id:token`) are read as well. Both
may be a file or a folder, here, on HDFS or in S3. Users and books are counted over all ratings;
`user_ind` and `book_ind` are zero-based, in the order of the ids AS TEXT. Out comes parquet, sorted
by both indices; the same rows as prepare_polars.py gives. It is one file on its own, because a
cluster is given one.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

INPUT, OUTPUT = "/opt/ml/processing/input", "/opt/ml/processing/output"
TITLES = ("title", "movie_title")
NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
INFINITY = float("inf")
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


def read_table(spark: SparkSession, what: str, path: str) -> DataFrame:
    """A table of text columns, named without RecBole's types, empty values null.

    Raises:
        BadInput: there is nothing to read.
    """
    place = f"file://{path}" if path.startswith("/") else path
    try:
        header = spark.read.text(place).first()
    except AnalysisException as error:
        raise BadInput([f"{what}: nothing to read at {path}"]) from error
    if header is None:
        raise BadInput([f"{what}: {path} is empty, expected a header and rows"])
    # Spark replaces what it cannot read, where ids that differ may become the same.
    if REPLACED in header[0]:
        raise BadInput([f"{what}: {Path(path).name} line 1: not UTF-8"])
    is_tabbed = "\t" in header[0]
    reader = spark.read.option("header", True)
    if is_tabbed:
        reader = reader.option("sep", "\t").option("quote", "")
    else:
        # A quote within quotes is doubled, as everywhere but in Spark; titles have them.
        reader = reader.option("escape", '"').option("multiLine", what == "items")
    table = reader.csv(place)
    names = [name.split(":")[0].strip() for name in table.columns]
    table = table.toDF(*names)
    return table.select([_text(F.col(f"`{name}`")).alias(name) for name in names])


def _text(column: Column) -> Column:
    trimmed = F.trim(column)
    return F.when(trimmed != "", trimmed)


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


def check_ratings(ratings: DataFrame, item: str) -> None:
    """Looks at every rating.

    Raises:
        BadInput: no rows, ids or ratings that are missing or no numbers, or pairs that come twice.
    """
    value = F.col("rating").cast("double")
    is_number = F.coalesce(F.col("rating").rlike(NUMBER) & (F.abs(value) < INFINITY), F.lit(False))
    wrong = F.when(~is_number, F.coalesce(F.col("rating"), F.lit("")))
    seen = ratings.select(
        F.count(F.lit(1)).alias("rows"),
        F.count_if(F.col("user_id").isNull()).alias("users"),
        F.count_if(F.col(item).isNull()).alias("items"),
        F.count_if(F.concat("user_id", item).contains(REPLACED)).alias("replaced"),
        F.count(wrong).alias("wrong"),
        F.min(wrong).alias("example"),
    ).first()
    if not seen["rows"]:
        raise BadInput(["ratings: no rows below the header"])
    faults = [
        f"ratings: {count} rows have no {name}"
        for name, count in (("user_id", seen["users"]), (item, seen["items"]))
        if count
    ]
    if seen["replaced"]:
        faults.append(f"ratings: {seen['replaced']} rows have ids that are not UTF-8")
    if seen["wrong"]:
        faults.append(
            f"ratings: {seen['wrong']} rows have a rating that is not a finite number, such as "
            f"'{seen['example']}'"
        )
    if faults:
        raise BadInput(faults)
    check_duplicates(ratings, "user_id", item)


def check_duplicates(ratings: DataFrame, user: str, item: str) -> None:
    """Looks for pairs of user and item that are rated more than once.

    Raises:
        BadInput: with their number and the first.
    """
    pairs = ratings.groupBy(user, item).count().where("count > 1")
    again = pairs.select(
        F.sum(F.col("count") - 1).alias("rows"), F.min(F.struct(user, item)).alias("first")
    ).first()
    if again["rows"]:
        raise BadInput(
            [
                f"ratings: {again['rows']} rows rate an item that the same user rated before, such "
                f"as user {again['first'][0]} and item {again['first'][1]}"
            ]
        )


def check_items(items: DataFrame, item: str) -> None:
    """Looks for ids that have two titles.

    Raises:
        BadInput: with their number and the first.
    """
    twice = items.groupBy(item).count().where("count > 1")
    found = twice.select(F.count(F.lit(1)).alias("ids"), F.min(item).alias("first")).first()
    if found["ids"]:
        raise BadInput([f"items: {found['ids']} ids are given twice, such as {found['first']}"])


def select_ratings(ratings: DataFrame, item: str, least: Thresholds) -> DataFrame:
    """The ratings by users and of items that have enough of them, counted over all ratings.

    Raises:
        BadInput: there are none.
    """
    users = ratings.groupBy("user_id").count()
    books = ratings.groupBy(item).count()
    kept = ratings.join(users.where(F.col("count") >= least.user), "user_id", "left_semi").join(
        books.where(F.col("count") >= least.book), item, "left_semi"
    )
    if kept.isEmpty():
        most_of_user = users.agg(F.max("count")).first()[0]
        most_of_book = books.agg(F.max("count")).first()[0]
        raise BadInput(
            [
                f"--min-user-ratings {least.user} and --min-book-ratings {least.book} leave none "
                f"of {ratings.count()} ratings: no user has more than {most_of_user}, no item more "
                f"than {most_of_book}"
            ]
        )
    return kept


def with_indices(ratings: DataFrame, item: str) -> DataFrame:
    """The ratings with `user_ind` and the item's own index, from 0, in the order of the text."""
    for column in ("user_id", item):
        index = column.removesuffix("_id") + "_ind"
        # One partition numbers the distinct ids: thousands, where the ratings are millions.
        number = F.row_number().over(Window.orderBy(column)) - 1
        places = ratings.select(column).distinct().withColumn(index, number)
        ratings = ratings.join(F.broadcast(places), column)
    return ratings


def prepare(
    spark: SparkSession, ratings_path: str, items_path: str, least: Thresholds
) -> DataFrame:
    """The job: user_id, item id, rating, title, user_ind and the item's index.

    Raises:
        BadInput: naming what is wrong with the ratings, the items or the thresholds.
    """
    ratings = read_table(spark, "ratings", ratings_path)
    item = item_column(ratings.columns)
    items = read_table(spark, "items", items_path)
    title = title_column(items.columns, item)
    ratings = ratings.select("user_id", item, "rating").dropna("all").cache()
    items = items.select(item, F.col(title).alias("title")).dropna()
    check_ratings(ratings, item)
    check_items(items, item)
    kept = select_ratings(ratings.withColumn("rating", F.col("rating").cast("double")), item, least)
    titled = kept.join(F.broadcast(items), item)
    if titled.isEmpty():
        raise BadInput(["items: none of the ids is an item that is left of the ratings"])
    indexed = with_indices(titled.cache(), item)
    book_index = item.removesuffix("_id") + "_ind"
    columns = ("user_id", item, "rating", "title", "user_ind", book_index)
    return indexed.select(*columns).orderBy("user_ind", book_index)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the job; 1 after bad input, which a processing job also finds in its ExitMessage."""
    try:
        arguments = _parser().parse_args(argv)
    except BadInput as error:
        report(str(error), _message_file(argv))
        return 1
    spark = SparkSession.builder.appName("prepare-ratings").getOrCreate()
    try:
        least = Thresholds(arguments.min_user_ratings, arguments.min_book_ratings)
        prepared = prepare(spark, arguments.ratings, arguments.items, least).cache()
        output = arguments.output
        place = f"file://{output}" if output.startswith("/") else output
        prepared.write.mode("overwrite").parquet(place)
        rows, users, books = prepared.select(
            F.count(F.lit(1)), F.max("user_ind") + 1, F.max(prepared.columns[-1]) + 1
        ).first()
        print(f"{rows} ratings by {users} users of {books} items", flush=True)
    except BadInput as error:
        report(str(error), _message_file(argv))
        return 1
    finally:
        spark.stop()
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
    parser.add_argument("--ratings", default=f"{INPUT}/ratings", help="file, folder or S3 URI")
    parser.add_argument("--items", default=f"{INPUT}/items", help="file, folder or S3 URI")
    parser.add_argument("--output", default=f"{OUTPUT}/ratings", help="folder or S3 URI")
    parser.add_argument("--message-file", default=MESSAGE_FILE)
    return parser


def _at_least_one(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a whole number of at least 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
