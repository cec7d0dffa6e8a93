"""The image's `evaluate` against the same measures in numpy."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

_spec = importlib.util.spec_from_file_location(
    "reference", Path(__file__).with_name("reference.py")
)
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)

pytestmark = pytest.mark.usefixtures("needs_r")

HELD_OUT, NEIGHBOURS, COUNT = 8, 6, 5


@pytest.fixture(scope="module")
def parts(ratings):
    """The ratings of users to train on, and what of the others is shown and hidden."""
    asked = ratings.matrix[:HELD_OUT]
    is_hidden = (np.random.default_rng(2).random(asked.shape) < 0.4) & (asked > 0)
    train = np.where(np.arange(len(ratings.matrix))[:, None] < HELD_OUT, 0, ratings.matrix)
    return train, np.where(is_hidden, 0, asked), np.where(is_hidden, asked, 0)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory, ratings, parts, place, run_program, pack_model):
    base = tmp_path_factory.mktemp("evaluated")
    train, shown, hidden = (type(ratings)(part) for part in parts)
    place(base, {"ratings.csv": train.csv()}, method="cosine_all", nn=str(NEIGHBOURS))
    assert run_program("train", base).returncode == 0
    pack_model(base / "model", base / "processing/model/model.tar.gz")
    for name, part in (("shown", shown), ("hidden", hidden)):
        folder = base / "processing/held_out" / name
        folder.mkdir(parents=True)
        (folder / "ratings.csv").write_text(part.csv())
    done = run_program("evaluate", base)
    assert done.returncode == 0, done.stderr
    return base, json.loads((base / "processing/evaluation/evaluation.json").read_text())


def measures(best, shown, hidden):
    means = shown.sum(1) / (shown > 0).sum(1)
    liked = hidden > means[:, None]
    hits = np.take_along_axis(liked, best, 1)
    wanted = liked.sum(1)
    return {
        "precision_at_5": hits.mean(),
        "recall_at_5": (hits.sum(1)[wanted > 0] / wanted[wanted > 0]).mean(),
        "hit_rate_at_5": hits.any(1).mean(),
        "rated_precision_at_5": np.take_along_axis(hidden > 0, best, 1).mean(),
    }


def errors(predicted, hidden):
    error = (predicted - hidden)[hidden > 0]
    return {"rmse": (error**2).mean() ** 0.5, "mae": np.abs(error).mean()}


def numbers(metrics):
    return {name: metric["value"] for name, metric in metrics.items()}


def test_the_models_measures_are_those_of_numpy(evaluated, parts):
    train, shown, hidden = parts[0][HELD_OUT:], *parts[1:]
    scores = reference.scores("cosine_all", NEIGHBOURS, train, shown)
    predicted = reference.predictions("cosine_all", NEIGHBOURS, train, shown)
    expected = measures(reference.best(scores, shown, COUNT), shown, hidden)
    expected |= errors(predicted, hidden)
    assert numbers(evaluated[1]["recommender_metrics"]) == pytest.approx(expected, abs=1e-5)


def test_the_baselines_measures_are_those_of_numpy(evaluated, parts):
    train, shown, hidden = parts[0][HELD_OUT:], *parts[1:]
    baselines = {name: numbers(each) for name, each in evaluated[1]["baselines"].items()}
    popular = np.broadcast_to((train > 0).sum(0), shown.shape)
    expected = measures(reference.best(popular, shown, COUNT), shown, hidden)
    assert baselines["most_popular"] == pytest.approx(expected, abs=1e-5)
    user_mean = (shown.sum(1) / (shown > 0).sum(1))[:, None]
    assert baselines["user_mean"] == pytest.approx(errors(user_mean, hidden), abs=1e-5)
    mean = train[train > 0].mean()
    assert baselines["global_mean"] == pytest.approx(errors(mean, hidden), abs=1e-5)
    # Cosine over what both have rated, of the ratings as they are.
    rated, own = (train > 0).astype(float), (shown > 0).astype(float)
    norms = np.sqrt((shown**2 @ rated.T) * (own @ (train**2).T))
    weights = reference.nearest(reference.divide(shown @ train.T, norms), 10)
    scores = weights @ train
    expected = measures(reference.best(scores, shown, COUNT), shown, hidden)
    weight = weights @ rated
    expected |= errors(np.where(weight > 0, reference.divide(scores, weight), mean), hidden)
    assert baselines["uncentred_cosine"] == pytest.approx(expected, abs=1e-5)


def test_what_was_counted_is_said(evaluated, parts):
    train, _, hidden = parts
    assert evaluated[1]["model"] == {"method": "cosine_all", "nn": NEIGHBOURS}
    assert evaluated[1]["counts"] == {
        "users": len(train) - HELD_OUT,
        "items": train.shape[1],
        "held_out_users": HELD_OUT,
        "hidden_ratings": int((hidden > 0).sum()),
    }


def test_an_archive_without_a_model_is_named(evaluated, run_program, pack_model, tmp_path):
    pack_model(evaluated[0] / "input", tmp_path / "processing/model/model.tar.gz")
    done = run_program("evaluate", tmp_path)
    assert done.returncode == 1
    text = (tmp_path / "output/message").read_text()
    assert "no archive with model.rds at its top level" in text
    for part in ("shown", "hidden"):
        assert f"channel 'held_out/{part}': no file in" in text
    assert text in done.stderr
    assert not (tmp_path / "processing/evaluation").exists()
