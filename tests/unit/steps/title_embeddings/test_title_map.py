import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from tests.unit.steps.title_embeddings.modules import BadInput, make_items, steps

title_map = steps.title_map


@pytest.fixture(autouse=True)
def one_thread():
    """Threads that wait for each other are slow where tests run side by side."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def catalogue():
    """Two heaps of titles, far from each other, and a title without a vector."""
    random = np.random.default_rng(0)
    vectors = random.normal(0, 0.1, (40, 5)) + np.repeat([[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]], 20, 0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    titles = [f"wind {letter}" for letter in "abcdefghijklmnopqrst"]
    titles += [f"stone {letter}" for letter in "abcdefghijklmnopqrst"]
    embeddings = np.concatenate([np.zeros((1, 5)), vectors]).astype(np.float32)
    return make_items(["$1984$", *titles]), embeddings


def test_titles_that_are_near_are_near_on_the_map(catalogue, monkeypatch):
    monkeypatch.setattr(title_map, "CLUSTERS", 2)
    drawn = title_map.draw_map(*catalogue, most=100, seed=0)
    assert drawn.rows.tolist() == list(range(1, 41))
    first, second = drawn.points[:20], drawn.points[20:]
    between = np.linalg.norm(first.mean(axis=0) - second.mean(axis=0))
    within = np.linalg.norm(first - first.mean(axis=0), axis=1).mean()
    assert between > 2 * within
    assert len(set(drawn.clusters[:20])) == 1
    assert len(set(drawn.clusters[20:])) == 1
    assert {name.split(",")[0] for name in drawn.names} == {"wind", "stone"}


def test_of_many_titles_some_are_drawn(catalogue):
    drawn = title_map.draw_map(*catalogue, most=12, seed=0)
    assert len(drawn.rows) == len(drawn.points) == len(drawn.clusters) == 12
    assert 0 not in drawn.rows


def test_too_few_titles_make_no_map():
    with pytest.raises(BadInput, match="3 titles have a vector, expected at least 5"):
        title_map.draw_map(make_items("abc"), np.eye(3, dtype=np.float32), most=10, seed=0)


def test_a_cluster_is_named_by_what_marks_it():
    words = [["love", "night"], ["love", "day"], ["war", "night"], ["war", "day"], ["war", "x"]]
    assert title_map.name_clusters([0, 0, 1, 1, 1], words) == ["love", "war"]


def test_a_name_has_room_in_a_legend():
    words = [["a" * 20, "b" * 20], ["a" * 20, "b" * 20], ["c"]]
    (name, _) = title_map.name_clusters([0, 0, 1], words)
    assert len(name) <= title_map.NAME_CHARACTERS


def test_labels_come_in_pairs_of_near_titles_that_can_be_written(catalogue):
    items, embeddings = catalogue
    drawn = title_map.draw_map(items, embeddings, most=100, seed=0)
    labels = steps.pictures.choose_labels(drawn, items, embeddings, seed=0)
    assert len(labels) == len(set(labels))
    first, second = labels[:2]
    similar = embeddings[drawn.rows] @ embeddings[drawn.rows[first]]
    similar[first] = -1
    assert int(similar.argmax()) == second


def test_the_picture_is_a_png_whatever_the_titles_hold(catalogue, tmp_path):
    items, embeddings = catalogue
    items = make_items([f"{title} $x_{{" for title in items.titles])
    drawn = title_map.draw_map(items, embeddings, most=100, seed=0)
    labels = steps.pictures.choose_labels(drawn, items, embeddings, seed=0)
    written = steps.pictures.write_png(drawn, items, labels, "40 $titles$", tmp_path / "t.png")
    assert 0 < len(written) <= len(labels)
    content = (tmp_path / "t.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(content[16:20], "big") == 1760
