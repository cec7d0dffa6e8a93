"""Whose turn it is: a project's builds wait when as many run as concurrentBuildLimit allows."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emulator.context import Context
from emulator.services.codebuild.handles import Handle, Stopped, TimedOut

_LOOK_AGAIN_SECONDS = 0.2

_changed = threading.Condition()
_queues: dict[tuple[Path, str], list[str]] = defaultdict(list)


def join(context: Context, project_name: str, build_id: str) -> None:
    """Put a build at the end of its project's queue; the first ones of it run."""
    with _changed:
        _queues[context.settings.data_dir, project_name].append(build_id)


@contextmanager
def turn(
    context: Context,
    project_name: str,
    build_id: str,
    limit: int | None,
    timeout_seconds: float,
    handle: Handle,
) -> Iterator[None]:
    """Wait until a build that has joined may run, and give its place away afterwards.

    Raises:
        TimedOut: It waited for too long.
        Stopped: It was asked to stop.
    """
    queue = _queues[context.settings.data_dir, project_name]
    deadline = time.monotonic() + timeout_seconds
    try:
        with _changed:
            while limit is not None and queue.index(build_id) >= limit:
                if handle.stop_requested.is_set():
                    raise Stopped
                if time.monotonic() > deadline:
                    raise TimedOut
                _changed.wait(_LOOK_AGAIN_SECONDS)
        yield
    finally:
        with _changed:
            queue.remove(build_id)
            _changed.notify_all()
