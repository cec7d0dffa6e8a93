from typing import Any

from emulator.engine.definition import Branch, Condition, Definition, Dependency, Step
from emulator.engine.graph import dependencies, dispositions, find_cycle, in_order, nodes


def step(name: str, *depends_on: Any, reads: str | None = None, branch: Any = None) -> Step:
    found = [Dependency(d) if isinstance(d, str) else Dependency(*d) for d in depends_on]
    arguments = {"x": {"Get": f"Steps.{reads}.Arn"}} if reads else {}
    return Step(name, "Fail", arguments, tuple(found), branch=branch)


def found(*steps: Step, **statuses: str) -> dict[str, str]:
    outcomes = {"Yes": True, "No": False}
    return dispositions(nodes(Definition((), steps)), statuses, outcomes)


def test_what_a_step_reads_it_waits_for() -> None:
    condition = Condition("Not", conditions=(Condition("Equals", ({"Get": "Steps.A.X"}, 1)),))
    waiting = Step("B", "Condition", conditions=(condition,))

    assert dependencies(waiting) == (Dependency("A"),)
    assert dependencies(step("B", ("A", "Any"), reads="A")) == (Dependency("A", "Any"),)


def test_a_step_stands_behind_all_it_waits_for() -> None:
    definition = Definition(
        (), (step("C", "B"), step("B", reads="A"), step("A"), step("D", branch=Branch("C", True)))
    )

    assert [one.name for one in in_order(definition)] == ["A", "B", "C", "D"]
    assert find_cycle(definition) is None


def test_a_long_chain_is_no_deep_recursion() -> None:
    steps = [step("S0"), *(step(f"S{n}", f"S{n - 1}") for n in range(1, 3_000))]
    definition = Definition((), tuple(reversed(steps)))

    assert find_cycle(definition) is None
    assert in_order(definition)[-1].name == "S2999"


def test_a_step_is_ready_when_all_it_waits_for_succeeded() -> None:
    steps = (step("A"), step("B"), step("C", "A", "B"))

    assert found(*steps)["C"] == "waiting"
    assert found(*steps, A="Succeeded", B="Executing")["C"] == "waiting"
    assert found(*steps, A="Succeeded", B="Succeeded")["C"] == "ready"


def test_a_failure_reaches_everything_behind_it() -> None:
    steps = (step("A"), step("B", "A"), step("C", "B"))

    assert found(*steps, A="Failed") == {"A": "Failed", "B": "never", "C": "never"}
    assert found(*steps, A="Stopped")["C"] == "never"


def test_each_trigger_lets_its_own_outcome_through() -> None:
    steps = (
        step("A"),
        *(step(t, ("A", t)) for t in ("Completed", "Failed", "Stopped", "Any")),
    )

    def ready(status: str) -> set[str]:
        return {name for name, state in found(*steps, A=status).items() if state == "ready"}

    assert ready("Succeeded") == {"Completed", "Any"}
    assert ready("Failed") == {"Failed", "Any"}
    assert ready("Stopped") == {"Stopped", "Any"}


def test_only_the_branch_that_was_taken_runs_and_what_is_behind_the_other_never_does() -> None:
    steps = (
        step("Yes"),
        step("If", branch=Branch("Yes", True)),
        step("Else", branch=Branch("Yes", False)),
        step("BehindIf", "If"),
        step("BehindElse", ("Else", "Any")),
    )

    assert found(*steps)["If"] == "waiting"
    states = found(*steps, Yes="Succeeded")
    assert (states["If"], states["Else"]) == ("ready", "never")
    assert (states["BehindIf"], states["BehindElse"]) == ("waiting", "never")


def test_a_branch_within_a_branch_that_is_not_taken_never_runs() -> None:
    steps = (
        step("No"),
        step("Inner", branch=Branch("No", True)),
        step("Leaf", branch=Branch("Inner", True)),
    )

    assert found(*steps, No="Succeeded")["Leaf"] == "never"
