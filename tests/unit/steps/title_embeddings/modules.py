"""The modules of steps/title_embeddings and what their tests make with them."""

from types import SimpleNamespace

from tests.unit.steps.modules import STEPS as ALL_STEPS
from tests.unit.steps.modules import load

STEPS = ALL_STEPS / "title_embeddings"
# MXNet is in the image alone; what needs it is tested there.
NAMES = sorted(path.stem for path in STEPS.glob("*.py") if path.stem != "encoder")

steps = SimpleNamespace(**dict(zip(NAMES, load(STEPS.name, *NAMES), strict=True)))
BadInput = steps.faults.BadInput


def make_items(titles, groups=None, column="genre"):
    """Items with the ids 1, 2, ...; each in a group of its own unless `groups` says otherwise."""
    sets = [frozenset(each) for each in groups or [{title} for title in titles]]
    return steps.items.Items(column, tuple(range(1, len(titles) + 1)), tuple(titles), tuple(sets))
