"""What parent tuning jobs have observed.

With IdenticalDataAndAlgorithm the parents' objectives hold for the new job too: they become
observations of its search. With TransferLearning the data differ, so that only what worked best
is carried over: it is tried first.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.services.sagemaker.jobs import lifecycle
from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.sagemaker.jobs.kinds import TUNING
from emulator.services.sagemaker.tuning.plans import Plan
from emulator.services.sagemaker.tuning.search import GRID, HYPERBAND, Search
from emulator.services.sagemaker.tuning.summaries import (
    Summary,
    best_of,
    objective_value,
    summaries_of,
)

IDENTICAL = "IdenticalDataAndAlgorithm"


def check_warm_start(
    context: Context, request: Mapping[str, Any], plan: Plan, faults: Faults
) -> None:
    """Parents have to exist, to have ended, and to have had the same objective."""
    config = request.get("WarmStartConfig")
    if config is None:
        return
    if plan.strategy in (GRID, HYPERBAND):
        faults.add(f"WarmStartConfig cannot be used with the {plan.strategy} strategy")
    if len(plan.definitions) > 1:
        faults.add("WarmStartConfig cannot be used with several TrainingJobDefinitions")
    for name in _parent_names(config):
        _check_parent(context, name, plan, faults)


def _check_parent(context: Context, name: str, plan: Plan, faults: Faults) -> None:
    parent = context.store.get(TUNING.noun, name)
    if parent is None:
        faults.add(f"WarmStartConfig: there is no tuning job '{name}'")
        return
    if not lifecycle.is_terminal(TUNING, parent):
        faults.add(
            f"WarmStartConfig: tuning job '{name}' is {parent[TUNING.status_key]}; a parent must "
            "have ended"
        )
    theirs = parent["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective")
    ours = plan.definitions[0].objective
    if theirs is not None and dict(theirs) != dict(ours):
        faults.add(
            f"WarmStartConfig: the objective of tuning job '{name}' is {theirs['Type']} "
            f"{theirs['MetricName']}; it must be the same as here: {ours['Type']} "
            f"{ours['MetricName']}"
        )


def _parent_names(config: Mapping[str, Any]) -> list[str]:
    return [
        parent["HyperParameterTuningJobName"]
        for parent in config["ParentHyperParameterTuningJobs"]
        if "HyperParameterTuningJobName" in parent
    ]


def parent_summaries(context: Context, document: Mapping[str, Any]) -> list[list[Summary]]:
    """The training jobs of each parent."""
    config = document.get("WarmStartConfig")
    parents = (
        context.store.get(TUNING.noun, name) for name in (_parent_names(config) if config else ())
    )
    return [summaries_of(context, parent) for parent in parents if parent is not None]


def start_warm(
    document: Mapping[str, Any], parents: Sequence[Sequence[Summary]], search: Search
) -> None:
    """Hand the parents' experience to a search."""
    if document.get("WarmStartConfig", {}).get("WarmStartType") == IDENTICAL:
        for summary in (summary for parent in parents for summary in parent):
            value = objective_value(summary)
            if value is not None:
                search.learn(summary["TunedHyperParameters"], value)
        return
    for parent in parents:
        best = best_of(parent)
        if best is not None:
            search.prefer(best["TunedHyperParameters"])
