import numpy as np

from tests.unit.steps.title_embeddings.modules import steps

encoding = steps.encoding
VECTORS = np.float32([[9, 9], [1, 0], [0, 1], [3, 4]])


def mean(words, counts):
    """What an encoder does, title by title."""
    return np.array(
        [
            VECTORS[row[: int(count)].astype(int)].mean(axis=0)
            for row, count in zip(words, counts, strict=True)
        ]
    )


def test_only_known_words_count():
    titles = [["a", "x", "b"], ["x"], []]
    assert encoding.index_titles(titles, {"a": 1, "b": 2}) == [[1, 2], [], []]


def test_titles_of_all_lengths_come_back_in_their_order():
    vectors = encoding.encode([[1, 2, 3], [], [3], [1, 1]], 2, mean)
    np.testing.assert_allclose(vectors, [[4 / 3, 5 / 3], [0, 0], [3, 4], [1, 0]], rtol=1e-6)


def test_no_title_at_all_gives_no_vector():
    assert encoding.encode([], 2, mean).shape == (0, 2)


def test_a_batch_is_bounded_however_long_the_titles_are():
    titles = [[1] * 30_000] * 3 + [[1] * 80_000] + [[1]] * 1000
    sizes = [batch.words.size for batch in encoding.batches(titles)]
    assert max(sizes) == 80_000  # the one title that is longer than a batch
    assert sorted(sizes)[-2] <= encoding.PLACES_AT_MOST
    rows = np.concatenate([batch.rows for batch in encoding.batches(titles)])
    assert sorted(rows) == list(range(len(titles)))
