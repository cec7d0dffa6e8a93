import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.unit.steps.modules import load

evaluate, baselines, faults = load("object2vec", "evaluate", "baselines", "faults")

TRAIN = pd.DataFrame(
    [(0, 0, 5.0), (0, 1, 3.0), (1, 0, 4.0), (1, 1, 2.0), (2, 0, 3.0)],
    columns=["user", "item", "rating"],
)


def as_lines(pairs: pd.DataFrame) -> str:
    return "".join(
        json.dumps({"in0": [int(user)], "in1": [int(item)], "label": rating}) + "\n"
        for user, item, rating in pairs.itertuples(index=False)
    )


def lay_out(base: Path, **predictions: list[float]) -> Path:
    """Two held-out pairs a part, rated 2 and 4; predictions by directory."""
    held_out = pd.DataFrame([(0, 0, 2.0), (1, 1, 4.0)], columns=TRAIN.columns)
    for part, pairs in (("train", TRAIN), ("validation", held_out), ("test", held_out)):
        directory = base / "processing" / part
        directory.mkdir(parents=True)
        (directory / f"{part}.jsonl").write_text(as_lines(pairs))
    for name, scores in predictions.items():
        directory = base / "processing" / name
        directory.mkdir()
        for part in ("validation", "test"):
            lines = "".join(json.dumps({"scores": [score]}) + "\n" for score in scores)
            (directory / f"{part}.jsonl.out").write_text(lines)
    return base


def run(base: Path, *arguments: str) -> int:
    code: int = evaluate.main(["--base-directory", str(base), *arguments])
    return code


def test_the_model_stands_beside_baselines_and_other_models_on_both_parts(tmp_path: Path) -> None:
    lay_out(tmp_path, predictions=[2.5, 4.0], untuned_predictions=[3.0, 3.0])
    assert run(tmp_path, "--beside", "untuned") == 0
    evaluation = json.loads((tmp_path / "processing/evaluation/evaluation.json").read_text())
    metrics = {name: m["value"] for name, m in evaluation["regression_metrics"].items()}
    assert metrics == pytest.approx({"mse": 0.125, "rmse": 0.125**0.5, "mae": 0.25})
    assert list(evaluation["baselines"]) == ["global_mean", "user_mean", "bias", "untuned"]
    assert evaluation["baselines"]["untuned"]["mse"]["value"] == 1
    # The training ratings' mean is 3.4: errors 1.4 and 0.6.
    assert evaluation["baselines"]["global_mean"]["mse"]["value"] == pytest.approx(1.16)
    assert evaluation["rows"] == {"test": 2, "train": 5}
    assert evaluation["validation"]["regression_metrics"]["mse"]["value"] == pytest.approx(0.125)


def test_baselines_know_users_and_items_apart_and_strangers_by_the_mean() -> None:
    asked = pd.DataFrame([(0, 1), (9, 9)], columns=["user", "item"])
    found = baselines.predict_baselines(TRAIN, asked)
    assert list(found["user_mean"]) == pytest.approx([4.0, 3.4])
    assert found["bias"][1] == pytest.approx(3.4)


def test_the_bias_baseline_finds_additive_effects() -> None:
    draw = np.random.default_rng(0)
    users, items = draw.normal(0, 0.7, 200), draw.normal(0, 0.7, 100)
    pairs = pd.DataFrame(
        [(u, i, 3 + users[u] + items[i]) for u in range(200) for i in range(100)],
        columns=["user", "item", "rating"],
    )
    is_train = draw.random(len(pairs)) < 0.8
    found = baselines.predict_baselines(pairs[is_train], pairs[~is_train])
    error = found["bias"] - pairs.rating[~is_train]
    assert (error**2).mean() < 0.05 * pairs.rating.var()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"scores": [1.0]}\n', "1 predictions, expected 2"),
        ('{"scores": [1.0]}\n{"scores": [NaN]}\n', "line 2: got [nan], expected one finite score"),
        ('{"scores": [1.0]}\n{"scores": [1, 2]}\n', "line 2"),
        ('{"scores": [1.0]}\nnothing\n', "line 2: not JSON"),
    ],
)
def test_wrong_predictions_are_told_where_sagemaker_looks(
    tmp_path: Path, content: str, told: str
) -> None:
    lay_out(tmp_path, predictions=[2.5, 4.0])
    (tmp_path / "processing/predictions/test.jsonl.out").write_text(content)
    assert run(tmp_path) == 1
    assert told in (tmp_path / "output/message").read_text()
    assert not (tmp_path / "processing/evaluation").exists()


def test_missing_predictions_are_a_fault(tmp_path: Path) -> None:
    assert run(lay_out(tmp_path)) == 1
    assert "expected the output of a batch transform" in (tmp_path / "output/message").read_text()


def test_missing_pairs_are_a_fault(tmp_path: Path) -> None:
    with pytest.raises(faults.BadInput, match="expected .jsonl files"):
        evaluate.read_pairs(tmp_path)
