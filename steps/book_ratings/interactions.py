"""Ratings as index arrays: what every model part is fitted on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interactions:
    """Who rated what, and how.

    Users are numbered 0..user_count-1 and items 0..item_count-1. Some numbers may have no rating:
    every fit treats those as unknown, and the features give the last one to ids never seen.
    """

    users: Indices
    items: Indices
    ratings: Floats
    user_count: int
    item_count: int

    def subset(self, chosen: npt.NDArray[np.bool_]) -> "Interactions":
        """The rows where `chosen` is true, with the same numbering."""
        return Interactions(
            self.users[chosen],
            self.items[chosen],
            self.ratings[chosen],
            self.user_count,
            self.item_count,
        )
