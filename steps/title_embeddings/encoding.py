"""Titles as indices into the vocabulary, in batches that an encoder takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, Sequence

import numpy as np

# Bounds the memory of one call of the encoder, whatever the length of the titles.
PLACES_AT_MOST = 50_000


@dataclass(frozen=True)
class Batch:
    """Padded titles: `rows` says which they are, `counts` how many places of each count."""

    rows: Any
    words: Any
    counts: Any


def index_titles(titles: Sequence[Sequence[str]], vocabulary: Mapping[str, int]) -> list[list[int]]:
    """Each title's known words by index; a title without one gets an empty list."""
    return [[vocabulary[word] for word in words if word in vocabulary] for words in titles]


def batches(titles: Sequence[Sequence[int]]) -> Iterator[Batch]:
    """The titles that have a word, those of about the same length together."""
    rows = sorted((row for row, title in enumerate(titles) if title), key=lambda r: len(titles[r]))
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and (end + 1 - start) * len(titles[rows[end]]) <= PLACES_AT_MOST:
            end += 1
        yield _batch(rows[start:end], titles)
        start = end


def encode(
    titles: Sequence[Sequence[int]], numbers: int, encoder: Callable[[Any, Any], Any]
) -> Any:
    """The vectors of all titles (titles x numbers); zeros for a title without a known word."""
    vectors = np.zeros((len(titles), numbers), np.float32)
    for batch in batches(titles):
        vectors[batch.rows] = encoder(batch.words, batch.counts)
    return vectors


def _batch(rows: Sequence[int], titles: Sequence[Sequence[int]]) -> Batch:
    counts = np.array([len(titles[row]) for row in rows], np.float32)
    words = np.zeros((len(rows), int(counts.max())), np.float32)
    for place, row in enumerate(rows):
        words[place, : len(titles[row])] = titles[row]
    return Batch(np.array(rows), words, counts)
