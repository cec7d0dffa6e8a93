import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from tests.unit.steps.title_embeddings.modules import BadInput, make_items, steps

relatedness = steps.relatedness


def unit(rows):
    rows = np.array(rows, np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_shares_are_those_counted_by_hand(monkeypatch):
    monkeypatch.setattr(relatedness, "NEIGHBOURS", 1)
    items = make_items(["blue sky", "blue sea", "red sun", "red hat"], [{"x"}, {"y"}, {"x"}, {"y"}])
    # The first and third are near, and the second and fourth: as they belong together.
    embeddings = unit([[1, 0], [0, 1], [1, 0.1], [0.1, 1]])
    shares = relatedness.measure(items, embeddings, seed=0)
    assert shares.model.tolist() == [1, 1, 1, 1]
    assert shares.model_no_common_word.tolist() == [1, 1, 1, 1]
    assert shares.word_overlap.tolist() == [0, 0, 0, 0]  # blue is near blue, red near red
    np.testing.assert_allclose(shares.random, [1 / 3] * 4)
    np.testing.assert_allclose(shares.random_no_common_word, [1 / 2] * 4)


def test_titles_without_a_vector_are_neither_asked_nor_neighbours(monkeypatch):
    monkeypatch.setattr(relatedness, "NEIGHBOURS", 1)
    items = make_items(["a", "b", "c", "7"], [{"x"}, {"x"}, set(), {"x"}])
    embeddings = np.concatenate([unit([[1, 0], [0, 1], [1, 1]]), np.zeros((1, 2), np.float32)])
    shares = relatedness.measure(items, embeddings, seed=0)
    assert len(shares.model) == 2  # c has no group, 7 has no vector
    np.testing.assert_allclose(shares.random, [1 / 2, 1 / 2])


def test_the_word_overlap_is_that_of_scikit_learn():
    titles = ["blue sky", "blue blue sea", "deep blue sea", "red sun", "sun"]
    words = [steps.words.title_words(title) for title in titles]
    has_word = relatedness._indicator([frozenset(title) for title in words])
    ours = relatedness._tf_idf(words, has_word)
    theirs = TfidfVectorizer(binary=True).fit_transform(titles)
    np.testing.assert_allclose((ours @ ours.T).toarray(), (theirs @ theirs.T).toarray(), atol=1e-6)


def test_of_many_titles_the_same_ones_are_asked_each_time(monkeypatch):
    monkeypatch.setattr(relatedness, "QUERIES_AT_MOST", 20)
    random = np.random.default_rng(0)
    items = make_items([f"w{n}" for n in range(60)], [{str(n % 3)} for n in range(60)])
    embeddings = unit(random.normal(size=(60, 4)))
    first, second = (relatedness.measure(items, embeddings, seed=3) for _ in range(2))
    assert len(first.model) == 20
    np.testing.assert_array_equal(first.model, second.model)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([set(), set(), {"x"}], "1 of 3 titles with a vector belong to one, expected at least 2"),
        ([{"x"}, {"y"}, {"z"}], "no two titles share one"),
    ],
)
def test_groups_that_tell_nothing_are_refused(groups, expected):
    items = make_items(["a", "b", "c"], groups)
    with pytest.raises(BadInput, match=expected):
        relatedness.measure(items, unit([[1, 0], [0, 1], [1, 1]]), seed=0)
