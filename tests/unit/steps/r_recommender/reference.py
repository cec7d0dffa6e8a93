"""The recommender's formulas once more, on whole matrices in numpy: another implementation.

Rows are users, columns items, 0 is no rating.
"""

import numpy as np


def centred(matrix):
    rated = matrix > 0
    means = matrix.sum(1) / rated.sum(1)
    return np.where(rated, matrix - means[:, None], 0.0), rated.astype(float), means


def similarities(method, train, asked):
    offsets, rated, _ = centred(train)
    own_offsets, own_rated, _ = centred(asked)
    together = own_offsets @ offsets.T
    if method == "cosine":
        norms = np.sqrt((own_offsets**2 @ rated.T) * (own_rated @ (offsets**2).T))
        return np.abs(divide(together, norms))
    if method == "cosine_all":
        norms = np.sqrt(np.outer((own_offsets**2).sum(1), (offsets**2).sum(1)))
        return np.maximum(divide(together, norms), 0)
    # numpy's own correlation, pair by pair, of what both have rated.
    result = np.zeros((len(asked), len(train)))
    for row, mine in enumerate(asked):
        for column, theirs in enumerate(train):
            both = (mine > 0) & (theirs > 0)
            if both.sum() > 1 and mine[both].std() > 0 and theirs[both].std() > 0:
                result[row, column] = max(np.corrcoef(mine[both], theirs[both])[0, 1], 0)
    return result


def nearest(similarity, neighbours):
    kept = np.zeros_like(similarity)
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :neighbours]
    np.put_along_axis(kept, order, np.take_along_axis(similarity, order, 1), 1)
    return kept


def scores(method, neighbours, train, asked):
    offsets, _, _ = centred(train)
    weights = nearest(similarities(method, train, asked), neighbours)
    return centred(asked)[2][:, None] + (weights @ offsets) / weights.sum(1)[:, None]


def predictions(method, neighbours, train, asked):
    offsets, rated, _ = centred(train)
    weights = nearest(similarities(method, train, asked), neighbours)
    means = centred(asked)[2][:, None]
    predicted = means + divide(weights @ offsets, weights @ rated)
    return np.clip(predicted, train[train > 0].min(), train.max())


def best(score, asked, count):
    order = np.argsort(-np.where(asked > 0, -np.inf, score), axis=1, kind="stable")
    return order[:, :count]


def divide(numerator, denominator):
    defined = denominator > 1e-9
    return np.where(defined, numerator / np.where(defined, denominator, 1), 0)
