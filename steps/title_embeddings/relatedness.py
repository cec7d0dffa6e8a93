"""How often the nearest titles belong together, against chance and against common words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator

import numpy as np
from faults import BadInput
from items import Items
from nearest import nearest
from scipy import sparse

NEIGHBOURS = 10
QUERIES_AT_MOST = 2000
_BLOCK = 200


@dataclass(frozen=True)
class Shares:
    """For each asked title, the share of its neighbours that share a group with it.

    The second of each pair looks only at titles without a word in common: what is left of it is
    meaning. `random` is the exact expectation, all other titles being equally likely.
    """

    model: Any
    model_no_common_word: Any
    random: Any
    random_no_common_word: Any
    word_overlap: Any


def measure(items: Items, embeddings: Any, seed: int) -> Shares:
    """Asks for the neighbours of titles that have a vector and a group, at most QUERIES_AT_MOST.

    All methods are asked the same titles and choose among the same ones: those with a vector.

    Raises:
        BadInput: fewer than two such titles, or none that belong together.
    """
    has_vector = embeddings.any(axis=1)
    candidates = np.flatnonzero(has_vector)
    queries = np.array([place for place, row in enumerate(candidates) if items.groups[row]], int)
    if len(queries) < 2:
        raise BadInput([_too_few(items, len(queries), int(has_vector.sum()))])
    random = np.random.default_rng(seed)
    if len(queries) > QUERIES_AT_MOST:
        queries = np.sort(random.choice(queries, QUERIES_AT_MOST, replace=False))
    words = items.words()
    words = [words[row] for row in candidates]
    groups = _indicator([items.groups[row] for row in candidates])
    rows = list(_rows(embeddings[candidates], words, groups, queries, random))
    shares = Shares(*(np.array(column) for column in zip(*rows)))
    if not shares.random.any():
        raise BadInput(
            [f"column {items.group_column}: no two titles share one; nothing to measure by"]
        )
    return shares


def _rows(
    vectors: Any, words: list[list[str]], groups: Any, queries: Any, random: Any
) -> Iterator[tuple[float, ...]]:
    has_word = _indicator([frozenset(title) for title in words])
    tf_idf = _tf_idf(words, has_word)
    for start in range(0, len(queries), _BLOCK):
        block = queries[start : start + _BLOCK]
        related = (groups[block] @ groups.T).toarray() > 0
        common = (has_word[block] @ has_word.T).toarray() > 0
        similar = vectors[block] @ vectors.T
        overlap = (tf_idf[block] @ tf_idf.T).toarray()
        # Titles without a common word are all as far: which of them comes first is chance.
        overlap += random.uniform(0, 1e-6, overlap.shape)
        for place, query in enumerate(block):
            others = np.arange(len(vectors)) != query
            apart = others & ~common[place]
            yield (
                _share(related[place], similar[place], others),
                _share(related[place], similar[place], apart),
                _chance(related[place], others),
                _chance(related[place], apart),
                _share(related[place], overlap[place], others),
            )


def _share(related: Any, similarities: Any, allowed: Any) -> float:
    places = nearest(np.where(allowed, similarities, -np.inf), NEIGHBOURS)
    return float(related[places].mean()) if len(places) else 0.0


def _chance(related: Any, allowed: Any) -> float:
    return float(related[allowed].mean()) if allowed.any() else 0.0


def _indicator(sets: list[frozenset[str]]) -> Any:
    """A sparse matrix with a 1 where the set of a row has the member of a column."""
    places: dict[str, int] = {}
    pairs = [
        (row, places.setdefault(member, len(places)))
        for row, members in enumerate(sets)
        for member in sorted(members)
    ]
    rows, columns = zip(*pairs) if pairs else ((), ())
    shape = (len(sets), max(1, len(places)))
    return sparse.csr_matrix((np.ones(len(pairs), np.float32), (rows, columns)), shape=shape)


def _tf_idf(words: list[list[str]], has_word: Any) -> Any:
    """Each title's words by how rare they are, at unit length: the usual text search."""
    frequency = np.asarray(has_word.sum(axis=0)).ravel()
    rarity = np.log((1 + len(words)) / (1 + frequency)) + 1
    weighted = has_word.multiply(rarity).tocsr()
    length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return sparse.diags(1 / np.maximum(length, 1e-9)) @ weighted


def _too_few(items: Items, queries: int, with_vector: int) -> str:
    return (
        f"column {items.group_column}: {queries} of {with_vector} titles with a vector belong to "
        "one, expected at least 2"
    )
