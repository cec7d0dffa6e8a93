"""The nearest rows of a matrix of unit vectors."""

from __future__ import annotations

from typing import Any

import numpy as np


def nearest(similarities: Any, count: int) -> Any:
    """The places of the largest values, largest first; of equal ones the first place first.

    Values of minus infinity are not given, so there may be fewer than `count`.
    """
    count = min(count, len(similarities))
    # The ties at the border count too: argpartition alone takes any of them.
    border = np.partition(similarities, len(similarities) - count)[len(similarities) - count]
    candidates = np.flatnonzero((similarities >= border) & (similarities > -np.inf))
    order = np.argsort(-similarities[candidates], kind="stable")
    return candidates[order][:count]
