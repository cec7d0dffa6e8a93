"""Operations that are told to end: by their time, or by somebody."""

import threading
from types import SimpleNamespace

from emulator.context import Workers
from emulator.services.cloudformation.execution import running

STORE = SimpleNamespace(get=lambda kind, name: {"StackId": name})
CONTEXT = SimpleNamespace(workers=Workers(), store=STORE)
WAIT_SECONDS = 10


def started(stack_id, timeout_minutes=None):
    """Start an operation that waits until it is told to end; gives what it was told."""
    told: list[running.Operation] = []
    ended = threading.Event()

    def work(_context, _stack_id, operation):
        operation.cancelled.wait(WAIT_SECONDS)
        told.append(operation)
        ended.set()

    running.start(CONTEXT, stack_id, work, timeout_minutes)
    return told, ended


def test_an_operation_ends_when_its_time_is_over():
    told, ended = started("a", timeout_minutes=0.001)

    assert ended.wait(WAIT_SECONDS)
    assert told[0].timed_out.is_set()
    assert not told[0].asked.is_set()


def test_an_operation_ends_when_somebody_asks():
    told, ended = started("b")

    running.ask_to_end(CONTEXT, "b")

    assert ended.wait(WAIT_SECONDS)
    assert told[0].asked.is_set()
    assert not told[0].timed_out.is_set()
