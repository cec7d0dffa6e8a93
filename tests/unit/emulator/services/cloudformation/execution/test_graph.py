"""Work in the order of dependencies, and in parallel where they allow it."""

import threading
from types import SimpleNamespace

from emulator.context import Workers
from emulator.services.cloudformation.execution.graph import reversed_graph, run

CONTEXT = SimpleNamespace(workers=Workers())
GRAPH = {"c": {"a", "b"}, "a": set(), "b": set(), "d": {"c"}}


def test_each_is_begun_once_all_that_it_needs_is_done():
    order = []

    outcome = run(CONTEXT, GRAPH, lambda name: order.append(name) is None)

    assert sorted(order[:2]) == ["a", "b"]
    assert order[2:] == ["c", "d"]
    assert outcome.failed == []


def test_what_does_not_need_each_other_runs_at_the_same_time():
    both = threading.Barrier(2, timeout=10)

    def meet(_):
        both.wait()
        return True

    assert sorted(run(CONTEXT, {"a": set(), "b": set()}, meet).done) == ["a", "b"]


def test_what_depends_on_a_failure_is_not_begun_and_the_rest_is():
    begun = []

    def work(name):
        begun.append(name)
        return name != "a"

    outcome = run(CONTEXT, {**GRAPH, "e": {"b"}}, work)

    assert outcome.failed == ["a"]
    assert sorted(outcome.done) == ["b", "e"]
    assert sorted(begun) == ["a", "b", "e"]


def test_nothing_is_begun_once_that_is_not_allowed():
    stopped = threading.Event()

    def work(_):
        stopped.set()
        return True

    outcome = run(CONTEXT, {"a": set(), "b": {"a"}}, work, may_start=lambda: not stopped.is_set())

    assert outcome.done == ["a"]


def test_an_error_of_the_work_is_a_failure(caplog):
    def work(_):
        raise RuntimeError("a fault")

    assert run(CONTEXT, {"a": set()}, work).failed == ["a"]


def test_what_is_taken_down_first_is_what_nothing_needs():
    assert reversed_graph(GRAPH) == {"a": {"c"}, "b": {"c"}, "c": {"d"}, "d": set()}
