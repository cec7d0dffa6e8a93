"""The algorithm in R against numpy, and against the answer that the book prints."""

import csv
import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

_spec = importlib.util.spec_from_file_location(
    "reference", Path(__file__).with_name("reference.py")
)
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)

METHODS = ("cosine", "pearson", "cosine_all")
NEIGHBOURS = 6
HELD_OUT = 5

FIT = "model <- fit(as.data.frame(input$table), input$method, input$nn);"
ASK = """
asked <- lapply(seq_len(nrow(input$asked)), function(row) {
  positions <- which(input$asked[row, ] > 0)
  user_of(model, match(as.character(positions), model$items), input$asked[row, positions])
});
"""


def trained(ratings):
    return type(ratings)(ratings.matrix[HELD_OUT:])


def ask(r, ratings, method, code):
    """What R says for each of the first users, on a model of the others."""
    train = trained(ratings)
    return np.array(
        r(
            FIT + ASK + f"lapply(asked, function(user) {code})",
            table=train.table(),
            method=method,
            nn=NEIGHBOURS,
            asked=ratings.matrix[:HELD_OUT].tolist(),
        )
    )


@pytest.mark.parametrize("method", METHODS)
def test_similarities_are_those_of_numpy(r, ratings, method):
    got = ask(r, ratings, method, "SIMILARITIES[[input$method]](model, user)")
    expected = reference.similarities(method, trained(ratings).matrix, ratings.matrix[:HELD_OUT])
    assert got == pytest.approx(expected, abs=1e-9)
    assert (expected > 0).any()


@pytest.mark.parametrize("method", METHODS)
def test_scores_predictions_and_the_best_items_are_those_of_numpy(r, ratings, method):
    train, asked = trained(ratings).matrix, ratings.matrix[:HELD_OUT]
    scores = reference.scores(method, NEIGHBOURS, train, asked)
    predictions = reference.predictions(method, NEIGHBOURS, train, asked)
    assert ask(r, ratings, method, "scores_of(model, user)") == pytest.approx(scores)
    assert ask(r, ratings, method, "predictions_of(model, user)") == pytest.approx(predictions)
    best = ask(r, ratings, method, "best_items(scores_of(model, user), user, 5)")
    assert (best - 1 == reference.best(scores, asked, 5)).all()


# Source: chapter 7 of "Hands-On Artificial Intelligence on Amazon Web Services", which prints what
# recommenderlab says for the 272nd of its 275 users when the first 270 have been trained on.
def test_the_books_recommendations_for_the_272nd_reader_are_those_of_chapter_7(r):
    path = Path(os.environ.get("SHARED_DATA", ""), "goodbooks/ratings_chapter7.csv")
    if not path.is_file():
        pytest.skip(f"no {path}; SHARED_DATA names the directory of goodbooks/ratings_chapter7.csv")
    answer = r(
        """
        ratings <- checked(read_csv_file(input$path, "chapter 7"), "chapter 7")
        model <- fit(first_users(ratings, 270), "cosine", 10)
        reader <- in_natural_order(ratings$user)[272]
        recommend(model, ratings[ratings$user == reader, ], 5)$item_id
        """,
        path=str(path.resolve()),
    )
    assert answer == ["212", "173", "492", "955", "289"]
    with path.open() as file:
        readers = sorted({int(row["user_ind"]) for row in csv.DictReader(file)})
    assert len(readers) == 275


@pytest.mark.parametrize("method", METHODS)
def test_who_likes_everything_alike_has_all_users_for_neighbours(r, ratings, method):
    train = trained(ratings)
    got = r(
        FIT + "scores_of(model, user_of(model, 1:3, c(4, 4, 4)))",
        table=train.table(), method=method, nn=NEIGHBOURS,
    )  # fmt: skip
    offsets, _, _ = reference.centred(train.matrix)
    assert got == pytest.approx(4 + offsets.mean(0))


def test_of_equally_good_items_the_first_is_recommended_and_none_that_was_rated(r):
    code = "best_items(c(1, 2, 2, 3, 2), list(rated = c(0, 0, 0, 1, 0)), input$count)"
    assert r(code, count=2) == [2, 3]
    assert r(code, count=9) == [2, 3, 5, 1]


def test_centring_matters(r, ratings):
    """Without it a user who rates everything high is like all who rate high."""
    code = """
    model <- fit(as.data.frame(input$table), "cosine_all", 3, centre = input$centre)
    neighbours(model, user_of(model, 1:4, c(5, 4, 5, 4)))$users
    """
    table = {
        "user": [*"aaaabbbbcccc"],
        "item": [*"123412341234"],
        "rating": [2, 1, 2, 1, 4, 5, 4, 5, 5, 5, 5, 4],
    }
    assert r(code, table=table, centre=True) == [1, 3]
    # Cosines 86 / sqrt(82 * 91), 28 / sqrt(82 * 10) and 80 / 82: hardly any difference.
    assert r(code, table=table, centre=False) == [3, 1, 2]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["10", "9", "9", "0"], ["0", "9", "10"]),
        (["10", "9", "b"], ["10", "9", "b"]),
        (["01", "1"], ["01", "1"]),
    ],
)
def test_ids_are_in_the_order_of_numbers_if_they_all_are(r, ids, expected):
    assert r("I(in_natural_order(input$ids))", ids=ids) == expected


def test_an_id_that_json_numbers_cannot_hold_exactly_is_refused_and_not_rounded(r):
    body = '{"instances": [{"user_id": 1%s, "item_id": 1, "rating": 3}]}' % ("0" * 30)
    said = r("tryCatch(read_json(input$body), bad_input = conditionMessage)", body=body)
    assert said == (
        "request: 1 of 1 rows have a user_id that is not exact as a number, expected it as text: "
        "row 1: got '1e+30'"
    )
