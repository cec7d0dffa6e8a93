"""Work in the order of dependencies, what does not depend on each other at the same time."""

import queue
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from emulator.context import Context

# As many as a client of boto3 keeps connections for.
_AT_ONCE = 10


@dataclass
class Outcome:
    """What came of the work: names of what is done and of what failed, in that order of time."""

    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def ended(self) -> set[str]:
        """All that was worked on."""
        return {*self.done, *self.failed}


def run(
    context: Context,
    dependencies: Mapping[str, Iterable[str]],
    work: Callable[[str], bool],
    *,
    may_start: Callable[[], bool] = lambda: True,
) -> Outcome:
    """Work on each name in a thread of its own, once all that it depends on is done.

    ``work`` gives whether it succeeded and raises nothing. What depends on a failure is not begun;
    nothing is begun any more when ``may_start`` says so, and what was begun is waited for.
    """
    waiting = {name: set(needed) & set(dependencies) for name, needed in dependencies.items()}
    outcome, results = Outcome(), queue.SimpleQueue[tuple[str, bool]]()
    running = 0
    while True:
        done = set(outcome.done)
        ready = [name for name, needed in waiting.items() if needed <= done] if may_start() else []
        for name in ready[: _AT_ONCE - running]:
            del waiting[name]
            running += 1
            context.workers.start(f"cloudformation {name}", _report, name, work, results)
        if not running:
            return outcome
        name, is_done = results.get()
        running -= 1
        (outcome.done if is_done else outcome.failed).append(name)


def _report(
    name: str, work: Callable[[str], bool], results: "queue.SimpleQueue[tuple[str, bool]]"
) -> None:
    is_done = False
    try:
        is_done = work(name)
    finally:
        results.put((name, is_done))


def reversed_graph(dependencies: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """What is needed first when all is taken down: that which depends on it."""
    found: dict[str, set[str]] = {name: set() for name in dependencies}
    for name, needed in dependencies.items():
        for each in needed:
            if each in found:
                found[each].add(name)
    return found
