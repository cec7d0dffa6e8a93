"""Source: "How pipeline executions are processed" of the CodePipeline user guide."""

from typing import Any

from emulator.services.codepipeline.gates import arrive, enter, leave, may_enter, quit_waiting


def gate() -> dict[str, Any]:
    return {"Inside": [], "Waiting": []}


def test_only_the_newest_waits_where_executions_supersede_each_other() -> None:
    stage = gate()

    assert arrive(stage, 1, "a", "SUPERSEDED") == []
    assert arrive(stage, 3, "c", "SUPERSEDED") == ["a"]
    assert arrive(stage, 2, "b", "SUPERSEDED") == ["b"]
    assert may_enter(stage, "c", "SUPERSEDED")


def test_a_stage_is_locked_while_an_execution_is_in_it() -> None:
    stage = gate()
    arrive(stage, 1, "a", "SUPERSEDED")
    enter(stage, "a")
    arrive(stage, 2, "b", "SUPERSEDED")

    assert not may_enter(stage, "b", "SUPERSEDED")
    leave(stage, "a")
    assert may_enter(stage, "b", "SUPERSEDED")
    assert stage["Latest"] == "a"


def test_the_oldest_of_a_queue_is_next() -> None:
    stage = gate()
    for number, execution_id in ((2, "b"), (1, "a"), (3, "c")):
        assert arrive(stage, number, execution_id, "QUEUED") == []

    assert [may_enter(stage, each, "QUEUED") for each in "abc"] == [True, False, False]
    quit_waiting(stage, "a")
    assert [may_enter(stage, each, "QUEUED") for each in "abc"] == [False, True, False]


def test_parallel_executions_do_not_lock_each_other_out() -> None:
    stage = gate()
    for number, execution_id in ((1, "a"), (2, "b")):
        arrive(stage, number, execution_id, "PARALLEL")
    enter(stage, "a")

    assert may_enter(stage, "b", "PARALLEL")


def test_nobody_enters_through_a_closed_transition() -> None:
    stage = gate() | {"Transition": {"enabled": False}}
    arrive(stage, 1, "a", "PARALLEL")

    assert not may_enter(stage, "a", "PARALLEL")
