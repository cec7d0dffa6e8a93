import json
import shutil
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from inference import input_fn, model_fn, output_fn, predict_fn
from questions import RequestRefused

JSON, CSV = "application/json", "text/csv"


@pytest.fixture(scope="module")
def model(trained):
    return model_fn(str(trained / "model"))


@pytest.fixture(scope="module")
def train_rows(trained):
    return pl.read_parquet(trained / "processing/ratings/ratings.parquet")


def ask(model, body, content_type=JSON, accept=JSON):
    body = body if isinstance(body, str) else json.dumps(body)
    return output_fn(predict_fn(input_fn(body, content_type), model), accept)


def rating_of(model, user, item):
    return json.loads(ask(model, [[user, item]])[0])["predictions"][0]


def test_csv_pairs_are_answered_with_a_rating_a_line(model):
    body, content_type = ask(model, "user_id,item_id\n100,1\n101,4\n", CSV, CSV)
    assert content_type == CSV
    assert [1 <= float(line) <= 5 for line in body.splitlines()] == [True, True]


def test_csv_and_json_give_the_same_ratings(model):
    pairs = [[100, 1], [101, 4], [159, 118]]
    text = "".join(f"{user},{item}\n" for user, item in pairs)
    predictions = json.loads(ask(model, {"instances": pairs})[0])["predictions"]
    assert [float(line) for line in ask(model, text, CSV, CSV)[0].split()] == predictions
    assert predictions == pytest.approx([rating_of(model, *pair) for pair in pairs], abs=2e-4)


@pytest.mark.parametrize(
    ("content_type", "accept", "answered"),
    [
        (CSV, "*/*", CSV),
        (CSV, "", CSV),
        (JSON, "*/*", JSON),
        (CSV, JSON, JSON),
        (JSON, "text/csv; charset=utf-8", CSV),
        (JSON, "application/xml, application/json", JSON),
    ],
)
def test_the_answer_has_the_accepted_form_or_else_that_of_the_request(
    model, content_type, accept, answered
):
    body = "100,1\n" if content_type == CSV else [[100, 1]]
    text, kind = ask(model, body, content_type, accept)
    assert kind == answered
    assert (text[0] == "{") == (answered == JSON)


def test_an_accept_that_cannot_be_served_is_a_406(model):
    for body, accept in (([[100, 1]], "application/xml"), ({"user_id": 100, "top_k": 2}, CSV)):
        with pytest.raises(RequestRefused, match="accept: got") as refused:
            ask(model, body, JSON, accept)
        assert refused.value.status_code == 406


def test_recommendations_are_the_best_of_all_items_that_the_user_did_not_rate(model, train_rows):
    rated = set(train_rows.filter(pl.col("user_id") == "107")["item_id"].cast(int))
    others = [int(item) for item in model.catalogue.item_ids if int(item) not in rated]
    instances = [{"user_id": 107, "item_id": item} for item in others]
    ratings = json.loads(ask(model, {"instances": instances})[0])["predictions"]
    expected = sorted(ratings, reverse=True)[:5]

    answer = json.loads(ask(model, {"user_id": 107, "top_k": 5})[0])

    assert answer["user_id"] == 107
    recommended = answer["recommendations"]
    assert [item["score"] for item in recommended] == pytest.approx(expected, abs=2e-4)
    assert not rated & {item["item_id"] for item in recommended}
    for item in recommended:
        assert item["title"] == f"Book {(item['item_id'] - 1) // 3}, the one"


def test_asking_for_more_than_there_is_gives_all(model, train_rows):
    rated = train_rows.filter(pl.col("user_id") == "107").height
    answer = json.loads(ask(model, {"user_id": "107", "top_k": 1000})[0])
    assert len(answer["recommendations"]) == len(model.catalogue.item_ids) - rated


def test_an_unknown_user_gets_the_generally_liked_items(model, train_rows):
    answer = json.loads(ask(model, {"user_id": "nobody", "top_k": 5})[0])
    means = dict(train_rows.group_by("item_id").agg(pl.col("rating").mean()).iter_rows())
    chosen = np.mean([means[str(item["item_id"])] for item in answer["recommendations"]])
    assert answer["user_id"] == "nobody"
    assert len(answer["recommendations"]) == 5
    assert chosen > np.mean(list(means.values())) + 0.2


def test_unknown_pairs_get_a_rating_within_the_range(model):
    ratings = [rating_of(model, *pair) for pair in ((100, 9999), ("x", 1), ("x", "y"))]
    assert all(1.0 <= rating <= 5.0 for rating in ratings)


def test_a_model_without_its_parts_or_with_other_features_is_not_loaded(trained, tmp_path):
    with pytest.raises(FileNotFoundError, match="expected the booster that train.py writes"):
        model_fn(str(tmp_path))
    shutil.copytree(trained / "model", tmp_path / "model")
    shutil.rmtree(tmp_path / "model/state")
    with pytest.raises(FileNotFoundError, match="fit.npz"):
        model_fn(str(tmp_path / "model"))


def test_a_user_who_rated_everything_gets_no_recommendation(model):
    row_starts = np.zeros_like(model.fit.neighbours.row_starts)
    row_starts[1:] = len(model.catalogue.item_ids)  # the first user has all the ratings
    everything = replace(
        model.fit.neighbours,
        row_starts=row_starts,
        rated_items=np.arange(len(model.catalogue.item_ids), dtype=np.int32),
        residuals=np.zeros(len(model.catalogue.item_ids), np.float32),
    )
    sated = replace(model, fit=replace(model.fit, neighbours=everything))
    answer = json.loads(ask(sated, {"user_id": model.catalogue.user_ids[0], "top_k": 3})[0])
    assert answer["recommendations"] == []
