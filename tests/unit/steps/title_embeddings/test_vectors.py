import gzip

import numpy as np
import pytest

from tests.unit.steps.title_embeddings.modules import BadInput, steps

GLOVE = "the 1 0\n, 2 0\nwind 0.5 -1\nWind 3 3\nwillow 0 2\n"
ALL = steps.vectors.Wanted(frozenset(), 100)


def read(folder, content, wanted=ALL, name="own.vec"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return steps.vectors.read_vectors([path], wanted)


def test_the_words_that_are_no_punctuation_and_lower_case_are_read(tmp_path):
    found = read(tmp_path, GLOVE)
    assert found.words == ("the", "wind", "willow")
    np.testing.assert_array_equal(found.values, np.float32([[1, 0], [0.5, -1], [0, 2]]))


def test_the_first_line_of_fasttext_is_no_word(tmp_path):
    # Source: https://fasttext.cc/docs/en/english-vectors.html, "Format".
    found = read(tmp_path, "2 3\nthe 1 2 3 \nof 4 5 6 \n")
    assert found.words == ("the", "of")
    assert found.values.shape == (2, 3)


def test_a_number_may_be_a_word_with_one_number(tmp_path):
    assert read(tmp_path, "a 1\nb 2\n").values.shape == (2, 1)


def test_compressed_files_are_read(tmp_path):
    found = read(tmp_path, gzip.compress(GLOVE.encode()), name="own.vec.gz")
    assert found.words == ("the", "wind", "willow")


def test_title_words_are_kept_and_of_others_the_first_ones(tmp_path):
    found = read(tmp_path, GLOVE, steps.vectors.Wanted({"willow"}, 1))
    assert found.words == ("the", "willow")


def test_arrays_are_cut_as_files_are():
    words = ["the", ",", "wind", "the", "willow"]
    found = steps.vectors.cut(words, np.arange(10.0).reshape(5, 2), steps.vectors.Wanted({","}, 2))
    assert found.words == ("the", ",", "wind")
    np.testing.assert_array_equal(found.values, np.float32([[0, 1], [2, 3], [4, 5]]))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a 1 2\nb 1\nc 1 2 3\n", ["line 2: got 1 numbers, expected 2", "line 3: got 3"]),
        ("a 1 x\n", ["own.vec line 1: could not convert"]),
        ("a 1 nan\nb inf 1\n", ["line 1: expected finite numbers", "line 2: expected finite"]),
        ("a 0 0\n", ["not all zero"]),
        ("", ["own.vec: no line has a word"]),
        (b"\xff\xfe", ["own.vec: not a readable text file"]),
        ("\n".join(f"a{'b' * n} 1 x" for n in range(9)), ["line 5", "and 4 more"]),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_lines(tmp_path, content, expected):
    with pytest.raises(BadInput) as caught:
        read(tmp_path, content)
    for text in expected:
        assert text in str(caught.value)
