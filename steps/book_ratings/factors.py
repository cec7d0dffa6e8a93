"""Latent factors: variational Bayesian matrix factorisation with implicit feedback.

A rating is `mean + user effect + item effect + user factors . item factors + noise`. Each user's
and item's parameters have a Gaussian prior whose centre is a linear function of *what* was rated
(the idea of SVD++, for both sides) and whose width is learnt, one for each dimension, so surplus
factors shrink to nothing by themselves and no rank or penalty is tuned to a data set.

Parameters are kept in vectors of FACTOR_COUNT + 2: a user is `(effect, 1, factors)`, an item is
`(1, effect, factors)`, so that one dot product is the whole prediction.

Sources: Lim and Teh, "Variational Bayesian approach to movie rating prediction" (2007); Koren,
"Factorization meets the neighborhood" (2008).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from interactions import Floats, Indices, Interactions

FACTOR_COUNT = 10
IMPLICIT_RANK = 30
ROUNDS = 20
ROUNDS_BEFORE_LEARNING_PRIORS = 2
IMPLICIT_RIDGE = 20.0
WIDTH = FACTOR_COUNT + 2
_UPPER = np.triu_indices(WIDTH)
_DOUBLED = np.where(_UPPER[0] == _UPPER[1], 1.0, 2.0)


@dataclass(frozen=True)
class Factors:
    """Posterior of every user and item.

    `users` and `items` are the mean vectors (WIDTH columns); `*_moments` the upper triangles of
    the expected outer products, from which the variance of a prediction follows.
    """

    mean: float
    users: npt.NDArray[np.float32]
    items: npt.NDArray[np.float32]
    user_moments: npt.NDArray[np.float32]
    item_moments: npt.NDArray[np.float32]


@dataclass
class _Side:
    """One side (users or items) while it is being fitted."""

    constant: int  # the column that is fixed to 1
    centred: sparse.csr_array  # ratings minus the mean, this side in rows
    mask: sparse.csr_array
    clues: Floats  # what was rated, in few numbers, and how much was
    seen: npt.NDArray[np.bool_]
    vectors: Floats
    moments: Floats
    prior: Floats
    precision: Floats

    @property
    def free(self) -> Indices:
        return np.delete(np.arange(WIDTH), self.constant)


def fit_factors(data: Interactions, seed: int) -> Factors:
    """Fits by ROUNDS of coordinate ascent; the same data and seed give the same bits."""
    generator = np.random.default_rng(seed)
    mean = float(data.ratings.mean())
    users, items = _start(data, mean, generator)
    total = float(((data.ratings - mean) ** 2).sum())
    noise_precision = 1.0 / max(total / len(data.ratings), 1e-6)
    for number in range(ROUNDS):
        learn = number >= ROUNDS_BEFORE_LEARNING_PRIORS
        gram = _update(users, items, noise_precision, learn)
        if learn:
            error = _expected_error(users, items, gram, total)
            noise_precision = len(data.ratings) / max(error, 1e-6 * len(data.ratings))
        _update(items, users, noise_precision, learn)
    return Factors(
        mean,
        users.vectors.astype(np.float32),
        items.vectors.astype(np.float32),
        users.moments.astype(np.float32),
        items.moments.astype(np.float32),
    )


def predict_factors(factors: Factors, users: Indices, items: Indices) -> tuple[Floats, Floats]:
    """Mean and variance (without rating noise) of each pair's rating."""
    centred = np.einsum("nd,nd->n", factors.users[users], factors.items[items], dtype=np.float64)
    weighted = factors.user_moments[users] * _DOUBLED
    second = np.einsum("nd,nd->n", weighted, factors.item_moments[items], dtype=np.float64)
    return factors.mean + centred, np.maximum(second - centred**2, 0.0)


def _start(data: Interactions, mean: float, generator: np.random.Generator) -> tuple[_Side, _Side]:
    shape = (data.user_count, data.item_count)
    place = (data.users, data.items)
    centred = sparse.csr_array((data.ratings - mean, place), shape=shape)
    mask = sparse.csr_array((np.ones(len(data.ratings)), place), shape=shape)
    user_clues, item_clues = _clues(mask, generator)
    users = _side(1, centred, mask, user_clues)
    items = _side(0, centred.T.tocsr(), mask.T.tocsr(), item_clues)
    items.vectors[:, 2:] = generator.normal(0.0, 0.1, (data.item_count, FACTOR_COUNT))
    items.moments = _moments(items.vectors)
    return users, items


