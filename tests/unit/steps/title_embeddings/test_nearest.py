import numpy as np
import pytest

from tests.unit.steps.title_embeddings.modules import steps

nearest = steps.nearest.nearest


@pytest.mark.parametrize("count", [1, 3, 10, 50, 99])
def test_the_largest_come_first_and_of_equal_ones_the_first(count):
    values = np.random.default_rng(0).integers(0, 12, 50).astype(np.float32)
    expected = sorted(range(50), key=lambda place: (-values[place], place))[:count]
    assert nearest(values, count).tolist() == expected


def test_what_is_ruled_out_is_not_given():
    assert nearest(np.float32([-np.inf, 1, -np.inf]), 3).tolist() == [1]
    assert nearest(np.float32([-np.inf, -np.inf]), 1).tolist() == []
