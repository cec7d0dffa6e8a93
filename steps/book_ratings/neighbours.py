"""Item neighbourhoods: residuals of similar items that the same user rated.

Similarity is the Pearson correlation of the residuals from the bias baseline over the users who
rated both, shrunk by how few they are, and raised to a power so that close neighbours count most.

Source: Koren, "Factor in the neighbors" (2010), section 3.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from interactions import Floats, Indices, Interactions

NEIGHBOURS = 300
SIMILARITY_SHRINKAGE = 100.0
SIMILARITY_POWER = 3.0
WEIGHT_SHRINKAGE = 1e-3
BLOCK_ROWS = 1024
# Measured on one core: multiply-adds a second of a dense and of a sparse product.
DENSE_SPEED = 5e10
SPARSE_SPEED = 2e8

Singles = npt.NDArray[np.float32]
Matrix = Any  # Singles, or a sparse.csr_array of them


@dataclass(frozen=True)
class Neighbours:
    """The NEIGHBOURS most similar items of each item, and what each user rated.

    `weights` is 0 where an item has fewer neighbours. `row_starts`, `rated_items` and `residuals`
    are the users' rows in compressed form.
    """

    indices: npt.NDArray[np.int32]
    weights: Singles
    row_starts: Indices
    rated_items: npt.NDArray[np.int32]
    residuals: Singles


def fit_neighbours(data: Interactions, residuals: Floats) -> Neighbours:
    """Finds neighbours from each rating's residual from the baseline."""
    place = (data.users, data.items)
    shape = (data.user_count, data.item_count)
    rows = sparse.csr_array((residuals.astype(np.float32), place), shape=shape)
    mask = sparse.csr_array((np.ones(len(residuals), np.float32), place), shape=shape)
    rows.sort_indices()
    indices, weights = _nearest(rows, mask)
    return Neighbours(
        indices,
        weights,
        rows.indptr.astype(np.int64),
        rows.indices.astype(np.int32),
        rows.data,
    )


def predict_neighbours(
    neighbours: Neighbours, users: Indices, items: Indices
) -> tuple[Floats, Floats]:
    """Weighted mean residual of each pair's neighbours, and the sum of the weights."""
    residual = np.zeros(len(users))
    weight = np.zeros(len(users))
    order = np.argsort(users, kind="stable")
    block = 4096
    for start in range(0, len(order), block):
        chosen = order[start : start + block]
        distinct, row = np.unique(users[chosen], return_inverse=True)
        values, rated = _dense_rows(neighbours, distinct)
        near = neighbours.indices[items[chosen]]
        weights = neighbours.weights[items[chosen]] * rated[row[:, None], near]
        weight[chosen] = weights.sum(1)
        residual[chosen] = (weights * values[row[:, None], near]).sum(1)
    return residual / (weight + WEIGHT_SHRINKAGE), weight


def rated_by(neighbours: Neighbours, user: int) -> npt.NDArray[np.int32]:
    """The items that a user rated."""
    return neighbours.rated_items[neighbours.row_starts[user] : neighbours.row_starts[user + 1]]


def _dense_rows(neighbours: Neighbours, users: Indices) -> tuple[Singles, Singles]:
    starts, ends = neighbours.row_starts[users], neighbours.row_starts[users + 1]
    lengths = ends - starts
    row = np.repeat(np.arange(len(users)), lengths)
    offset = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    source = np.repeat(starts, lengths) + offset
    values = np.zeros((len(users), len(neighbours.indices)), np.float32)
    rated = np.zeros_like(values)
    values[row, neighbours.rated_items[source]] = neighbours.residuals[source]
    rated[row, neighbours.rated_items[source]] = 1.0
    return values, rated


def _nearest(
    rows: sparse.csr_array, mask: sparse.csr_array
) -> tuple[npt.NDArray[np.int32], Singles]:
    item_count = rows.shape[1]
    width = max(min(NEIGHBOURS, item_count - 1), 1)
    indices = np.zeros((item_count, width), np.int32)
    weights = np.zeros((item_count, width), np.float32)
    residual, ones = _quickest_form(rows, mask)
    for start in range(0, item_count, BLOCK_ROWS):
        block = slice(start, min(start + BLOCK_ROWS, item_count))
        similarity = _similarities(residual, ones, block)
        near = np.argpartition(-similarity, width - 1, axis=1)[:, :width]
        near.sort(axis=1)
        indices[block] = near
        weights[block] = np.take_along_axis(similarity, near, axis=1) ** SIMILARITY_POWER
    return indices, weights


def _quickest_form(rows: sparse.csr_array, mask: sparse.csr_array) -> tuple[Matrix, Matrix]:
    """Dense arrays where their products are quicker than sparse ones, as in small full data."""
    user_count, item_count = rows.shape
    dense_seconds = user_count * item_count**2 / DENSE_SPEED
    sparse_seconds = float((np.diff(rows.indptr).astype(np.float64) ** 2).sum()) / SPARSE_SPEED
    return (rows.toarray(), mask.toarray()) if dense_seconds < sparse_seconds else (rows, mask)


def _similarities(residual: Matrix, ones: Matrix, block: slice) -> Singles:
    """Shrunk positive correlations of a block of items with all items; 0 with itself."""
    squared = residual * residual
    similarity = _product(residual[:, block], residual)
    norm = _product(squared[:, block], ones)
    norm *= _product(ones[:, block], squared)
    np.sqrt(norm, out=norm)
    similarity /= np.maximum(norm, 1e-9, out=norm)
    support = _product(ones[:, block], ones)
    support -= 1.0
    similarity *= support
    support += SIMILARITY_SHRINKAGE
    similarity /= support
    np.maximum(similarity, 0.0, out=similarity)
    own = np.arange(block.stop - block.start)
    similarity[own, own + block.start] = 0.0
    return similarity


def _product(left: Matrix, right: Matrix) -> Singles:
    product = left.T @ right
    return product.toarray() if sparse.issparse(product) else product
