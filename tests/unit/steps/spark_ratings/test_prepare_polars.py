"""The job on one machine; tests/contract/test_spark.py holds Spark to the same rows and words."""

from pathlib import Path

import polars as pl
import pytest

from tests.unit.steps.modules import load

(prepare_polars,) = load("spark_ratings", "prepare_polars")

RATINGS = "user_id,book_id,rating\n2,10,5\n2,9,4\n10,10,3\n10,9,1.5\n3,9,2\n3,11,2\n"
ITEMS = 'book_id,title\n9,"A ""good"" one, really"\n10,Ten\n11,Eleven\n'


@pytest.fixture
def run(tmp_path):
    def run_job(ratings, items, user=1, book=1, **others):
        for name, text in (("ratings.csv", ratings), ("items.csv", items)):
            (tmp_path / name).write_text(text)
        arguments = {
            "--min-user-ratings": user,
            "--min-book-ratings": book,
            "--ratings": tmp_path / "ratings.csv",
            "--items": tmp_path / "items.csv",
            "--output": tmp_path / "out",
            "--message-file": tmp_path / "message",
            **others,
        }
        return prepare_polars.main([str(word) for pair in arguments.items() for word in pair])

    return run_job


def rows(tmp_path: Path) -> pl.DataFrame:
    return pl.read_parquet(tmp_path / "out/ratings.parquet")


def test_ids_are_numbered_from_zero_in_the_order_of_their_text(run, tmp_path):
    assert run(RATINGS, ITEMS) == 0
    found = rows(tmp_path)
    assert found.columns == ["user_id", "book_id", "rating", "title", "user_ind", "book_ind"]
    assert dict(found.select("user_id", "user_ind").iter_rows()) == {"10": 0, "2": 1, "3": 2}
    assert dict(found.select("book_id", "book_ind").iter_rows()) == {"10": 0, "11": 1, "9": 2}
    assert found.select("user_ind", "book_ind").rows() == sorted(
        found.select("user_ind", "book_ind").rows()
    )


def test_titles_keep_their_quotes_and_commas(run, tmp_path):
    run(RATINGS, ITEMS)
    titles = rows(tmp_path).filter(pl.col("book_id") == "9")["title"].unique().to_list()
    assert titles == ['A "good" one, really']


def test_users_and_books_are_counted_over_all_ratings(run, tmp_path):
    # User 10 has 2 ratings only because book 10, which is dropped, is counted for it.
    assert run(RATINGS, ITEMS, user=2, book=3) == 0
    assert rows(tmp_path).select("user_id", "book_id").rows() == [
        ("10", "9"),
        ("2", "9"),
        ("3", "9"),
    ]


def test_a_rating_of_an_item_without_a_title_is_left_out(run, tmp_path):
    assert run(RATINGS, "book_id,title\n9,Nine\n10,\n") == 0
    assert rows(tmp_path)["book_id"].unique().to_list() == ["9"]


def test_recboles_files_give_their_own_name_to_the_index(run, tmp_path):
    ratings = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t7\t4\t88125\n"
    items = 'item_id:token\tmovie_title:token_seq\n7\tThe "7"\n'
    assert run(ratings, items) == 0
    assert rows(tmp_path).rows(named=True) == [
        {
            "user_id": "1",
            "item_id": "7",
            "rating": 4.0,
            "title": 'The "7"',
            "user_ind": 0,
            "item_ind": 0,
        }
    ]


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        ("user_id,stars\n1,5\n", "got columns user_id, stars; expected user_id"),
        ("user_id,book_id,rating\n1,9,nan\n1,10,1e999\n", "2 rows have a rating"),
        ("user_id,book_id,rating\n1,9,4d\n", "1 rows have a rating"),
        ("user_id,book_id,rating\n1,9,4\n1,9,4\n", "1 rows rate an item"),
        ("user_id,book_id,rating\n1,9,4,7,8\n", "is no readable table"),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(run, tmp_path, capsys, ratings, message):
    assert run(ratings, ITEMS) == 1
    assert message in (tmp_path / "message").read_text()
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("given", ["0", "-1", "1.5", "many"])
def test_a_threshold_is_a_whole_number_of_at_least_one(run, tmp_path, capsys, given):
    assert run(RATINGS, ITEMS, user=given) == 1
    message = (
        "bad input: arguments: argument --min-user-ratings: "
        f"got '{given}', expected a whole number of at least 1"
    )
    assert (tmp_path / "message").read_text() == message
    assert message in capsys.readouterr().err


def test_a_file_that_is_not_utf_8_is_told_so_and_not_by_its_columns(run, tmp_path):
    binary = tmp_path / "utf-16.csv"
    binary.write_bytes(RATINGS.encode("utf-16"))
    assert run(RATINGS, ITEMS, **{"--ratings": binary, "--message-file": tmp_path / "told"}) == 1
    assert (tmp_path / "told").read_text() == ("bad input: ratings: utf-16.csv line 1: not UTF-8")
