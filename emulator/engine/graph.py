"""What waits for what, and what each outcome lets run.

A step waits for the steps it names in DependsOn, for those whose properties it reads and, within
a branch, for its Condition step.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.engine.definition import Condition, Definition, Dependency, Step
from emulator.engine.references import STEPS, Reference, references

SUCCEEDED, FAILED, STOPPED = "Succeeded", "Failed", "Stopped"
ENDED = (SUCCEEDED, FAILED, STOPPED)
READY, WAITING, NEVER = "ready", "waiting", "never"

_ACCEPTED: Mapping[str, tuple[str, ...]] = {
    "Completed": (SUCCEEDED,),
    "Failed": (FAILED,),
    "Stopped": (STOPPED,),
    "Any": ENDED,
}


@dataclass(frozen=True)
class Node:
    """A step and what it waits for, found once: an execution asks for it at every change."""

    step: Step
    waits_for: tuple[Dependency, ...]


def expressions_of(step: Step) -> list[Any]:
    """The JSON values of a step in which expressions may stand."""
    operands = [operand for inner in _flat(step.conditions) for operand in inner.operands]
    return [step.arguments, step.target, *operands]


def step_references(step: Step) -> Iterator[Reference]:
    """Every reference in the step to another step."""
    for reference in references(expressions_of(step)):
        if reference.root == STEPS:
            yield reference


def dependencies(step: Step) -> tuple[Dependency, ...]:
    """What the step waits for: DependsOn first, then the steps that it reads from.

    A trigger in DependsOn holds for a step that is read from as well.
    """
    found = {dependency.step: dependency for dependency in step.depends_on}
    for reference in step_references(step):
        found.setdefault(reference.name, Dependency(reference.name))
    return tuple(found.values())


def predecessors(step: Step) -> tuple[str, ...]:
    """The names of the steps that must end before the step can run."""
    names = [dependency.step for dependency in dependencies(step)]
    return (*names, step.branch.condition_step) if step.branch else tuple(names)


def find_cycle(definition: Definition) -> tuple[str, ...] | None:
    """Steps that wait for each other in a ring, the first one again at the end; or None."""
    before = {step.name: predecessors(step) for step in definition.steps}
    done: set[str] = set()
    for start in before:
        trail = [start]
        while trail and start not in done:
            waits_for = next((name for name in before[trail[-1]] if name not in done), None)
            if waits_for is None:
                done.add(trail.pop())
            elif waits_for in trail:
                return tuple(reversed((*trail[trail.index(waits_for) :], waits_for)))
            elif waits_for in before:
                trail.append(waits_for)
            else:
                done.add(waits_for)
    return None


def in_order(definition: Definition) -> tuple[Step, ...]:
    """The steps, each behind all that it waits for; the definition must have no cycle."""
    by_name = {step.name: step for step in definition.steps}
    ordered: dict[str, Step] = {}
    pending = list(reversed(definition.steps))
    while pending:
        step = pending[-1]
        missing = [by_name[name] for name in predecessors(step) if name not in ordered]
        if missing:
            pending.extend(reversed(missing))
        else:
            ordered.setdefault(step.name, step)
            pending.pop()
    return tuple(ordered.values())


def nodes(definition: Definition) -> tuple[Node, ...]:
    """The steps in order with what they wait for; the definition must have no cycle."""
    return tuple(Node(step, dependencies(step)) for step in in_order(definition))


def dispositions(
    ordered: tuple[Node, ...], statuses: Mapping[str, str], outcomes: Mapping[str, bool]
) -> dict[str, str]:
    """For each step its status if it has one, else whether it is ready, waiting or never to run.

    Args:
        ordered: The steps as `nodes` gives them.
        statuses: The StepStatus of each step that was started.
        outcomes: The outcome of each Condition step that has ended.
    """
    found: dict[str, str] = {}
    for node in ordered:
        name = node.step.name
        found[name] = statuses.get(name) or _disposition(node, found, outcomes)
    return found


def _disposition(node: Node, known: Mapping[str, str], outcomes: Mapping[str, bool]) -> str:
    gates = [
        _gate(known[dependency.step], _ACCEPTED[dependency.trigger])
        for dependency in node.waits_for
    ]
    branch = node.step.branch
    if branch:
        gate = _gate(known[branch.condition_step], (SUCCEEDED,))
        is_taken = outcomes.get(branch.condition_step, branch.outcome) == branch.outcome
        gates.append(gate if is_taken else NEVER)
    return next((gate for gate in (NEVER, WAITING) if gate in gates), READY)


def _gate(state: str, accepted: tuple[str, ...]) -> str:
    if state in ENDED:
        return READY if state in accepted else NEVER
    return NEVER if state == NEVER else WAITING


def _flat(conditions: tuple[Condition, ...]) -> Iterator[Condition]:
    for condition in conditions:
        yield condition
        yield from _flat(condition.conditions)
