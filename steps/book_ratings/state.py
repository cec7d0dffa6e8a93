"""The fitted state on disk: `fit.npz` (numbers) and `catalogue.json` (ids and titles).

Both files depend on their content alone: no times, no pickles.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from factors import Factors
from features import Fit
from interactions import Indices
from neighbours import Neighbours

FIT_FILE = "fit.npz"
CATALOGUE_FILE = "catalogue.json"


@dataclass(frozen=True)
class Catalogue:
    """The ids behind the indices of a fit; one index beyond them stands for every unknown id."""

    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    titles: Mapping[str, str]

    def user_indices(self, ids: Sequence[str]) -> Indices:
        """Index of each user id; unknown ones get the index after the last."""
        return _indices(self._user_places, ids)

    def item_indices(self, ids: Sequence[str]) -> Indices:
        """Index of each item id; unknown ones get the index after the last."""
        return _indices(self._item_places, ids)

    @cached_property
    def has_integer_items(self) -> bool:
        """Whether every item id is an integer written the usual way."""
        return all(re.fullmatch(r"0|-?[1-9][0-9]{0,17}", name) for name in self.item_ids)

    @cached_property
    def _user_places(self) -> dict[str, int]:
        return {identifier: place for place, identifier in enumerate(self.user_ids)}

    @cached_property
    def _item_places(self) -> dict[str, int]:
        return {identifier: place for place, identifier in enumerate(self.item_ids)}


def save_state(fit: Fit, catalogue: Catalogue, directory: Path) -> None:
    """Writes both files into an existing directory."""
    numbers = {name: value for name, value in asdict(fit).items() if not isinstance(value, dict)}
    for part in ("factors", "neighbours"):
        fields = asdict(getattr(fit, part)).items()
        numbers |= {f"{part}.{name}": value for name, value in fields}
    np.savez(directory / FIT_FILE, **numbers)
    content = {
        "users": catalogue.user_ids,
        "items": catalogue.item_ids,
        "titles": dict(sorted(catalogue.titles.items())),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    (directory / CATALOGUE_FILE).write_text(text, encoding="utf-8")


def load_state(directory: Path) -> tuple[Fit, Catalogue]:
    """Reads what save_state wrote.

    Raises:
        FileNotFoundError: a file is missing.
    """
    with np.load(directory / FIT_FILE, allow_pickle=False) as file:
        numbers = {name: file[name] for name in file.files}
    fit = Fit(
        **{name: float(numbers[name]) for name in ("mean", "lowest", "highest")},
        **{name: numbers[name] for name in ("user_effects", "item_effects")},
        factors=Factors(**_part(numbers, "factors")),
        neighbours=Neighbours(**_part(numbers, "neighbours")),
    )
    content = json.loads((directory / CATALOGUE_FILE).read_text(encoding="utf-8"))
    catalogue = Catalogue(tuple(content["users"]), tuple(content["items"]), content["titles"])
    return fit, catalogue


def _part(numbers: Mapping[str, Any], part: str) -> dict[str, Any]:
    fields = {
        name.removeprefix(f"{part}."): value
        for name, value in numbers.items()
        if name.startswith(f"{part}.")
    }
    return {name: float(value) if value.ndim == 0 else value for name, value in fields.items()}


def _indices(places: Mapping[str, int], ids: Sequence[str]) -> Indices:
    unknown = len(places)
    return np.fromiter((places.get(name, unknown) for name in ids), np.int64, len(ids))
