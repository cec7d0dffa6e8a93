"""The emulator that serves a data directory, if one does."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATE_FILE = "emulator.json"
WHICH_IS_MEANT = (
    "If another one was meant: it is that of .emulator in the current directory, unless --data or "
    "EMULATOR_DATA names a directory."
)
_STATUS_SECONDS = 10


class NotRunning(Exception):
    """No emulator serves the data directory."""


@dataclass(frozen=True)
class Running:
    """A running emulator: its process, where it answers, and where it looks for recipes first."""

    pid: int
    url: str
    region: str
    recipe_directories: tuple[Path, ...]


def find_running(data_dir: Path) -> Running | None:
    """The emulator of a data directory, if it answers."""
    try:
        state = json.loads((data_dir / STATE_FILE).read_text())
        recipes = tuple(map(Path, state["recipes"]))
        running = Running(state["pid"], state["url"], state["region"], recipes)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    try:
        return running if describe(running)["Pid"] == running.pid else None
    except (urllib.error.URLError, OSError, ValueError, KeyError):
        return None


def require_running(data_dir: Path) -> Running:
    """The emulator of a data directory.

    Raises:
        NotRunning: There is none that answers.
    """
    running = find_running(data_dir)
    if running is None:
        raise NotRunning(
            f"No emulator serves {data_dir}. Start it: python -m emulator up --data {data_dir}\n"
            f"{WHICH_IS_MEANT}"
        )
    return running


def describe(running: Running) -> dict[str, Any]:
    """What the emulator says of itself."""
    # Not by way of a proxy: that would look for 127.0.0.1 on its own machine.
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with directly.open(f"{running.url}/_emulator/status", timeout=_STATUS_SECONDS) as answer:
        described: dict[str, Any] = json.loads(answer.read())
    return described
