from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from emulator.context import Context, Settings, Workers
from emulator.services.events.buses import ensure_default_bus
from emulator.store import Store


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def context(tmp_path: Path, clock: Clock) -> Iterator[Context]:
    """An emulator of nothing but a store with the default bus."""
    store = Store(tmp_path / "store.sqlite")
    nothing = cast(Any, None)
    settings = Settings("us-east-1", "123456789012", tmp_path, tmp_path, "http://127.0.0.1:1")
    context = Context(settings, store, nothing, nothing, nothing, Workers(), clock)
    ensure_default_bus(context)
    yield context
    store.close()
