"""The chapter's two errors, made on purpose. usage: python -m benchmarks.leakage --help.

Leakage: a model is trained on 80 % of the ratings. Then the ratings are shuffled again with another
seed, as in a notebook whose kernel was started anew, and the "last tenth" is taken for the test:
four in five of these rows are ones that the model was trained on.

Collapse: the same model with a penalty of `weight_decay` times the squared weights beside the mean
squared error. The chapter drew it from 0 to 300 on a linear scale.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, quantiles

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from benchmarks.figures import Figure, print_figures
from benchmarks.rating_steps import Steps, movielens_file, rating_files

# Large and hardly penalised, so that it learns its training rows by heart, like the chapter's
# network: that had a mean squared error of 0.039 on them and of 0.715 on others.
FACTORS = 100
PENALTY = 2.0
ROUNDS = 8
TRAIN_SHARE, VALIDATION_SHARE = 0.8, 0.1
SEED, OTHER_SEEDS = 0, range(1, 201)
# What the chapter printed the error of.
PAIRS = 100
WEIGHT_DECAYS = (300.0, 30.0, 3.0, 0.3, 0.03, 0.003, 1e-3, 3e-4, 1e-4, 3e-5)
RANGE_MAX = 300.0
# A model within this share of the variance of the ratings says the same of every pair.
COLLAPSED = 0.99
TIMES_TOO_GOOD = 3.0

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Predict = Callable[["Ratings"], Floats]


@dataclass(frozen=True)
class Ratings:
    """Pairs by index, and what each was rated."""

    users: Indices
    items: Indices
    values: Floats

    def rows(self, chosen: Indices) -> "Ratings":
        """Some of the ratings."""
        return Ratings(self.users[chosen], self.items[chosen], self.values[chosen])


def measure() -> list[Figure]:
    """MovieLens 100K, and chapter 7's ratings where SHARED_DATA says that they are."""
    return [figure for name, path in rating_files() for figure in _measure(name, path)]


