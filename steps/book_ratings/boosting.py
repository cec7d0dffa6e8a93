"""XGBoost, loaded quickly and asked for the same bits each time."""

import os
import sys
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

BOOSTER_FILE = "xgboost-model.ubj"


def load_xgboost() -> ModuleType:
    """The xgboost module, imported without its optional scikit-learn part.

    That part imports scikit-learn, pandas and scipy.stats: 2 s of the 2.5 s that the import takes
    where they are installed, in every tuning job. Nothing here uses it.

    OpenMP reads its wait policy when xgboost loads it. Threads that spin while they wait make
    two trainings on two cores take 17 s instead of 3 s, so they sleep unless told otherwise.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if "xgboost" not in sys.modules and "sklearn" not in sys.modules:
        sys.modules["sklearn"] = None  # type: ignore[assignment]  # makes `import sklearn` fail
        try:
            import xgboost
        finally:
            del sys.modules["sklearn"]
        return xgboost
    import xgboost

    return xgboost


def predict(booster: Any, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """One prediction a row, straight from the array: no DMatrix is built."""
    return booster.inplace_predict(features, validate_features=False)
