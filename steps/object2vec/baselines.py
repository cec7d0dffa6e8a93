"""What a model has to beat: predictions without any taste."""

import numpy as np
import pandas as pd

ROUNDS = 10
# How many ratings near the mean each user and each item is given before their own.
USER_DAMPING = 15
ITEM_DAMPING = 10


def predict_baselines(train: pd.DataFrame, asked: pd.DataFrame) -> dict[str, np.ndarray]:
    """The global mean, each user's mean, and the mean with user and item biases.

    Fitted on `train` (columns user, item, rating) and clipped to its range; whom or what it does
    not have has no bias.
    """
    mean = train.rating.mean()
    user_means = train.groupby("user").rating.mean()
    biases = _fit_biases(train, mean)
    biased = mean + sum(
        asked[name].map(values).fillna(0).to_numpy() for name, values in biases.items()
    )
    return {
        "global_mean": np.full(len(asked), mean),
        "user_mean": asked.user.map(user_means).fillna(mean).to_numpy(),
        "bias": np.clip(biased, train.rating.min(), train.rating.max()),
    }


def _fit_biases(train: pd.DataFrame, mean: float) -> dict[str, pd.Series]:
    """Users' and items' damped mean deviations, in turns. Source: Koren, "Factor in the
    Neighbors", section 2.1, with the dampings of Surprise's BaselineOnly.
    """
    biases = {name: pd.Series(0.0, train[name].unique()) for name in ("user", "item")}
    for _ in range(ROUNDS):
        for name, other, damping in (
            ("item", "user", ITEM_DAMPING),
            ("user", "item", USER_DAMPING),
        ):
            rest = (train.rating - mean - train[other].map(biases[other])).groupby(train[name])
            biases[name] = rest.sum() / (rest.count() + damping)
    return biases
