"""A CreateHyperParameterTuningJob request as frozen data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.services.sagemaker.jobs.built_in_metrics import metric_definitions
from emulator.services.sagemaker.jobs.checks import Faults, duplicates
from emulator.services.sagemaker.tuning.completion import Criteria
from emulator.services.sagemaker.tuning.ranges import CategoricalRange, Range, parse_ranges
from emulator.services.sagemaker.tuning.search import GRID, HYPERBAND, SearchSettings

# Source: API_HyperbandStrategyConfig.
_RESOURCE_KEYS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")
_UNLIMITED_JOBS = 1_000_000


@dataclass(frozen=True)
class Definition:
    """One TrainingJobDefinition: what to train and what to vary.

    Attributes:
        name: DefinitionName; None for the only one.
        objective: Type and MetricName, as the API spells them.
        request: The definition as it was given.
    """

    name: str | None
    objective: Mapping[str, str]
    ranges: tuple[Range, ...]
    request: Mapping[str, Any]

    @property
    def is_minimised(self) -> bool:
        """Whether less is better."""
        return self.objective["Type"] == "Minimize"

    @property
    def static(self) -> Mapping[str, str]:
        """StaticHyperParameters."""
        found: Mapping[str, str] = self.request.get("StaticHyperParameters", {})
        return found


@dataclass(frozen=True)
class Plan:
    """All that a tuning job has to do.

    Attributes:
        jobs_max: How many training jobs it may start.
        parallel_max: How many of them may run at a time.
        runtime_seconds: None for no limit.
    """

    strategy: str
    definitions: tuple[Definition, ...]
    jobs_max: int
    parallel_max: int
    runtime_seconds: float | None
    seed: int | None
    criteria: Criteria
    stops_early: bool
    resource_min: int = 1
    resource_max: int | None = None

    def search_settings(self, index: int) -> SearchSettings:
        """How to search for the definition of that index."""
        definition = self.definitions[index]
        return SearchSettings(
            strategy=self.strategy,
            ranges=definition.ranges,
            is_minimised=definition.is_minimised,
            seed=None if self.seed is None else self.seed + index,
            jobs_max=self.jobs_max,
            resource_min=self.resource_min,
            resource_max=self.resource_max,
        )


def read_plan(request: Mapping[str, Any], faults: Faults) -> Plan | None:
    """Read the request; None when its faults leave nothing to plan."""
    config = request["HyperParameterTuningJobConfig"]
    if request.get("Autotune"):
        faults.add_unsupported("Autotune is not supported by the emulator")
    definitions = _definitions(request, config, faults)
    if not definitions:
        return None
    strategy = config["Strategy"]
    jobs_max = _jobs_max(strategy, config["ResourceLimits"], definitions, faults)
    resource = _hyperband_resource(strategy, config, definitions, faults)
    criteria = config.get("TuningJobCompletionCriteria", {})
    convergence = criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence")
    return Plan(
        strategy=strategy,
        definitions=tuple(definitions),
        jobs_max=jobs_max,
        parallel_max=config["ResourceLimits"]["MaxParallelTrainingJobs"],
        runtime_seconds=config["ResourceLimits"].get("MaxRuntimeInSeconds"),
        seed=config.get("RandomSeed"),
        criteria=Criteria(
            is_minimised=definitions[0].is_minimised,
            target=criteria.get("TargetObjectiveMetricValue"),
            not_improving_max=criteria.get("BestObjectiveNotImproving", {}).get(
                "MaxNumberOfTrainingJobsNotImproving"
            ),
            completes_on_convergence=convergence == "Enabled",
        ),
        stops_early=config.get("TrainingJobEarlyStoppingType") == "Auto",
        resource_min=resource[0],
        resource_max=resource[1],
    )


def _definitions(
    request: Mapping[str, Any], config: Mapping[str, Any], faults: Faults
) -> list[Definition]:
    single, several = request.get("TrainingJobDefinition"), request.get("TrainingJobDefinitions")
    if (single is None) == (several is None):
        faults.add("Specify exactly one of TrainingJobDefinition and TrainingJobDefinitions")
        return []
    if single is not None:
        where = "TrainingJobDefinition"
        ranges = config.get("ParameterRanges") or single.get("HyperParameterRanges")
        objective = config.get("HyperParameterTuningJobObjective") or single.get("TuningObjective")
        found = [_definition(single, ranges, objective, where, config, faults)]
        return [definition for definition in found if definition is not None]
    names = [definition.get("DefinitionName", "") for definition in several or ()]
    if "" in names:
        faults.add("TrainingJobDefinitions: each needs a DefinitionName")
    if twice := duplicates(names):
        faults.add(f"TrainingJobDefinitions: DefinitionName must be unique: [{', '.join(twice)}]")
    found = [
        _definition(
            definition,
            definition.get("HyperParameterRanges"),
            definition.get("TuningObjective"),
            f"TrainingJobDefinition '{definition.get('DefinitionName', '')}'",
            config,
            faults,
        )
        for definition in several or ()
    ]
    return [definition for definition in found if definition is not None]


def _definition(
    request: Mapping[str, Any],
    parameter_ranges: Mapping[str, Any] | None,
    objective: Mapping[str, str] | None,
    where: str,
    config: Mapping[str, Any],
    faults: Faults,
) -> Definition | None:
    ranges = parse_ranges(parameter_ranges or {}, where, faults)
    if not ranges:
        faults.add(f"{where}: at least one hyperparameter range is required")
    static = request.get("StaticHyperParameters", {})
    names = [item.name for item in ranges]
    if twice := duplicates([*names, *static]):
        faults.add(
            f"{where}: a hyperparameter can be given once, as a range or as a static value: "
            f"[{', '.join(twice)}]"
        )
    if config["Strategy"] == GRID and any(
        not isinstance(item, CategoricalRange) for item in ranges
    ):
        faults.add(f"{where}: the Grid strategy takes CategoricalParameterRanges only")
    if objective is None:
        faults.add(f"{where}: an objective is required (HyperParameterTuningJobObjective)")
        return None
    _check_objective(request, objective, where, faults)
    return Definition(
        name=request.get("DefinitionName"),
        objective={"Type": objective["Type"], "MetricName": objective["MetricName"]},
        ranges=tuple(ranges),
        request=request,
    )


def _check_objective(
    request: Mapping[str, Any], objective: Mapping[str, str], where: str, faults: Faults
) -> None:
    algorithm = request["AlgorithmSpecification"]
    definitions = algorithm.get("MetricDefinitions") or metric_definitions(
        algorithm.get("TrainingImage", ""), request.get("StaticHyperParameters", {})
    )
    names = [definition["Name"] for definition in definitions]
    if objective["MetricName"] not in names:
        faults.add(
            f"{where}: the objective metric '{objective['MetricName']}' is none of the "
            f"MetricDefinitions: {', '.join(names) or 'there are none'}"
        )


def _jobs_max(
    strategy: str,
    limits: Mapping[str, int],
    definitions: list[Definition],
    faults: Faults,
) -> int:
    given = limits.get("MaxNumberOfTrainingJobs")
    if strategy != GRID:
        if given is None and "MaxRuntimeInSeconds" not in limits:
            faults.add("ResourceLimits: MaxNumberOfTrainingJobs or MaxRuntimeInSeconds is required")
        return given or _UNLIMITED_JOBS
    # Source: "Grid search" in "How hyperparameter tuning works": the number of training jobs is
    # the number of combinations, and if it is given it has to be that.
    combinations = sum(
        math.prod(len(item.values) for item in definition.ranges if hasattr(item, "values"))
        for definition in definitions
    )
    if given is not None and given != combinations:
        faults.add(
            f"ResourceLimits: with the Grid strategy MaxNumberOfTrainingJobs is the number of "
            f"combinations, {combinations}, got {given}"
        )
    return combinations


def _hyperband_resource(
    strategy: str,
    config: Mapping[str, Any],
    definitions: list[Definition],
    faults: Faults,
) -> tuple[int, int | None]:
    """Hyperband's MinResource and MaxResource."""
    if strategy != HYPERBAND:
        return 1, None
    if config.get("TrainingJobEarlyStoppingType") == "Auto":
        faults.add("TrainingJobEarlyStoppingType must be Off with the Hyperband strategy")
    given = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
    low, high = given.get("MinResource", 1), given.get("MaxResource")
    for key in _RESOURCE_KEYS:
        text = definitions[0].static.get(key, "").strip('"')
        if high is None and text.isdigit():
            high = int(text)
    if high is None:
        faults.add(
            "MaxResource parameter is not provided and could not be inferred from provided static "
            "hyperparameters of TrainingJobDefinition. Give HyperbandStrategyConfig.MaxResource, "
            f"or one of these: {', '.join(_RESOURCE_KEYS)}"
        )
        return low, low
    if low > high:
        faults.add(f"HyperbandStrategyConfig: MinResource {low} is greater than MaxResource {high}")
        return low, low
    return low, high
