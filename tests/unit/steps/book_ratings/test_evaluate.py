import io
import json
import shutil
import tarfile

import numpy as np
import polars as pl
import pytest
from evaluate import main, measure, predict_baselines

TRAIN = pl.DataFrame(
    {"user_id": ["a", "a", "b"], "item_id": ["x", "y", "x"], "rating": [1.0, 2.0, 5.0]}
)
TEST = pl.DataFrame(
    {"user_id": ["a", "b", "new"], "item_id": ["z", "y", "x"], "rating": [1.0, 5.0, 4.0]}
)


@pytest.fixture
def base(tmp_path, trained):
    shutil.copytree(trained / "processing", tmp_path / "processing")
    return tmp_path


def evaluate(base):
    return main(["--base-directory", str(base)])


def test_measures_are_their_definitions():
    assert measure(np.array([1.0, 2.0, 5.0]), np.array([1.0, 4.0, 4.0])) == pytest.approx(
        {"mse": 5 / 3, "rmse": (5 / 3) ** 0.5, "mae": 1.0}
    )


def test_baselines_are_means_of_the_training_ratings_also_for_the_unknown():
    predicted = predict_baselines(TRAIN, TEST)
    assert predicted["global_mean"] == pytest.approx([8 / 3] * 3)
    assert predicted["user_mean"] == pytest.approx([1.5, 5.0, 8 / 3])
    assert predicted["bias"][2] > 8 / 3  # x is rated above the mean


def test_the_evaluation_has_sagemaker_s_form_and_the_model_beats_every_baseline(base):
    assert evaluate(base) == 0
    evaluation = json.loads((base / "processing/evaluation/evaluation.json").read_text())
    model, baselines = evaluation["regression_metrics"], evaluation["baselines"]
    assert set(model) == {"mse", "rmse", "mae"}
    assert all(metric["standard_deviation"] == "NaN" for metric in model.values())
    assert model["rmse"]["value"] ** 2 == pytest.approx(model["mse"]["value"])
    assert list(baselines) == ["global_mean", "user_mean", "bias"]
    assert all(set(metrics) == {"mse", "rmse", "mae"} for metrics in baselines.values())
    assert all(model["rmse"]["value"] < b["rmse"]["value"] for b in baselines.values())
    rows = {
        name: len(pl.read_parquet(base / f"processing/{folder}/ratings.parquet"))
        for name, folder in (("test", "test"), ("train", "ratings"))
    }
    assert evaluation["rows"] == rows


def test_the_global_mean_s_error_is_that_of_the_whole_held_out_split(base):
    assert evaluate(base) == 0
    evaluation = json.loads((base / "processing/evaluation/evaluation.json").read_text())
    train, test = (
        pl.read_parquet(base / f"processing/{name}/ratings.parquet")["rating"].to_numpy()
        for name in ("ratings", "test")
    )
    expected = float(np.mean((test - train.mean()) ** 2))
    assert evaluation["baselines"]["global_mean"]["mse"]["value"] == pytest.approx(expected)


def untuned(base, trained, name="xgboost-model.ubj"):
    """The booster alone, as a training without the state channel writes it."""
    folder = base / "processing/default_model"
    folder.mkdir()
    with tarfile.open(trained / "processing/model/model.tar.gz") as whole:
        booster = whole.extractfile(next(n for n in whole.getnames() if n.endswith(".ubj"))).read()
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(booster)
        archive.addfile(member, io.BytesIO(booster))


def test_the_model_without_tuning_is_one_more_baseline_on_the_same_ratings(base, trained):
    untuned(base, trained)
    assert evaluate(base) == 0
    evaluation = json.loads((base / "processing/evaluation/evaluation.json").read_text())
    assert list(evaluation["baselines"])[-1] == "default_hyperparameters"
    # It is the very booster of the model, so its errors are the model's.
    for name, metric in evaluation["baselines"]["default_hyperparameters"].items():
        assert metric["value"] == evaluation["regression_metrics"][name]["value"]


def test_a_model_without_tuning_that_is_unusable_fails_with_a_reason(base, trained):
    untuned(base, trained, name="other")
    assert evaluate(base) == 1
    assert "expected the booster that train.py writes" in (base / "output/message").read_text()
    assert not (base / "processing/evaluation").exists()


def archive_of(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name in members:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.unlink(), "no such file, expected the training step's artefact"),
        (lambda path: path.write_bytes(b"not gzip"), "model.tar.gz: not a usable model: "),
        (lambda path: archive_of(path, ["../escaped"]), "outside the destination"),
        (lambda path: archive_of(path, ["other"]), "expected the booster that train.py writes"),
    ],
    ids=["missing", "not an archive", "a path out of its folder", "no booster"],
)
def test_an_unusable_artefact_fails_with_a_reason_and_no_evaluation(base, spoil, message):
    spoil(base / "processing/model/model.tar.gz")
    assert evaluate(base) == 1
    assert message in (base / "output/message").read_text()
    assert not (base / "processing/evaluation").exists()


def test_missing_or_foreign_test_rows_fail_with_a_reason(base):
    path = base / "processing/test/ratings.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(path)
    assert evaluate(base) == 1
    assert (
        "got 1 rows of a; expected at least one row of user_id, item_id, rating"
        in (base / "output/message").read_text()
    )
    path.unlink()
    assert evaluate(base) == 1
    assert "no .parquet file, expected ratings.parquet" in (base / "output/message").read_text()
