"""The bias baseline: global mean + user effect + item effect, ridge-regularised."""

from dataclasses import dataclass

import numpy as np
from interactions import Floats, Indices, Interactions

USER_RIDGE = 5.0
ITEM_RIDGE = 3.0
TOLERANCE = 1e-6
ROUNDS_AT_MOST = 200


@dataclass(frozen=True)
class Bias:
    """A fitted baseline; an index without ratings has effect 0."""

    mean: float
    users: Floats
    items: Floats


def fit_bias(data: Interactions) -> Bias:
    """The minimiser of squared error plus USER_RIDGE and ITEM_RIDGE times the squared effects.

    The mean is the plain mean of the ratings. Alternating exact solves converge quickly here,
    since each one is a division.
    """
    mean = float(data.ratings.mean())
    centred = data.ratings - mean
    user_weights = np.bincount(data.users, minlength=data.user_count) + USER_RIDGE
    item_weights = np.bincount(data.items, minlength=data.item_count) + ITEM_RIDGE
    users = np.zeros(data.user_count)
    items = np.zeros(data.item_count)
    for _ in range(ROUNDS_AT_MOST):
        items = np.bincount(data.items, centred - users[data.users], data.item_count) / item_weights
        before = users
        users = np.bincount(data.users, centred - items[data.items], data.user_count) / user_weights
        if np.abs(users - before).max() < TOLERANCE:
            break
    return Bias(mean, users, items)


def predict_bias(bias: Bias, users: Indices, items: Indices) -> Floats:
    """Baseline rating of each pair, not clipped."""
    return bias.mean + bias.users[users] + bias.items[items]
