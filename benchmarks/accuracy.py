"""How well steps/book_ratings predicts, in five folds. usage: python -m benchmarks.accuracy --help.

The recipe is the steps' own code with train.py's default hyperparameters: nothing is tuned here.
Its settings were chosen on inner splits: a random fifth of MovieLens' u1.base (so the rows of
u1.test took no part at all) and of a random four fifths of chapter 7's ratings; never by a fold.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.figures import Figure, print_figures
from benchmarks.rating_steps import Steps, movielens_file, rating_files

FOLDS = 5
SEED = 0
BOUNDS = {"movielens": 0.920, "chapter7": 0.840}
PREDICTORS = ("global_mean", "user_mean", "bias", "model")


@dataclass(frozen=True)
class Fold:
    """Which rows of a dataset are held out, and under which name."""

    name: str
    held_out: npt.NDArray[np.bool_]


def measure() -> list[Figure]:
    """MovieLens 100K, and chapter 7's ratings where SHARED_DATA says that they are."""
    return [_measure(dataset, path) for dataset, path in rating_files()]


def main(argv: list[str] | None = None) -> int:
    """Measure one dataset, or both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--dataset",
        default="all",
        help="movielens (u1 to u5), chapter7, or any other name for --ratings; default: all",
    )
    parser.add_argument("--ratings", type=Path, help="ratings file, csv or RecBole's .inter")
    parser.add_argument("--folds", type=int, default=FOLDS, help=f"default {FOLDS}")
    arguments = parser.parse_args(argv)
    if arguments.folds < 2:
        parser.error(f"--folds: got {arguments.folds}, expected at least 2")
    if arguments.dataset == "all" and arguments.ratings is None:
        print_figures(measure())
        return 0
    if arguments.ratings is None and arguments.dataset != "movielens":
        parser.error(f"--dataset {arguments.dataset} needs --ratings FILE")
    path = arguments.ratings or movielens_file()
    if not path.is_file():
        parser.error(f"--ratings: no such file: {path}")
    try:
        print_figures([_measure(arguments.dataset, path, arguments.folds)])
    except Steps().faults.BadInput as error:
        parser.error(str(error))
    return 0


def _measure(dataset: str, path: Path, fold_count: int = FOLDS) -> Figure:
    steps = Steps()
    ratings = steps.read(path)
    scores: dict[str, list[float]] = {name: [] for name in PREDICTORS}
    print(f"{dataset}: {path.name}, {len(ratings)} ratings; RMSE")
    folds = list(_folds(dataset, ratings, fold_count))
    print(f"{'fold':8}" + "".join(f"{name:>13}" for name in PREDICTORS), flush=True)
    with steps.prepare.worker_processes(len(os.sched_getaffinity(0))) as executor:
        for fold in folds:
            train, test = ratings.filter(~fold.held_out), ratings.filter(fold.held_out)
            rmse = _score(steps, train, test, executor)
            for name, value in rmse.items():
                scores[name].append(value)
            _print_row(fold.name, rmse)
    means = {name: mean(values) for name, values in scores.items()}
    _print_row("mean", means)
    return Figure(
        f"{dataset}: mean RMSE of {fold_count} folds",
        f"{means['model']:.4f}",
        f"bias {means['bias']:.4f}, user mean {means['user_mean']:.4f}",
        means["model"],
        BOUNDS.get(dataset, means["bias"]),
    )


def _folds(dataset: str, ratings: pl.DataFrame, count: int) -> Iterator[Fold]:
    """MovieLens' own folds where the rows' order gives them, else random ones of even size."""
    rows = np.arange(len(ratings))
    if dataset == "movielens" and count == FOLDS and _has_movielens_order(ratings):
        print("folds: u1 to u5, as MovieLens cuts them: five runs of 20,000 rows of u.data")
        for fold in range(FOLDS):
            yield Fold(f"u{fold + 1}", rows // 20_000 == fold)
        return
    print(f"folds: {count} random ones, seed {SEED}; they are not the dataset's published splits")
    fold_of_row = np.random.default_rng(SEED).permutation(rows) % count
    for fold in range(count):
        yield Fold(str(fold + 1), fold_of_row == fold)


def _has_movielens_order(ratings: pl.DataFrame) -> bool:
    """Whether this is u.data in its own order: u1.test is known to hold users 1 to 462 only."""
    if len(ratings) != 100_000:
        return False
    users = ratings["user_id"].cast(pl.Int64, strict=False)
    return users[:20_000].max() == 462 and users[20_000:40_000].max() == 658


def _score(
    steps: Steps, train: pl.DataFrame, test: pl.DataFrame, executor: Any
) -> dict[str, float]:
    catalogue = steps.state.Catalogue(
        tuple(steps.tables.in_natural_order(train["user_id"])),
        tuple(steps.tables.in_natural_order(train["item_id"])),
        {},
    )
    data = steps.prepare.to_interactions(train, catalogue)
    collect = steps.features.submit_out_of_fold(data, SEED, executor)
    fit = executor.submit(steps.features.fit, data, SEED)
    learn = steps.train.Features(collect(), data.ratings.astype(np.float32))
    booster = steps.train.train(
        steps.train.read_hyperparameters({}), learn, None, len(os.sched_getaffinity(0)), quiet=True
    )
    model = steps.inference.Model(booster, fit.result(), catalogue)
    evaluation = steps.evaluate.evaluate(model, train, test)
    baselines = {name: m["rmse"]["value"] for name, m in evaluation["baselines"].items()}
    return {**baselines, "model": evaluation["regression_metrics"]["rmse"]["value"]}


def _print_row(name: str, rmse: dict[str, float]) -> None:
    print(f"{name:8}" + "".join(f"{rmse[column]:13.4f}" for column in PREDICTORS), flush=True)


if __name__ == "__main__":
    sys.exit(main())
