"""Processing step: the model and three baselines on the whole held-out split.

Reads `processing/model/model.tar.gz`, `processing/test` and `processing/ratings` below the
machine-learning directory (/opt/ml) and, if it is there, `processing/default_model/model.tar.gz`,
the same model without tuning; writes `processing/evaluation/evaluation.json` in the form of
SageMaker's model quality metrics.
"""

import json
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from arguments import Parser, split_base_directory
from bias import fit_bias, predict_bias
from faults import BadInput, report
from inference import Model, load_booster, model_fn, predict_ratings
from interactions import Floats, Indices, Interactions

RATING_COLUMNS = ["user_id", "item_id", "rating"]


def measure(predictions: Floats, ratings: Floats) -> dict[str, float]:
    """Mean squared error, its root, and mean absolute error."""
    error = predictions - ratings
    mse = float((error**2).mean())
    return {"mse": mse, "rmse": mse**0.5, "mae": float(np.abs(error).mean())}


def predict_baselines(train: pl.DataFrame, test: pl.DataFrame) -> dict[str, Floats]:
    """What the global mean, each user's mean and the bias model say of the test pairs.

    All are fitted on `train` and clipped to its range, like the model. A user without training
    ratings gets the global mean.
    """
    users = pl.Series(train["user_id"].unique(maintain_order=True))
    items = pl.Series(train["item_id"].unique(maintain_order=True))
    learn, ask = _numbered(train, users, items), _numbered(test, users, items)
    bias = fit_bias(learn)
    count = np.bincount(learn.users, minlength=learn.user_count)
    total = np.bincount(learn.users, learn.ratings, learn.user_count)
    user_mean = np.where(count > 0, total / np.maximum(count, 1), bias.mean)
    low, high = float(learn.ratings.min()), float(learn.ratings.max())
    return {
        "global_mean": np.full(len(test), bias.mean),
        "user_mean": user_mean[ask.users],
        "bias": np.clip(predict_bias(bias, ask.users, ask.items), low, high),
    }


def evaluate(
    model: Model, train: pl.DataFrame, test: pl.DataFrame, default_booster: Any = None
) -> dict[str, Any]:
    """The content of `evaluation.json`; a `default_booster` is one more baseline."""
    ratings = test["rating"].to_numpy()
    users, items = test["user_id"].to_list(), test["item_id"].to_list()
    predicted = predict_ratings(model, users, items)
    baselines = predict_baselines(train, test)
    if default_booster is not None:
        untuned = predict_ratings(replace(model, booster=default_booster), users, items)
        baselines["default_hyperparameters"] = untuned.astype(np.float64)
    return {
        "regression_metrics": {
            name: {"value": value, "standard_deviation": "NaN"}
            for name, value in measure(predicted.astype(np.float64), ratings).items()
        },
        "baselines": {
            baseline: {
                name: {"value": value}
                for name, value in measure(ratings_of_baseline, ratings).items()
            }
            for baseline, ratings_of_baseline in baselines.items()
        },
        "rows": {"test": len(test), "train": len(train)},
    }


def read_model(archive: Path) -> Model:
    """Unpacks `model.tar.gz` aside and loads it.

    Raises:
        BadInput: no archive, not a gzipped tar, members that reach out of it, or no model in it.
    """
    return _unpacked(archive, model_fn)


def read_booster(archive: Path) -> Any:
    """Unpacks the `model.tar.gz` of a model without a state and loads its booster.

    Raises:
        BadInput: as `read_model`.
    """
    return _unpacked(archive, lambda directory: load_booster(Path(directory)))


def read_rows(directory: Path) -> pl.DataFrame:
    """Ratings as prepare.py writes them.

    Raises:
        BadInput: no file, an unreadable one, other columns, or no rows.
    """
    paths = sorted(directory.glob("*.parquet"))
    if not paths:
        raise BadInput([f"{directory}: no .parquet file, expected ratings.parquet"])
    try:
        table = pl.concat([pl.read_parquet(path) for path in paths])
    except pl.exceptions.PolarsError as error:
        raise BadInput([f"{directory}: not readable: {str(error).splitlines()[0]}"]) from error
    if table.columns != RATING_COLUMNS or not len(table):
        raise BadInput(
            [
                f"{directory}: got {len(table)} rows of {', '.join(table.columns)}; expected at "
                f"least one row of {', '.join(RATING_COLUMNS)}"
            ]
        )
    return table


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the step; gives 1 after bad input, whose text goes to `output/message` too."""
    base, rest = split_base_directory(argv)
    processing = base / "processing"
    try:
        Parser(__doc__.splitlines()[0]).parse_args(rest)
        train, test = read_rows(processing / "ratings"), read_rows(processing / "test")
        model = read_model(processing / "model/model.tar.gz")
        untuned = processing / "default_model"
        default_booster = read_booster(untuned / "model.tar.gz") if untuned.is_dir() else None
        evaluation = evaluate(model, train, test, default_booster)
    except BadInput as error:
        report(error, base / "output/message")
        return 1
    target = processing / "evaluation/evaluation.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(".evaluation.json")
    partial.write_text(json.dumps(evaluation, indent=2) + "\n", encoding="utf-8")
    partial.replace(target)
    _print_table(evaluation)
    return 0


def _unpacked(archive: Path, load: Callable[[str], Any]) -> Any:
    if not archive.is_file():
        raise BadInput([f"{archive}: no such file, expected the training step's artefact"])
    with tempfile.TemporaryDirectory() as directory:
        try:
            with tarfile.open(archive, "r:gz") as tar:
                tar.extractall(directory, filter="data")
            return load(directory)
        except (tarfile.TarError, EOFError, OSError, ValueError) as error:
            raise BadInput([f"{archive.name}: not a usable model: {error}"]) from error


def _numbered(ratings: pl.DataFrame, users: pl.Series, items: pl.Series) -> Interactions:
    def places(ids: pl.Series, known: pl.Series) -> Indices:
        numbers = ids.replace_strict(known, pl.Series(range(len(known))), default=len(known))
        return numbers.to_numpy()

    return Interactions(
        places(ratings["user_id"], users),
        places(ratings["item_id"], items),
        ratings["rating"].to_numpy(),
        len(users) + 1,
        len(items) + 1,
    )


def _print_table(evaluation: Mapping[str, Any]) -> None:
    rows = {"model": evaluation["regression_metrics"], **evaluation["baselines"]}
    print(f"{'':24} {'MSE':>8} {'RMSE':>8} {'MAE':>8}")
    for name, metrics in rows.items():
        values = " ".join(f"{metrics[metric]['value']:8.4f}" for metric in ("mse", "rmse", "mae"))
        print(f"{name:24} {values}")
    print(f"{evaluation['rows']['test']} held-out ratings", flush=True)


if __name__ == "__main__":
    sys.exit(main())
