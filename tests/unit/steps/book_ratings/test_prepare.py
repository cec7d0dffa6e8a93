import json

import numpy as np
import polars as pl
import pytest
from faults import BadInput
from features import FEATURES
from prepare import main, prepare, split_rows, write
from ratings import read_ratings
from state import load_state
from titles import read_titles

OUTPUTS = (
    "ratings/ratings.parquet",
    "state/catalogue.json",
    "state/fit.npz",
    "test/ratings.parquet",
    "train/features.parquet",
    "tuning_train/features.parquet",
    "tuning_validation/features.parquet",
)


def contents(base):
    files = (path for path in base.glob("**/*") if path.is_file())
    return {str(path.relative_to(base)): path.read_bytes() for path in files}


def prepare_here(base, output, executor, change=lambda ratings: ratings):
    channels = base / "processing/input"
    ratings, column = read_ratings(channels / "ratings")
    ratings = change(ratings)
    titles = read_titles(channels / "items", ratings["item_id"], column)
    write(prepare(ratings, titles, split_rows(len(ratings), 0.1, 0.1, 0), 0, executor), output)
    return contents(output)


def test_the_split_is_disjoint_whole_of_the_asked_sizes_and_depends_on_the_seed():
    split = split_rows(1000, 0.2, 0.1, 7)
    parts = np.array([split.tuning_train, split.tuning_validation, split.test])
    assert parts.sum(0).tolist() == [1] * 1000
    assert parts.sum(1).tolist() == [700, 100, 200]
    assert (split_rows(1000, 0.2, 0.1, 7).test == split.test).all()
    assert (split_rows(1000, 0.2, 0.1, 8).test != split.test).any()


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ((0.0, 1.5), "argument --test-fraction: got 0.0, expected a number above 0 and below 1 | "),
        ((0.1, float("nan")), "argument --validation-fraction: got nan, expected"),
        ((0.6, 0.4), "--test-fraction + --validation-fraction: got 1, expected below 1"),
        ((0.001, 0.1), "--test-fraction: gives 0 of 100 ratings, expected at least 1"),
        ((0.5, 0.45), "what both fractions leave: gives 5 of 100 ratings, expected at least 10"),
    ],
)
def test_fractions_that_leave_a_part_empty_are_refused(fractions, message):
    with pytest.raises(BadInput) as refused:
        split_rows(100, *fractions, 0)
    assert message in str(refused.value)


def test_all_outputs_are_written_and_nothing_else(prepared):
    assert sorted(contents(prepared / "processing/output")) == list(OUTPUTS)


def test_outputs_are_the_same_bytes_in_another_process_with_other_workers(
    prepared, tmp_path, executor
):
    here = prepare_here(prepared, tmp_path / "output", executor)
    assert here == contents(prepared / "processing/output")


def test_the_splits_share_no_rating_and_lose_none(prepared, table):
    output = prepared / "processing/output"
    train = pl.read_parquet(output / "ratings/ratings.parquet")
    test = pl.read_parquet(output / "test/ratings.parquet")
    pairs = set(pl.concat([train, test]).select("user_id", "item_id").iter_rows())
    assert len(pairs) == len(train) + len(test) == len(table)
    rows = {
        name: pl.read_parquet(output / name / "features.parquet")
        for name in ("tuning_train", "tuning_validation", "train")
    }
    assert all(part.columns == ["rating", *FEATURES] for part in rows.values())
    assert len(rows["train"]) == len(train)
    assert len(rows["tuning_train"]) + len(rows["tuning_validation"]) == len(train)
    assert rows["train"]["rating"].cast(pl.Float64).to_list() == train["rating"].to_list()


def test_held_out_ratings_change_nothing_but_the_held_out_file(prepared, tmp_path, executor):
    test = split_rows(len(read_ratings(prepared / "processing/input/ratings")[0]), 0.1, 0.1, 0).test

    def reverse_test_ratings(ratings):
        return ratings.with_columns(
            pl.when(pl.Series(test)).then(6 - pl.col("rating")).otherwise("rating").alias("rating")
        )

    after = prepare_here(prepared, tmp_path / "output", executor, reverse_test_ratings)
    before = contents(prepared / "processing/output")
    assert [name for name in OUTPUTS if after[name] != before[name]] == ["test/ratings.parquet"]


def test_validation_ratings_change_no_tuning_feature(prepared, tmp_path, executor):
    ratings, _ = read_ratings(prepared / "processing/input/ratings")
    validation = split_rows(len(ratings), 0.1, 0.1, 0).tuning_validation

    def reverse(ratings):
        turned = pl.when(pl.Series(validation)).then(6 - pl.col("rating")).otherwise("rating")
        return ratings.with_columns(turned.alias("rating"))

    after = prepare_here(prepared, tmp_path / "output", executor, reverse)
    before = contents(prepared / "processing/output")
    assert after["tuning_train/features.parquet"] == before["tuning_train/features.parquet"]
    name = "tuning_validation/features.parquet"
    old = pl.read_parquet(prepared / "processing/output" / name)
    new = pl.read_parquet(tmp_path / "output" / name)
    assert new.drop("rating").equals(old.drop("rating"))
    assert not new["rating"].equals(old["rating"])


def test_the_state_holds_ids_in_natural_order_titles_and_no_test_only_ids(prepared):
    fit, catalogue = load_state(prepared / "processing/output/state")
    assert catalogue.item_ids == tuple(sorted(catalogue.item_ids, key=int))
    assert catalogue.titles["4"] == "Book 1, the one"
    assert catalogue.user_indices(["100", "never seen"]).tolist() == [0, len(catalogue.user_ids)]
    assert len(fit.user_effects) == len(catalogue.user_ids) + 1


@pytest.mark.parametrize(
    ("ratings", "arguments", "message"),
    [
        ("user_id,book_id,rating\n1,2,x\n", (), "ratings.csv column rating: 1 rows are not finite"),
        (None, (), "channel 'ratings': no file in"),
        (None, ("--test-fraction", "1.2"), "argument --test-fraction: got 1.2, expected a number"),
        (None, ("--seed", "x"), "arguments: argument --seed: invalid int value: 'x'"),
        (
            None,
            ("--seed", "-1"),
            "argument --seed: got -1, expected an integer from 0 to 2147483647",
        ),
        (None, ("--fraction", "1"), "arguments: unrecognized arguments: --fraction 1"),
    ],
)
def test_bad_input_ends_with_one_line_an_exit_message_and_no_output(
    tmp_path, place, capsys, ratings, arguments, message
):
    assert main(["--base-directory", str(place(tmp_path, ratings)), *arguments]) == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
    assert (tmp_path / "output/message").read_text() == printed.strip()
    assert not (tmp_path / "processing/output").exists()


def test_an_exit_message_is_at_most_one_kilobyte(tmp_path, place):
    columns = "größe_" * 300
    assert main(["--base-directory", str(place(tmp_path, f"{columns}\n"))]) == 1
    assert 1000 < len((tmp_path / "output/message").read_bytes()) <= 1024


def test_the_catalogue_is_plain_json(prepared):
    text = (prepared / "processing/output/state/catalogue.json").read_text()
    assert set(json.loads(text)) == {"users", "items", "titles"}
