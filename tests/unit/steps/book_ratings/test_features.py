from dataclasses import replace

import numpy as np
import pytest
from features import FEATURES, FOLDS, clip, compute_features, fit, submit_out_of_fold


def test_a_training_row_s_features_do_not_depend_on_its_own_rating(data, executor):
    before = submit_out_of_fold(data, 0, executor)()
    for row in (0, 400, len(data.ratings) - 1):
        changed = data.ratings.copy()
        changed[row] = 6.0 - changed[row] + 0.5
        after = submit_out_of_fold(replace(data, ratings=changed), 0, executor)()
        assert after[row].tobytes() == before[row].tobytes()
        assert after.tobytes() != before.tobytes()  # other rows do learn from it


def test_a_training_row_s_features_do_not_depend_on_its_fold_s_ratings(data, executor):
    folds = np.random.default_rng(0).permutation(len(data.ratings)) % FOLDS
    changed = np.where(folds == 2, 3.0, data.ratings)
    before = submit_out_of_fold(data, 0, executor)()
    after = submit_out_of_fold(replace(data, ratings=changed), 0, executor)()
    assert after[folds == 2].tobytes() == before[folds == 2].tobytes()


def test_features_are_finite_for_known_and_unknown_pairs(data):
    fitted = fit(data, 0)
    users = np.array([0, data.user_count - 1, 0, data.user_count - 1])
    items = np.array([0, 0, data.item_count - 1, data.item_count - 1])
    features = compute_features(fitted, users, items)
    assert features.shape == (4, len(FEATURES))
    assert np.isfinite(features).all()


def test_effects_are_shrunk_means_counts_and_deviations(data):
    fitted = fit(data, 0)
    own = data.ratings[data.users == 3]
    mean = (own.sum() + 5 * data.ratings.mean()) / (len(own) + 5)
    variance = (((own - mean) ** 2).sum() + 5 * data.ratings.var()) / (len(own) + 5)
    features = compute_features(fitted, np.array([3]), np.array([0]))[0]
    named = dict(zip(FEATURES, features.tolist(), strict=True))
    assert named["user_mean"] == pytest.approx(mean, rel=1e-5)
    assert named["user_deviation"] == pytest.approx(variance**0.5, rel=1e-5)
    assert named["user_log_count"] == pytest.approx(np.log1p(len(own)), rel=1e-5)


def test_a_row_is_computed_alike_alone_and_among_others(data):
    fitted = fit(data, 0)
    together = compute_features(fitted, data.users[:50], data.items[:50])
    alone = compute_features(fitted, data.users[7:8], data.items[7:8])
    assert alone[0] == pytest.approx(together[7], rel=1e-5, abs=1e-6)


def test_predictions_stay_within_the_ratings_range(data):
    assert clip(np.array([-3.0, 2.5, 9.0]), fit(data, 0)).tolist() == [1.0, 2.5, 5.0]
