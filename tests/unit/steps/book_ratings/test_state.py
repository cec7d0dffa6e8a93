import numpy as np
import pytest
from features import compute_features, fit
from state import Catalogue, load_state, save_state


def test_a_saved_state_computes_the_same_features(data, tmp_path):
    fitted = fit(data, 0)
    catalogue = Catalogue(("a", "b"), ("1", "2"), {"1": "Émile"})
    save_state(fitted, catalogue, tmp_path)
    loaded, ids = load_state(tmp_path)
    pairs = data.users[:20], data.items[:20]
    assert np.array_equal(compute_features(loaded, *pairs), compute_features(fitted, *pairs))
    assert (ids.user_ids, ids.item_ids, dict(ids.titles)) == (
        ("a", "b"),
        ("1", "2"),
        {"1": "Émile"},
    )


def test_unknown_ids_get_the_index_after_the_last():
    catalogue = Catalogue(("a", "b"), ("x",), {})
    assert catalogue.user_indices(["b", "z", "a"]).tolist() == [1, 2, 0]
    assert catalogue.item_indices(["x", ""]).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("ids", "are_integers"),
    [
        (("1", "0", "-7"), True),
        (("1", "007"), False),
        (("1", "²"), False),
        (("--5",), False),
        (("1.0",), False),
        (("9" * 30,), False),
    ],
)
def test_item_ids_are_integers_only_when_all_are_written_so(ids, are_integers):
    assert Catalogue((), ids, {}).has_integer_items is are_integers
