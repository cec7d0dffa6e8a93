"""What to try next.

Bayesian is Optuna's tree-structured Parzen estimator. AWS's is a Gaussian process: both model
what they have seen and try what looks best, so the suggestions differ and the purpose does not.
Hyperband samples in the same way and ends weak training jobs early. Random samples each range by
its scale; Grid goes through every combination of categorical values.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from emulator.services.sagemaker.tuning.ranges import (
    LOGARITHMIC,
    REVERSE_LOGARITHMIC,
    CategoricalRange,
    NumberRange,
    Range,
)

BAYESIAN = "Bayesian"
RANDOM = "Random"
GRID = "Grid"
HYPERBAND = "Hyperband"

_REDUCTION_FACTOR = 3
_STARTUP_JOBS_MAX = 10
_STARTUP_JOBS_MIN = 3


@dataclass(frozen=True)
class Suggestion:
    """Hyperparameters to try, by name; the number identifies them to the search."""

    number: int
    hyperparameters: Mapping[str, str]


class Search(Protocol):
    """A strategy at work: ask for suggestions, tell what came of them."""

    def ask(self) -> Suggestion | None:
        """What to try next; None when nothing is left."""
        ...

    def tell(self, number: int, value: float | None) -> None:
        """What a suggestion led to; None if its training job gave no objective."""
        ...

    def report(self, number: int, step: int, value: float) -> bool:
        """An intermediate value; gives whether the strategy would end the training job now."""
        ...

    def learn(self, hyperparameters: Mapping[str, str], value: float) -> None:
        """An observation from elsewhere."""
        ...

    def prefer(self, hyperparameters: Mapping[str, str]) -> None:
        """Values to try before others."""
        ...


@dataclass(frozen=True)
class SearchSettings:
    """How to search.

    Attributes:
        jobs_max: MaxNumberOfTrainingJobs.
        resource_min: Hyperband's MinResource.
        resource_max: Hyperband's MaxResource; None for the other strategies.
    """

    strategy: str
    ranges: tuple[Range, ...]
    is_minimised: bool
    seed: int | None
    jobs_max: int
    resource_min: int = 1
    resource_max: int | None = None


def start_search(settings: SearchSettings) -> Search:
    """Start the strategy."""
    if settings.strategy == GRID:
        return GridSearch(settings.ranges)
    return OptunaSearch(settings)


class GridSearch:
    """Every combination of categorical values, once."""

    def __init__(self, ranges: Sequence[Range]) -> None:
        categories = [item for item in ranges if isinstance(item, CategoricalRange)]
        self._combinations = enumerate(
            dict(zip((item.name for item in categories), values, strict=True))
            for values in itertools.product(*(item.values for item in categories))
        )

    def ask(self) -> Suggestion | None:
        """The next combination, the last range's values changing first."""
        combination = next(self._combinations, None)
        return Suggestion(*combination) if combination is not None else None

    def tell(self, number: int, value: float | None) -> None:
        """A grid learns nothing."""

    def report(self, number: int, step: int, value: float) -> bool:
        """A grid ends nothing early."""
        return False

    def learn(self, hyperparameters: Mapping[str, str], value: float) -> None:
        """A grid learns nothing."""

    def prefer(self, hyperparameters: Mapping[str, str]) -> None:
        """A grid has its order."""


