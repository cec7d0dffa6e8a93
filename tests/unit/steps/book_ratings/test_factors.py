import factors
import numpy as np
import pytest
from bias import fit_bias, predict_bias
from factors import WIDTH, fit_factors, predict_factors
from interactions import Interactions


def unpacked(moments):
    full = np.zeros((len(moments), WIDTH, WIDTH))
    upper = np.triu_indices(WIDTH)
    full[:, upper[0], upper[1]] = moments
    full[:, upper[1], upper[0]] = moments
    return full


def test_held_out_ratings_are_predicted_better_than_by_the_bias_baseline(make_interactions):
    data = make_interactions(seed=3, users=150, items=80)
    held_out = np.random.default_rng(0).random(len(data.ratings)) < 0.2
    train, test = data.subset(~held_out), data.subset(held_out)

    predicted, _ = predict_factors(fit_factors(train, 0), test.users, test.items)

    baseline = predict_bias(fit_bias(train), test.users, test.items)
    error, baseline_error = (np.mean((p - test.ratings) ** 2) for p in (predicted, baseline))
    assert error < 0.6 * baseline_error


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(data):
    first, again, other = (fit_factors(data, seed).users.tobytes() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_variance_is_that_of_a_product_of_independent_gaussian_vectors(data):
    fitted = fit_factors(data, 0)
    user, item = fitted.users[4].astype(float), fitted.items[7].astype(float)
    user_covariance = unpacked(fitted.user_moments)[4] - np.outer(user, user)
    item_covariance = unpacked(fitted.item_moments)[7] - np.outer(item, item)
    expected = (
        user @ item_covariance @ user
        + item @ user_covariance @ item
        + np.trace(user_covariance @ item_covariance)
    )

    rating, variance = predict_factors(fitted, np.array([4]), np.array([7]))

    assert rating == pytest.approx([fitted.mean + user @ item], rel=1e-6)
    assert variance == pytest.approx([expected], rel=1e-3)


def test_an_update_is_the_gaussian_posterior_that_a_plain_loop_finds(data):
    mean = data.ratings.mean()
    users, items = factors._start(data, mean, np.random.default_rng(5))
    random = np.random.default_rng(6)
    spread = random.normal(0, 0.1, (data.item_count, WIDTH, 3))
    spread[:, 0] = 0.0  # the column that is fixed to 1 is certain
    items.vectors[:, 1:] = random.normal(0, 0.3, (data.item_count, WIDTH - 1))
    full = items.vectors[:, :, None] * items.vectors[:, None, :] + spread @ spread.swapaxes(1, 2)
    upper = np.triu_indices(WIDTH)
    items.moments = full[:, upper[0], upper[1]]
    users.prior = random.normal(0, 0.2, (data.user_count, WIDTH - 1))
    noise_precision, free = 1.7, [0, *range(2, WIDTH)]

    factors._update(users, items, noise_precision, learn=False)

    for user in (0, 17, data.user_count - 1):
        precision = np.diag(users.precision)
        pull = users.precision * users.prior[user]
        for row in np.flatnonzero(data.users == user):
            second = full[data.items[row]]
            item = items.vectors[data.items[row]]
            precision = precision + noise_precision * second[np.ix_(free, free)]
            pull = pull + noise_precision * (
                (data.ratings[row] - mean) * item[free] - second[free, 1]
            )
        covariance = np.linalg.inv(precision)
        assert users.vectors[user, free] == pytest.approx(covariance @ pull)
        own = unpacked(users.moments)[user] - np.outer(users.vectors[user], users.vectors[user])
        assert own[np.ix_(free, free)] == pytest.approx(covariance, abs=1e-9)


def test_someone_without_ratings_gets_the_prior_and_a_sensible_rating(data):
    fitted = fit_factors(data, 0)
    unknown = np.full(data.item_count - 1, data.user_count - 1)
    rating, variance = predict_factors(fitted, unknown, np.arange(data.item_count - 1))
    known, known_variance = predict_factors(fitted, unknown * 0, np.arange(data.item_count - 1))
    assert np.isfinite(rating).all()
    assert 1.0 < rating.mean() < 5.0
    assert variance.mean() > known_variance.mean()
    assert np.isfinite(known).all()


def test_two_users_and_two_items_are_enough(make_interactions):
    data = make_interactions(users=2, items=2, share=1.0)
    rating, _ = predict_factors(fit_factors(data, 0), data.users, data.items)
    assert np.isfinite(rating).all()


def test_what_someone_rated_tells_how_they_rate(monkeypatch):
    """Two groups rate other items at random and common ones oppositely; some only the former."""
    random = np.random.default_rng(2)
    rows = []
    for user in range(120):
        group = user % 2
        own = random.permutation(20)[:6] + 20 * group
        rows += [(user, item, random.choice([2.0, 3.0, 4.0])) for item in own]
        liked = 4.5 if group else 1.5
        rows += [(user, item, liked) for item in random.permutation(10)[:2] + 40]
    users, items, ratings = (np.array(column) for column in zip(*rows, strict=True))
    data = Interactions(users, items, ratings, 121, 51)
    held_out = (items >= 40) & (users < 30)
    train, test = data.subset(~held_out), data.subset(held_out)

    def error():
        predicted, _ = predict_factors(fit_factors(train, 0), test.users, test.items)
        return float(np.mean((predicted - test.ratings) ** 2))

    with_clues = error()
    monkeypatch.setattr(factors, "IMPLICIT_RIDGE", 1e12)  # the clues then say nothing
    assert with_clues < 0.85 * error()
