import math
import random
from typing import Any

import pytest

from emulator.services.sagemaker.tuning.ranges import CategoricalRange, NumberRange, Range
from emulator.services.sagemaker.tuning.search import Search, SearchSettings, start_search

ETA = NumberRange("eta", 0.0, 1.0, "Linear", is_integer=False)


def search(strategy: str, *ranges: Range, **members: Any) -> Search:
    settings = {"is_minimised": True, "seed": 0, "jobs_max": 30, **members}
    return start_search(SearchSettings(strategy=strategy, ranges=ranges, **settings))


def values(found: Search, name: str, count: int) -> list[float]:
    tried = []
    for _ in range(count):
        suggestion = found.ask()
        assert suggestion is not None
        tried.append(float(suggestion.hyperparameters[name]))
        found.tell(suggestion.number, None)
    return tried


def best_loss(strategy: str, seed: int, *, is_minimised: bool = True) -> float:
    found = search(strategy, ETA, seed=seed, is_minimised=is_minimised)
    losses = []
    for _ in range(30):
        suggestion = found.ask()
        assert suggestion is not None
        loss = (float(suggestion.hyperparameters["eta"]) - 0.3) ** 2
        found.tell(suggestion.number, loss if is_minimised else -loss)
        losses.append(loss)
    return sum(losses[15:]) / 15


@pytest.mark.parametrize("is_minimised", [True, False])
def test_bayesian_comes_nearer_the_optimum_than_random(is_minimised: bool) -> None:
    bayesian = sum(best_loss("Bayesian", seed, is_minimised=is_minimised) for seed in range(3))
    at_random = sum(best_loss("Random", seed, is_minimised=is_minimised) for seed in range(3))
    assert bayesian < at_random / 2


def test_random_covers_the_range_evenly() -> None:
    tried = values(search("Random", ETA), "eta", 200)
    assert sum(tried) / 200 == pytest.approx(0.5, abs=0.1)
    assert min(tried) >= 0
    assert max(tried) <= 1


def test_logarithmic_scaling_spends_as_much_on_each_order_of_magnitude() -> None:
    log = NumberRange("x", 1e-4, 1.0, "Logarithmic", is_integer=False)
    tried = values(search("Random", log), "x", 200)
    assert math.exp(sum(map(math.log, tried)) / 200) == pytest.approx(1e-2, rel=0.5)


def test_reverse_logarithmic_scaling_crowds_towards_one() -> None:
    # Source: "Hyperparameter scaling": for ranges sensitive to changes very close to 1.
    momentum = NumberRange("x", 0.0, 0.9999, "ReverseLogarithmic", is_integer=False)
    tried = values(search("Random", momentum), "x", 200)
    assert all(0.0 <= value <= 0.9999 for value in tried)
    assert sorted(tried)[100] == pytest.approx(0.99, abs=0.008)


def test_integers_stay_whole_and_within_their_range() -> None:
    depth = NumberRange("depth", 2, 4, "Linear", is_integer=True)
    assert set(values(search("Random", depth), "depth", 40)) == {2, 3, 4}


def test_a_grid_ends_when_every_combination_was_asked_for() -> None:
    grid = search("Grid", CategoricalRange("a", ("1", "2")), CategoricalRange("b", ("x", "y")))
    asked = [grid.ask() for _ in range(5)]
    assert [s.hyperparameters for s in asked if s is not None] == [
        {"a": "1", "b": "x"},
        {"a": "1", "b": "y"},
        {"a": "2", "b": "x"},
        {"a": "2", "b": "y"},
    ]
    assert asked[4] is None


def test_what_was_learnt_elsewhere_steers_the_search() -> None:
    warm = search("Bayesian", ETA, seed=1)
    rng = random.Random(1)
    for _ in range(40):
        eta = rng.random()
        warm.learn({"eta": repr(eta)}, (eta - 0.3) ** 2)
    warm.learn({"eta": "7.0"}, -100.0)  # outside of the range: not learnt
    warm.learn({"other": "0.5"}, -100.0)
    tried = values(warm, "eta", 10)
    assert sum(abs(eta - 0.3) for eta in tried) / 10 < 0.15


def test_hyperband_ends_what_is_behind_and_lets_the_best_run() -> None:
    band = search("Hyperband", ETA, resource_min=1, resource_max=9)
    steps = []
    for trial in range(12):
        suggestion = band.ask()
        assert suggestion is not None
        loss = float(trial)  # each one worse than all before it
        step = next(s for s in range(1, 10) if band.report(suggestion.number, s, loss))
        band.tell(suggestion.number, loss)
        steps.append(step)
    assert steps[0] == 9
    assert min(steps) < 9
    assert max(steps) == 9


def test_other_strategies_never_end_a_training_job() -> None:
    bayesian = search("Bayesian", ETA)
    suggestion = bayesian.ask()
    assert suggestion is not None
    assert not any(bayesian.report(suggestion.number, step, 1e9) for step in range(1, 50))