def main(argv: list[str] | None = None) -> int:
    """Measure one file of ratings."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", type=Path, help="csv or RecBole's .inter; default: MovieLens")
    path = parser.parse_args(argv).ratings or movielens_file()
    if not path.is_file():
        parser.error(f"--ratings: no such file: {path}")
    print_figures(_measure(path.stem, path))
    return 0


def _measure(dataset: str, path: Path) -> list[Figure]:
    table = Steps().read(path)
    users, items = (
        np.unique(table[column].to_numpy().astype(str), return_inverse=True)[1]
        for column in ("user_id", "item_id")
    )
    ratings = Ratings(users, items, table["rating"].to_numpy().astype(float))
    # Thousands of small systems: threads of the linear algebra would wait for each other.
    with threadpool_limits(1):
        return [*_leakage(dataset, ratings), *_collapse(dataset, ratings)]


def split(count: int, seed: int) -> tuple[Indices, Indices, Indices]:
    """Rows to train on, to validate with and to test with, drawn by this seed."""
    order = np.random.default_rng(seed).permutation(count)
    ends = [int(TRAIN_SHARE * count), int((TRAIN_SHARE + VALIDATION_SHARE) * count)]
    train, validation, test = np.split(order, ends)
    return train, validation, test


def _leakage(dataset: str, ratings: Ratings) -> list[Figure]:
    count = len(ratings.values)
    train, _, test = split(count, SEED)
    predict = fit(ratings.rows(train), _sizes(ratings), PENALTY)
    errors = (predict(ratings) - ratings.values) ** 2
    honest, own = errors[test].mean(), errors[train].mean()
    again = [split(count, seed)[2] for seed in OTHER_SEEDS]
    leaked = mean(float(errors[rows].mean()) for rows in again)
    pairs = quantiles([float(errors[rows[:PAIRS]].mean()) for rows in again], n=20)
    seen = mean(float(np.isin(rows, train).mean()) for rows in again)
    print(
        f"{dataset}: MSE on its training rows {own:.3f}, on the test rows {honest:.3f}; on a test"
    )
    print(f"  shuffled again, of which it has seen {seen:.0%}: {leaked:.3f}", flush=True)
    return [
        Figure(
            f"{dataset}: leakage, test MSE / the MSE of a test shuffled again",
            f"{leaked:.3f}; of {PAIRS} pairs {pairs[0]:.3f} to {pairs[-1]:.3f} (90 %)",
            f"honest {honest:.3f}; on its own training rows {own:.3f}",
            honest / leaked,
            TIMES_TOO_GOOD,
            at_least=True,
        )
    ]


def _collapse(dataset: str, ratings: Ratings) -> list[Figure]:
    train, validation, _ = split(len(ratings.values), SEED)
    learn, validate = ratings.rows(train), ratings.rows(validation)
    variance = float(((learn.values.mean() - validate.values) ** 2).mean())
    print(f"{dataset}: error of the mean rating, the variance: {variance:.4f}; by weight_decay:")
    shares = {}
    for weight_decay in WEIGHT_DECAYS:
        predict = fit(learn, _sizes(ratings), weight_decay * len(learn.values))
        error = float(((predict(validate) - validate.values) ** 2).mean())
        shares[weight_decay] = error / variance
        print(f"  {weight_decay:<8g} MSE {error:.4f}  {error / variance:.3f} of it", flush=True)
    best = min(shares, key=lambda weight_decay: shares[weight_decay])
    least = min(decay for decay, share in shares.items() if share >= COLLAPSED)
    return [
        Figure(
            f"{dataset}: collapse, MSE at weight_decay {RANGE_MAX:g} / variance",
            f"{shares[RANGE_MAX] * variance:.4f}",
            f"variance {variance:.4f}; from {least:g} on it collapses, "
            f"{1 - least / RANGE_MAX:.1%} of 0 to {RANGE_MAX:g}",
            shares[RANGE_MAX],
            COLLAPSED,
            at_least=True,
        ),
        Figure(
            f"{dataset}: the same at weight_decay {best:g}, from a logarithmic range",
            f"{shares[best] * variance:.4f}",
            f"variance {variance:.4f}",
            shares[best],
            COLLAPSED,
        ),
    ]


def _sizes(ratings: Ratings) -> tuple[int, int]:
    return int(ratings.users.max()) + 1, int(ratings.items.max()) + 1


def fit(learn: Ratings, sizes: tuple[int, int], penalty: float) -> Predict:
    """Mean, effects and FACTORS factors of users and items, by alternating least squares.

    Least is the sum of the squared errors and `penalty` times the squared effects and factors.
    """
    generator = np.random.default_rng(SEED)
    centre = float(learn.values.mean())
    # Column 0 is the user's effect, column 1 the item's; the other side has a 1 there.
    users, items = (np.zeros((size, 2 + FACTORS)) for size in sizes)
    users[:, 1], items[:, 0] = 1.0, 1.0
    for side in (users, items):
        side[:, 2:] = generator.normal(0, 0.1, (len(side), FACTORS))
    residuals = learn.values - centre
    for _ in range(ROUNDS):
        _solve(users, items, learn.users, learn.items, residuals, penalty, fixed=1)
        _solve(items, users, learn.items, learn.users, residuals, penalty, fixed=0)
    low, high = float(learn.values.min()), float(learn.values.max())

    def predict(asked: Ratings) -> Floats:
        products = np.einsum("nd,nd->n", users[asked.users], items[asked.items])
        return np.clip(centre + products, low, high)

    return predict


def _solve(
    side: Floats,
    other: Floats,
    own: Indices,
    theirs: Indices,
    residuals: Floats,
    penalty: float,
    fixed: int,
) -> None:
    """Sets each row of a side to its least-squares solution given the other side."""
    free = np.delete(np.arange(side.shape[1]), fixed)
    order = np.argsort(own, kind="stable")
    starts = np.searchsorted(own[order], np.arange(len(side) + 1))
    for number in range(len(side)):
        rows = order[starts[number] : starts[number + 1]]
        inputs = other[theirs[rows]]
        wanted = residuals[rows] - inputs[:, fixed]
        inputs = inputs[:, free]
        gram = inputs.T @ inputs + penalty * np.eye(len(free))
        side[number, free] = np.linalg.solve(gram, inputs.T @ wanted)


if __name__ == "__main__":
    sys.exit(main())
