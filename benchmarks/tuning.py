"""What tuning gains in the book_ratings pipeline. usage: python -m benchmarks.tuning --help.

The pipeline's own steps, ranges, strategy and number of jobs, for several seeds of the split. The
search sees training and validation rows; the test rows are scored once, by the model that it chose
and by the untuned ones, all trained again on training and validation rows together.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benchmarks.figures import Figure, print_figures
from benchmarks.rating_steps import Steps, movielens_file, rating_files
from emulator.services.sagemaker.tuning.ranges import NumberRange
from emulator.services.sagemaker.tuning.search import SearchSettings, start_search
from pipelines.book_ratings import settings

SPLITS = 3
# In every split the tuned model's RMSE is at most this share of the default's.
BOUND = 0.995
DEFAULT = "XGBoost's defaults"
BY_HAND = "train.py's defaults"
TUNED = "tuned"


@dataclass(frozen=True)
class Score:
    """RMSE of one choice of hyperparameters in one split."""

    validation: float
    test: float


def measure() -> list[Figure]:
    """MovieLens 100K, and chapter 7's ratings where SHARED_DATA says that they are."""
    return [figure for name, path in rating_files() for figure in _measure(name, path, SPLITS)]


def main(argv: list[str] | None = None) -> int:
    """Measure one file of ratings, or all that there are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", type=Path, help="csv or RecBole's .inter; default: MovieLens")
    parser.add_argument("--splits", type=int, default=SPLITS, help=f"default {SPLITS}")
    arguments = parser.parse_args(argv)
    if arguments.splits < 2:
        parser.error(f"--splits: got {arguments.splits}, expected at least 2")
    path = arguments.ratings or movielens_file()
    if not path.is_file():
        parser.error(f"--ratings: no such file: {path}")
    print_figures(_measure(path.stem, path, arguments.splits))
    return 0


def _measure(dataset: str, path: Path, split_count: int) -> list[Figure]:
    steps = Steps()
    ratings = steps.read_as_prepare(path)
    print(f"{dataset}: {len(ratings)} ratings; RMSE on validation / test")
    print(f"{'seed':6}" + "".join(f"{name:>22}" for name in (DEFAULT, BY_HAND, TUNED)), flush=True)
    splits = []
    for seed in range(split_count):
        scores = _score(steps, ratings, seed)
        splits.append(scores)
        told = "".join(f"{f'{s.validation:.4f} / {s.test:.4f}':>22}" for s in scores.values())
        print(f"{seed:<6}{told}", flush=True)
    return [_figure(dataset, rows, splits) for rows in ("validation", "test")]


def _figure(dataset: str, rows: str, splits: Sequence[Mapping[str, Score]]) -> Figure:
    rmse = {name: [getattr(split[name], rows) for split in splits] for name in splits[0]}

    def gain(over: str) -> str:
        gains = [a - b for a, b in zip(rmse[over], rmse[TUNED], strict=True)]
        return f"{mean(gains):+.4f} +- {stdev(gains) / len(gains) ** 0.5:.4f}"

    ratios = [a / b for a, b in zip(rmse[TUNED], rmse[DEFAULT], strict=True)]
    return Figure(
        f"{dataset}: RMSE on {rows}, tuned / default, worst of {len(splits)} splits",
        f"{mean(rmse[TUNED]):.4f}; gains {gain(DEFAULT)}",
        f"{DEFAULT} {mean(rmse[DEFAULT]):.4f}; over {BY_HAND} it gains {gain(BY_HAND)}",
        max(ratios),
        BOUND,
    )


def _score(steps: Steps, ratings: Any, seed: int) -> dict[str, Score]:
    split = steps.prepare.split_rows(
        len(ratings), settings.TEST_FRACTION, settings.VALIDATION_FRACTION, seed
    )
    with steps.prepare.worker_processes(len(os.sched_getaffinity(0))) as executor:
        prepared = steps.prepare.prepare(ratings, {}, split, seed, executor)
    learn, validate, train = (
        _features(steps, table)
        for table in (prepared.tuning_train, prepared.tuning_validation, prepared.train)
    )

    def fitted(hyperparameters: Mapping[str, str], rows: Any) -> Any:
        numbers = steps.train.read_hyperparameters({**settings.HYPERPARAMETERS, **hyperparameters})
        threads = len(os.sched_getaffinity(0))
        return steps.train.train(numbers, rows, None, threads, quiet=True)

    def validation_rmse(hyperparameters: Mapping[str, str]) -> float:
        booster = fitted(hyperparameters, learn)
        predicted = steps.boosting.predict(booster, validate.values)
        return float(((predicted - validate.ratings) ** 2).mean() ** 0.5)

    best, best_rmse = _search(validation_rmse, seed)

    def test_rmse(hyperparameters: Mapping[str, str]) -> float:
        booster = fitted(hyperparameters, train)
        model = steps.inference.Model(booster, prepared.fit, prepared.catalogue)
        evaluation = steps.evaluate.evaluate(model, prepared.ratings, prepared.test)
        return float(evaluation["regression_metrics"]["rmse"]["value"])

    untuned = {DEFAULT: settings.DEFAULT_HYPERPARAMETERS, BY_HAND: {}}
    scores = {name: Score(validation_rmse(h), test_rmse(h)) for name, h in untuned.items()}
    return {**scores, TUNED: Score(best_rmse, test_rmse(best))}


def _search(objective: Any, seed: int) -> tuple[Mapping[str, str], float]:
    """The best of the pipeline's number of jobs, one after the other, by the emulator's search."""
    tuning = settings.TUNING
    ranges = tuple(
        NumberRange(
            name,
            ends.minimum,
            ends.maximum,
            "Linear" if ends.scaling == "Auto" else ends.scaling,
            isinstance(ends.minimum, int) and isinstance(ends.maximum, int),
        )
        for name, ends in tuning.ranges.items()
    )
    is_minimised = tuning.metric_aim == "Minimize"
    search = start_search(
        SearchSettings(tuning.strategy, ranges, is_minimised, tuning.seed + seed, tuning.jobs)
    )
    tried = []
    for _ in range(tuning.jobs):
        suggestion = search.ask()
        if suggestion is None:
            raise RuntimeError(f"the search ended after {len(tried)} of {tuning.jobs} jobs")
        value = objective(suggestion.hyperparameters)
        search.tell(suggestion.number, value)
        tried.append((value, suggestion.number, suggestion.hyperparameters))
    value, _, hyperparameters = min(tried) if is_minimised else max(tried)
    return hyperparameters, value


def _features(steps: Steps, table: Any) -> Any:
    values = table.select(steps.features.FEATURES).to_numpy().astype("float32")
    return steps.train.Features(values, table["rating"].to_numpy().astype("float32"))


if __name__ == "__main__":
    sys.exit(main())