def _side(constant: int, centred: sparse.csr_array, mask: sparse.csr_array, clues: Floats) -> _Side:
    count = mask.shape[0]
    vectors = np.zeros((count, WIDTH))
    vectors[:, constant] = 1.0
    precision = np.full(WIDTH - 1, 10.0)
    precision[0] = 4.0  # of the effect; the factors follow
    return _Side(
        constant=constant,
        centred=centred,
        mask=mask,
        clues=clues,
        seen=np.diff(mask.indptr) > 0,
        vectors=vectors,
        moments=_moments(vectors),
        prior=np.zeros((count, WIDTH - 1)),
        precision=precision,
    )


def _clues(mask: sparse.csr_array, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Leading singular vectors of the normalised mask, log count and a constant, for each side."""
    user_counts = np.diff(mask.indptr)
    item_counts = np.diff(mask.T.tocsr().indptr)
    scaled = (
        sparse.diags_array(1.0 / np.sqrt(np.maximum(user_counts, 1)))
        @ mask
        @ sparse.diags_array(1.0 / np.sqrt(np.maximum(item_counts, 1)))
    ).tocsr()
    left, right = _singular_vectors(scaled, generator)
    return (
        np.column_stack([left * np.sqrt(len(left)), _log_counts(user_counts), np.ones(len(left))]),
        np.column_stack(
            [right * np.sqrt(len(right)), _log_counts(item_counts), np.ones(len(right))]
        ),
    )


def _log_counts(counts: Indices) -> Floats:
    """Centred log counts; one without ratings is taken for the least active, never beyond."""
    seen = counts[counts > 0]
    return np.log(np.maximum(counts, seen.min())) - np.log(seen).mean()


def _singular_vectors(
    matrix: sparse.csr_array, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """At most IMPLICIT_RANK leading singular vectors by randomised subspace iteration.

    Source: Halko, Martinsson, Tropp, "Finding structure with randomness" (2011), algorithm 4.4.
    """
    rank = min(IMPLICIT_RANK, *matrix.shape)
    width = min(rank + 10, *matrix.shape)
    transposed = matrix.T.tocsr()
    basis = generator.normal(size=(matrix.shape[1], width))
    for _ in range(8):
        basis = np.linalg.qr(matrix @ basis)[0]
        basis = np.linalg.qr(transposed @ basis)[0]
    left, _, right = np.linalg.svd(matrix @ basis, full_matrices=False)
    return left[:, :rank], (basis @ right.T)[:, :rank]


def _update(side: _Side, other: _Side, noise_precision: float, learn: bool) -> Floats:
    """Sets `side` to its posterior given `other`; gives the sums of the other's moments."""
    free = side.free
    gram = side.mask @ other.moments
    place = np.zeros((WIDTH, WIDTH), dtype=np.int64)
    place[_UPPER] = np.arange(len(_UPPER[0]))
    place = np.maximum(place, place.T)
    precision = noise_precision * gram[:, place[np.ix_(free, free)].ravel()]
    precision = precision.reshape(-1, WIDTH - 1, WIDTH - 1)
    diagonal = np.arange(WIDTH - 1)
    precision[:, diagonal, diagonal] += side.precision
    pull = (side.centred @ other.vectors)[:, free] - gram[:, place[free, side.constant]]
    pull = noise_precision * pull + side.precision * side.prior
    covariance = np.linalg.inv(precision)
    centre = np.einsum("nij,nj->ni", covariance, pull)
    side.vectors[:, free] = centre
    padded = np.zeros((len(centre), WIDTH, WIDTH))
    padded[:, free[:, None], free] = covariance
    side.moments = _moments(side.vectors) + padded[:, _UPPER[0], _UPPER[1]]
    if learn:
        _learn_prior(side, centre, covariance[:, diagonal, diagonal])
    return gram


def _learn_prior(side: _Side, centre: Floats, variance: Floats) -> None:
    """Refits the prior's centre (ridge regression on the clues) and its width.

    Only those with ratings count: the others' posterior is the prior itself.
    """
    clues = side.clues[side.seen]
    penalty = IMPLICIT_RIDGE * np.eye(clues.shape[1])
    weights = np.linalg.solve(clues.T @ clues + penalty, clues.T @ centre[side.seen])
    side.prior = side.clues @ weights
    spread = ((centre - side.prior)[side.seen] ** 2).sum(0) + variance[side.seen].sum(0)
    side.precision = (len(clues) + 1.0) / (spread + 0.1)


def _expected_error(users: _Side, items: _Side, gram: Floats, total: float) -> float:
    """Expected squared error over the ratings; `gram` is what the users were just fitted with."""
    explained = float(((users.centred @ items.vectors) * users.vectors).sum())
    return total - 2.0 * explained + float((users.moments * _DOUBLED * gram).sum())


def _moments(vectors: Floats) -> Floats:
    return vectors[:, _UPPER[0]] * vectors[:, _UPPER[1]]
