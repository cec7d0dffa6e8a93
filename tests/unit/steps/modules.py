"""The steps' modules, which import each other by bare name as in a container.

Those of another folder of steps/ may have the same names, so these are known to their importers
alone.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

STEPS = Path(__file__).resolve().parents[3] / "steps"


def load(folder: str, *names: str) -> list[ModuleType]:
    """Import modules of a folder of steps/, which all import the same others."""
    directory = STEPS / folder
    with _only(directory):
        return [importlib.import_module(name) for name in names]


@contextmanager
def _only(directory: Path) -> Iterator[None]:
    """Let bare names mean this directory's modules, and forget them afterwards."""
    names = {path.stem for path in directory.glob("*.py")}
    others = {name: sys.modules.pop(name) for name in names & sys.modules.keys()}
    sys.path.insert(0, str(directory))
    try:
        yield
    finally:
        sys.path.remove(str(directory))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(others)