class OptunaSearch:
    """Bayesian, Random and Hyperband by an Optuna study, asked and told from one thread."""

    def __init__(self, settings: SearchSettings) -> None:
        # Half a second of import, which only a tuning job has to pay.
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._optuna = optuna
        self._settings = settings
        self._ranges = {item.name: item for item in settings.ranges}
        self._space = {item.name: _distribution(optuna, item) for item in settings.ranges}
        self._trials: dict[int, Any] = {}
        self._pruned: set[int] = set()
        self._study = optuna.create_study(
            direction="minimize" if settings.is_minimised else "maximize",
            sampler=_sampler(optuna, settings),
            pruner=_pruner(optuna, settings),
        )

    def ask(self) -> Suggestion | None:
        """The next values by the sampler."""
        trial = self._study.ask(self._space)
        self._trials[trial.number] = trial
        return Suggestion(
            trial.number,
            {
                name: item.text(_from_space(item, trial.params[name]))
                for name, item in self._ranges.items()
            },
        )

    def tell(self, number: int, value: float | None) -> None:
        """Give the study the result."""
        state = self._optuna.trial.TrialState
        trial = self._trials.pop(number)
        if value is None:
            self._study.tell(trial, state=state.FAIL)
        elif number in self._pruned:
            self._study.tell(trial, state=state.PRUNED)
        else:
            self._study.tell(trial, value)

    def report(self, number: int, step: int, value: float) -> bool:
        """Give the study an intermediate value and ask its pruner."""
        trial = self._trials.get(number)
        maximum = self._settings.resource_max
        if trial is None or maximum is None:
            return False
        trial.report(value, step)
        if step >= maximum:
            return True
        if trial.should_prune():
            self._pruned.add(number)
            return True
        return False

    def learn(self, hyperparameters: Mapping[str, str], value: float) -> None:
        """Add a finished trial, if its values lie in the ranges of this study."""
        params = self._to_space(hyperparameters)
        if params is not None:
            self._study.add_trial(
                self._optuna.trial.create_trial(
                    params=params, distributions=self._space, value=value
                )
            )

    def prefer(self, hyperparameters: Mapping[str, str]) -> None:
        """Queue the values, if they lie in the ranges of this study."""
        params = self._to_space(hyperparameters)
        if params is not None:
            self._study.enqueue_trial(params, skip_if_exists=True)

    def _to_space(self, hyperparameters: Mapping[str, str]) -> dict[str, Any] | None:
        params = {}
        for name, item in self._ranges.items():
            value = item.parse(hyperparameters[name]) if name in hyperparameters else None
            if value is None:
                return None
            params[name] = _to_space(item, value)
        return params


def _sampler(optuna: Any, settings: SearchSettings) -> Any:
    if settings.strategy == RANDOM:
        return optuna.samplers.RandomSampler(seed=settings.seed)
    # Optuna would sample ten at random first, which is all of a small tuning job.
    startup = max(_STARTUP_JOBS_MIN, min(_STARTUP_JOBS_MAX, settings.jobs_max // 3))
    return optuna.samplers.TPESampler(seed=settings.seed, n_startup_trials=startup)


def _pruner(optuna: Any, settings: SearchSettings) -> Any:
    if settings.resource_max is None:
        return optuna.pruners.NopPruner()
    return optuna.pruners.HyperbandPruner(
        min_resource=settings.resource_min,
        max_resource=settings.resource_max,
        reduction_factor=_REDUCTION_FACTOR,
    )


def _distribution(optuna: Any, item: Range) -> Any:
    distributions = optuna.distributions
    if isinstance(item, CategoricalRange):
        return distributions.CategoricalDistribution(item.values)
    is_logarithmic = item.scaling == LOGARITHMIC
    if item.is_integer:
        return distributions.IntDistribution(int(item.low), int(item.high), log=is_logarithmic)
    if item.scaling == REVERSE_LOGARITHMIC:  # the distance to 1 is what is logarithmic
        return distributions.FloatDistribution(1 - item.high, 1 - item.low, log=True)
    return distributions.FloatDistribution(item.low, item.high, log=is_logarithmic)


def _from_space(item: Range, value: Any) -> Any:
    if isinstance(item, NumberRange) and item.scaling == REVERSE_LOGARITHMIC:
        return min(max(1 - value, item.low), item.high)
    return value


def _to_space(item: Range, value: Any) -> Any:
    if isinstance(item, NumberRange) and item.is_integer:
        return round(value)
    if isinstance(item, NumberRange) and item.scaling == REVERSE_LOGARITHMIC:
        return min(max(1 - value, 1 - item.high), 1 - item.low)
    return value
