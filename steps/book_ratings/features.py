"""From ratings to the features that XGBoost sees, without leakage.

A feature of a pair never depends on that pair's own rating: training rows get their features out
of fold (fitted on the other folds), later rows from a fit on the whole training split, so both
kinds are distributed alike.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from bias import fit_bias, predict_bias
from factors import Factors, fit_factors, predict_factors
from interactions import Floats, Indices, Interactions
from neighbours import Neighbours, fit_neighbours, predict_neighbours

FEATURES = (
    "factor_prediction",
    "factor_variance",
    "neighbour_residual",
    "neighbour_weight",
    "bias_prediction",
    "user_bias",
    "user_log_count",
    "user_mean",
    "user_deviation",
    "user_factor_effect",
    "item_bias",
    "item_log_count",
    "item_mean",
    "item_deviation",
    "item_factor_effect",
)
FOLDS = 5
PRIOR_COUNT = 5.0

Table = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Fit:
    """Everything that features need, fitted on one set of ratings.

    `user_effects` and `item_effects` have a row for each index and the columns bias, log count,
    mean, deviation. `lowest` and `highest` bound every sensible prediction.
    """

    mean: float
    lowest: float
    highest: float
    user_effects: Table
    item_effects: Table
    factors: Factors
    neighbours: Neighbours


def fit(data: Interactions, seed: int) -> Fit:
    """Fits effects, factors and neighbours; the same data and seed give the same bits."""
    bias = fit_bias(data)
    residuals = data.ratings - predict_bias(bias, data.users, data.items)
    return Fit(
        bias.mean,
        float(data.ratings.min()),
        float(data.ratings.max()),
        _effects(bias.users, data.users, data.ratings),
        _effects(bias.items, data.items, data.ratings),
        fit_factors(data, seed),
        fit_neighbours(data, residuals),
    )


def compute_features(state: Fit, users: Indices, items: Indices) -> Table:
    """One row a pair, one column for each of FEATURES."""
    rating, variance = predict_factors(state.factors, users, items)
    residual, weight = predict_neighbours(state.neighbours, users, items)
    user, item = state.user_effects[users], state.item_effects[items]
    columns = (
        rating,
        variance,
        residual,
        weight,
        state.mean + user[:, 0] + item[:, 0],
        *user.T,
        state.factors.users[users, 0],
        *item.T,
        state.factors.items[items, 1],
    )
    return np.column_stack(columns).astype(np.float32)


def submit_out_of_fold(data: Interactions, seed: int, executor: Executor) -> Callable[[], Table]:
    """Starts the fits behind the ratings' own features; the answer waits for them and gives these.

    Each rating's features come from a fit on the folds it is not in. The folds are random and of
    even size; what `executor` is does not change the result.
    """
    folds = np.random.default_rng(seed).permutation(len(data.ratings)) % FOLDS
    running = [executor.submit(_fold_features, data, folds == k, seed) for k in range(FOLDS)]

    def collect() -> Table:
        features = np.empty((len(data.ratings), len(FEATURES)), np.float32)
        for fold, future in enumerate(running):
            features[folds == fold] = future.result()
        return features

    return collect


def clip(predictions: Floats | Table, state: Fit) -> Table:
    """Predictions within the range of the training ratings."""
    return np.clip(predictions, state.lowest, state.highest).astype(np.float32)


def _fold_features(data: Interactions, held_out: npt.NDArray[np.bool_], seed: int) -> Table:
    state = fit(data.subset(~held_out), seed)
    return compute_features(state, data.users[held_out], data.items[held_out])


def _effects(bias: Floats, indices: Indices, ratings: Floats) -> Table:
    count = np.bincount(indices, minlength=len(bias))
    total = np.bincount(indices, ratings, len(bias))
    mean = (total + PRIOR_COUNT * ratings.mean()) / (count + PRIOR_COUNT)
    squares = np.bincount(indices, (ratings - mean[indices]) ** 2, len(bias))
    variance = (squares + PRIOR_COUNT * ratings.var()) / (count + PRIOR_COUNT)
    return np.column_stack([bias, np.log1p(count), mean, np.sqrt(variance)]).astype(np.float32)
