"""Selective execution: some steps run, and those they need lend their results from before.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-selective-ex.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from emulator.engine.definition import Definition
from emulator.engine.graph import SUCCEEDED, in_order, predecessors
from emulator.errors import listed

_LENT = ("StepName", "StepDisplayName", "StepDescription", "StepStatus", "Metadata")
_LENT_PRIVATELY = ("_StepType", "_ResourceName", "_Outputs")


def selection_faults(definition: Definition, selected: Iterable[str]) -> list[str]:
    """Why these steps cannot be run by themselves: unknown, or not all of a path is selected."""
    chosen = dict.fromkeys(selected)
    names = [step.name for step in definition.steps]
    faults = [
        f"SelectedSteps: there is no step '{name}'; the pipeline has: {listed(names, ', ')}."
        for name in chosen
        if name not in names
    ]
    before = _all_before(definition)
    for name in names:
        is_between = any(name in before[other] for other in chosen if other in before) and any(
            other in before[name] for other in chosen
        )
        if is_between and name not in chosen:
            faults.append(
                f"SelectedSteps: '{name}' lies on a path between selected steps and must be"
                " selected too."
            )
    return faults


def needed(definition: Definition, selected: Iterable[str]) -> tuple[str, ...]:
    """The steps that are not selected but whose results the selected ones need."""
    chosen = set(selected)
    before = {
        name: predecessors(step) for step in definition.steps if (name := step.name) in chosen
    }
    return tuple(dict.fromkeys(n for names in before.values() for n in names if n not in chosen))


def lent(
    document: Mapping[str, Any] | None, step_name: str, source_arn: str, now: float
) -> tuple[dict[str, Any] | None, str | None]:
    """A step's document in a new execution, lent from the source execution; or the fault."""
    if document is None or document["StepStatus"] != SUCCEEDED:
        status = "did not run" if document is None else f"is {document['StepStatus']}"
        return None, (
            f"SelectiveExecutionConfig: step '{step_name}' is needed, but it {status} in"
            f" {source_arn}."
        )
    taken = {key: document[key] for key in (*_LENT, *_LENT_PRIVATELY) if key in document}
    result = {"SelectiveExecutionResult": {"SourcePipelineExecutionArn": source_arn}}
    return {**taken, **result, "StartTime": now, "EndTime": now}, None


def _all_before(definition: Definition) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for step in in_order(definition):
        direct = predecessors(step)
        found[step.name] = set(direct).union(*(found[name] for name in direct))
    return found
