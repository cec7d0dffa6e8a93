import numpy as np
import pytest
import scipy.sparse as sparse
from bias import ITEM_RIDGE, USER_RIDGE, fit_bias, predict_bias
from scipy.sparse.linalg import lsqr


def test_it_is_the_ridge_solution_that_a_least_squares_solver_finds(data):
    rows = np.arange(len(data.ratings))
    ones = np.ones(len(rows))
    design = sparse.hstack(
        [
            sparse.csr_array((ones, (rows, data.users)), (len(rows), data.user_count)),
            sparse.csr_array((ones, (rows, data.items)), (len(rows), data.item_count)),
        ]
    )
    ridge = np.sqrt([USER_RIDGE] * data.user_count + [ITEM_RIDGE] * data.item_count)
    target = np.concatenate([data.ratings - data.ratings.mean(), np.zeros(len(ridge))])
    system = sparse.vstack([design, sparse.diags_array(ridge)])
    solution = lsqr(system, target, atol=1e-12, btol=1e-12)[0]

    bias = fit_bias(data)

    assert np.concatenate([bias.users, bias.items]) == pytest.approx(solution, abs=1e-5)


def test_an_unknown_user_and_item_get_the_mean(data):
    bias = fit_bias(data)
    unknown = np.array([data.user_count - 1]), np.array([data.item_count - 1])
    assert predict_bias(bias, *unknown) == pytest.approx([data.ratings.mean()])
