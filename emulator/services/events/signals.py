"""How the threads of delivery and of schedules are woken and ended."""

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field

from emulator.context import Context
from emulator.store import Store


@dataclass
class Signals:
    """What the threads of one emulator wait for.

    Attributes:
        events_waiting: There may be something to deliver. Whoever sets it within a transaction may
            do so before the end: the thread then waits for the store.
        rules_changed: Another rule may be due next.
        is_stopping: The emulator ends.
        ends: Set by each thread when it has ended.
    """

    events_waiting: threading.Event = field(default_factory=threading.Event)
    rules_changed: threading.Event = field(default_factory=threading.Event)
    is_stopping: bool = False
    ends: list[threading.Event] = field(default_factory=list)


_SIGNALS: weakref.WeakKeyDictionary[Store, Signals] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()
_LONGEST_END_SECONDS = 2.0


def signals_of(context: Context) -> Signals:
    """The signals of the emulator."""
    with _LOCK:
        return _SIGNALS.setdefault(context.store, Signals())


def start(context: Context, name: str, run: Callable[[Context], None]) -> None:
    """Let the function run in a thread until ``stop``, which it has to heed."""
    end = threading.Event()
    signals_of(context).ends.append(end)

    def work() -> None:
        try:
            run(context)
        finally:
            end.set()

    context.workers.start(name, work)


def stop(context: Context) -> None:
    """Let the threads end, and give them a moment for what they are at."""
    signals = signals_of(context)
    signals.is_stopping = True
    signals.events_waiting.set()
    signals.rules_changed.set()
    for end in signals.ends:
        end.wait(_LONGEST_END_SECONDS)
