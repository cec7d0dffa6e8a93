"""The modules of steps/title_embeddings, which import each other by bare name as in a container.

Other steps have modules of the same names, so these are kept out of `sys.modules`.
"""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

STEPS = Path(__file__).resolve().parents[4] / "steps/title_embeddings"
# MXNet is in the image alone; what needs it is tested there.
NAMES = sorted(path.stem for path in STEPS.glob("*.py") if path.stem != "encoder")


def _load() -> SimpleNamespace:
    before = {name: sys.modules.pop(name) for name in NAMES if name in sys.modules}
    sys.path.insert(0, str(STEPS))
    try:
        return SimpleNamespace(**{name: importlib.import_module(name) for name in NAMES})
    finally:
        sys.path.remove(str(STEPS))
        for name in NAMES:
            sys.modules.pop(name, None)
        sys.modules.update(before)


steps = _load()
BadInput = steps.faults.BadInput


def make_items(titles, groups=None, column="genre"):
    """Items with the ids 1, 2, ...; each in a group of its own unless `groups` says otherwise."""
    sets = [frozenset(each) for each in groups or [{title} for title in titles]]
    return steps.items.Items(column, tuple(range(1, len(titles) + 1)), tuple(titles), tuple(sets))
