"""The titles on a plane, near where they are similar, in clusters that have names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Sequence

import numpy as np
from faults import BadInput
from items import Items

CLUSTERS = 10
TITLES_IN_CLUSTER = 8
TITLES_AT_LEAST = 5
NAME_WORDS = 3
NAME_CHARACTERS = 24


@dataclass(frozen=True)
class TitleMap:
    """The drawn titles: `rows` says which items they are; all else has their order.

    `points` is titles x 2, `clusters` the number of each title's cluster, `names` by number.
    """

    rows: Any
    points: Any
    clusters: Any
    names: tuple[str, ...]


def draw_map(items: Items, embeddings: Any, most: int, seed: int) -> TitleMap:
    """Lays out the titles that have a vector by t-SNE; `most` of them, drawn at random.

    Clusters are k-means' on the vectors themselves, not on the plane.

    Raises:
        BadInput: too few titles for a map.
    """
    from sklearn.cluster import KMeans
    from sklearn.manifold import TSNE

    rows = np.flatnonzero(embeddings.any(axis=1))
    if len(rows) < TITLES_AT_LEAST:
        raise BadInput(
            [f"{len(rows)} titles have a vector, expected at least {TITLES_AT_LEAST} for a map"]
        )
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
    vectors = embeddings[rows].astype(np.float64)
    count = max(1, min(CLUSTERS, len(rows) // TITLES_IN_CLUSTER, len(np.unique(vectors, axis=0))))
    clusters = KMeans(count, n_init=4, random_state=seed).fit_predict(vectors)
    # On unit vectors, cosine and Euclidean neighbours are the same.
    layout = TSNE(
        perplexity=min(30.0, (len(rows) - 1) / 3),
        init="pca",
        learning_rate="auto",
        random_state=seed,
    )
    points = layout.fit_transform(vectors)
    words = items.words()
    words = [words[row] for row in rows]
    return TitleMap(rows, points, *_named(clusters, words))


def name_clusters(clusters: Sequence[int], words: Sequence[Sequence[str]]) -> list[str]:
    """For each cluster the words that are frequent in it and rare elsewhere.

    A word counts once a title; one that a single title of the cluster has says little of it.
    """
    everywhere = Counter(word for title in words for word in set(title))
    names = []
    for cluster in range(max(clusters) + 1):
        titles = [title for place, title in enumerate(words) if clusters[place] == cluster]
        within = Counter(word for title in titles for word in set(title))
        shared = {word: count for word, count in within.items() if count > 1} or within
        expected = len(titles) / len(words)
        # How many more titles have the word than chance would give the cluster, by its deviation.
        surplus = {
            word: (count - everywhere[word] * expected) / (everywhere[word] * expected) ** 0.5
            for word, count in shared.items()
        }
        best = sorted(surplus, key=lambda word: (-surplus[word], word))[:NAME_WORDS]
        names.append(_joined(best))
    return names


def _joined(words: Sequence[str]) -> str:
    """As many of the words, the first at least, as a legend has room for."""
    name = words[0][:NAME_CHARACTERS]
    for word in words[1:]:
        if len(name) + len(word) + 2 <= NAME_CHARACTERS:
            name += f", {word}"
    return name


def _named(clusters: Any, words: Sequence[Sequence[str]]) -> tuple[Any, tuple[str, ...]]:
    """The clusters numbered by size, the largest first, and their names."""
    sizes = np.bincount(clusters)
    order = np.argsort(-sizes, kind="stable")
    number = np.argsort(order)
    renumbered = number[clusters]
    return renumbered, tuple(name_clusters(renumbered.tolist(), words))
