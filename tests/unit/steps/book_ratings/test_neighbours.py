import math

import neighbours
import numpy as np
import pytest
from neighbours import (
    SIMILARITY_POWER,
    SIMILARITY_SHRINKAGE,
    WEIGHT_SHRINKAGE,
    fit_neighbours,
    predict_neighbours,
    rated_by,
)


def residuals_of(data):
    return np.random.default_rng(8).normal(0, 1, len(data.ratings)).astype(np.float32)


def naive_prediction(data, residuals, user, item):
    """Koren's shrunk correlation and weighted mean, by plain loops."""
    known = {}
    for row, (who, what) in enumerate(zip(data.users, data.items, strict=True)):
        known[int(who), int(what)] = float(residuals[row])
    total = weights = 0.0
    for other in range(data.item_count):
        if other == item or (user, other) not in known:
            continue
        both = [
            (known[who, item], known[who, other])
            for who in range(data.user_count)
            if (who, item) in known and (who, other) in known
        ]
        if len(both) < 2:
            continue
        product = sum(a * b for a, b in both)
        norm = math.sqrt(sum(a * a for a, _ in both) * sum(b * b for _, b in both))
        shrunk = product / norm * (len(both) - 1) / (len(both) - 1 + SIMILARITY_SHRINKAGE)
        weight = max(shrunk, 0.0) ** SIMILARITY_POWER
        total += weight * known[user, other]
        weights += weight
    return total / (weights + WEIGHT_SHRINKAGE), weights


@pytest.mark.parametrize("dense_speed", [1e-9, 1e99], ids=["sparse products", "dense products"])
def test_predictions_are_those_of_a_plain_loop(data, monkeypatch, dense_speed):
    monkeypatch.setattr(neighbours, "DENSE_SPEED", dense_speed)
    monkeypatch.setattr(neighbours, "BLOCK_ROWS", 16)
    residuals = residuals_of(data)
    users, items = np.array([0, 0, 5, 59, 23]), np.array([0, 39, 17, 8, 3])

    residual, weight = predict_neighbours(fit_neighbours(data, residuals), users, items)

    expected = [naive_prediction(data, residuals, *pair) for pair in zip(users, items, strict=True)]
    assert residual == pytest.approx([value for value, _ in expected], rel=1e-3, abs=1e-6)
    assert weight == pytest.approx([value for _, value in expected], rel=1e-3, abs=1e-8)


def test_only_the_most_similar_items_count(data, monkeypatch):
    everyone = fit_neighbours(data, residuals_of(data))
    monkeypatch.setattr(neighbours, "NEIGHBOURS", 4)
    few = fit_neighbours(data, residuals_of(data))
    assert few.weights.shape == (data.item_count, 4)
    strongest = np.sort(everyone.weights, axis=1)[:, -4:]
    assert np.sort(few.weights, axis=1) == pytest.approx(strongest)


def test_unknown_users_and_items_have_no_neighbours(data):
    fitted = fit_neighbours(data, residuals_of(data))
    users = np.array([data.user_count - 1, 0])
    items = np.array([0, data.item_count - 1])
    residual, weight = predict_neighbours(fitted, users, items)
    assert residual.tolist() == [0.0, 0.0]
    assert weight.tolist() == [0.0, 0.0]


def test_rated_by_lists_a_users_items(data):
    fitted = fit_neighbours(data, residuals_of(data))
    assert rated_by(fitted, 11).tolist() == sorted(data.items[data.users == 11].tolist())
    assert rated_by(fitted, data.user_count - 1).tolist() == []


def test_pairs_may_be_asked_in_any_order_and_number(make_interactions):
    data = make_interactions(users=30, items=20)
    fitted = fit_neighbours(data, residuals_of(data))
    order = np.random.default_rng(0).permutation(len(data.ratings))
    plain = predict_neighbours(fitted, data.users, data.items)[0]
    shuffled = predict_neighbours(fitted, data.users[order], data.items[order])[0]
    assert shuffled == pytest.approx(plain[order])
