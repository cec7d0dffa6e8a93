"""Work that is done at the same time and waited for."""

import threading
from collections.abc import Callable, Mapping

from emulator.context import Context
from emulator.store import Missing


def run_together(context: Context, tasks: Mapping[str, Callable[[], object]]) -> None:
    """Run tasks by their names, each in a thread, and wait for all of them.

    A task ends quietly if what it works on was deleted.
    """
    done = threading.Semaphore(0)

    def run(task: Callable[[], object]) -> None:
        try:
            task()
        except Missing:
            return
        finally:
            done.release()

    all_tasks = list(tasks.items())
    for name, task in all_tasks[1:]:
        context.workers.start(name, run, task)
    for _, task in all_tasks[:1]:  # this thread has nothing else to do
        run(task)
    for _ in all_tasks:
        done.acquire()
