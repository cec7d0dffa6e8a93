"""Batches of examples: shuffled, bucketed by length, padded, with negative samples."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import mxnet as mx
import numpy as np

from object2vec_image.examples import Examples, Sequences

# Rows that are gathered at once: a batch's own arrays are slices of these, without a copy.
GATHERED_ROWS = 65_536


@dataclass(frozen=True)
class Batch:
    """What the network takes, and the labels."""

    inputs: tuple[Any, ...]
    labels: Any

    def __len__(self) -> int:
        return len(self.labels)


def batches(
    examples: Examples, size: int, order: np.ndarray, width: int, *, is_masked: bool
) -> Iterator[Batch]:
    """Cut the examples, in this order, into batches of at most `size`.

    Args:
        examples: The pairs of a channel.
        size: The most that a batch has.
        order: Rows of the examples.
        width: The bucket width: sequences whose lengths fall into the same interval of it are
            batched together and padded to its end. With 0 all are padded to the longest of all.
        is_masked: Give the network masks; it needs none where every sequence has one token.
    """
    for rows, widths in _buckets(examples, order, width):
        gathered = max(1, GATHERED_ROWS // (size * sum(widths))) * size
        for start in range(0, len(rows), gathered):
            chunk = rows[start : start + gathered]
            inputs = network_inputs(examples.inputs, chunk, widths, is_masked=is_masked)
            labels = mx.nd.array(examples.labels[chunk])
            for first in range(0, len(chunk), size):
                part = slice(first, first + size)
                yield Batch(tuple(array[part] for array in inputs), labels[part])


def _buckets(
    examples: Examples, order: np.ndarray, width: int
) -> Iterator[tuple[np.ndarray, tuple[int, int]]]:
    longest = [int(sequences.lengths.max()) for sequences in examples.inputs]
    if not width or longest == [1, 1]:
        yield order, (longest[0], longest[1])
        return
    ends = [
        np.minimum(-(-sequences.lengths // width) * width, most)
        for sequences, most in zip(examples.inputs, longest, strict=True)
    ]
    keys = ends[0] * (longest[1] + 1) + ends[1]
    for key in np.unique(keys[order]):
        rows = order[keys[order] == key]
        yield rows, (int(ends[0][rows[0]]), int(ends[1][rows[0]]))


def network_inputs(
    inputs: tuple[Sequences, Sequences],
    rows: np.ndarray,
    widths: tuple[int, int],
    *,
    is_masked: bool,
) -> list[Any]:
    """What the network takes for the rows: tokens twice, then their masks twice if masked."""
    tokens = [
        sequences.padded(rows, width) for sequences, width in zip(inputs, widths, strict=True)
    ]
    if not is_masked:
        return [mx.nd.array(array[:, 0]) for array in tokens]
    masks = [
        np.arange(width) < sequences.lengths[rows][:, None]
        for sequences, width in zip(inputs, widths, strict=True)
    ]
    return [mx.nd.array(array) for array in (*tokens, *masks)]


def with_negatives(examples: Examples, rate: int, generator: np.random.Generator) -> Examples:
    """Add pairs that nobody observed: each pair's in0 with another's in1, labelled 0."""
    if not rate:
        return examples
    rows = np.arange(len(examples))
    first = np.tile(rows, 1 + rate)
    second = np.concatenate([rows, generator.integers(len(rows), size=rate * len(rows))])
    labels = np.concatenate([examples.labels, np.zeros(rate * len(rows), np.float32)])
    in0, in1 = examples.inputs
    inputs = (
        Sequences(in0.tokens, in0.starts[first], in0.lengths[first]),
        Sequences(in1.tokens, in1.starts[second], in1.lengths[second]),
    )
    return Examples(inputs, labels)
