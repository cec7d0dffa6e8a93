"""Loads boosters and predicts with as little as possible around XGBoost's own work."""

import ctypes
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from xgboost.core import _LIB, _check_call


def load_boosters(model_dir: Path) -> list[xgb.Booster]:
    """Load every model file of the directory, as AWS's image does, which averages them.

    Raises:
        RuntimeError: There is none, or one cannot be loaded.
    """
    files = sorted(path for path in model_dir.iterdir() if path.is_file() and path.name[0] != ".")
    if not files:
        raise RuntimeError(f"No model file in {model_dir}")
    return [_load(path) for path in files]


def _load(path: Path) -> xgb.Booster:
    content = bytearray(path.read_bytes())
    try:
        booster = xgb.Booster(model_file=content)
    except xgb.core.XGBoostError as error:
        booster = _unpickle(path, error)
    booster.set_param({"nthread": 1})
    return booster


def _unpickle(path: Path, fault: Exception) -> xgb.Booster:
    # Models of AWS's images before 1.3 are pickles; only the job's own artefact is ever here.
    try:
        booster = pickle.loads(path.read_bytes())  # noqa: S301
    except Exception as error:
        raise RuntimeError(f"Model at {path} cannot be loaded: {fault}; {error}") from error
    if isinstance(booster, xgb.XGBModel):
        booster = booster.get_booster()
    if not isinstance(booster, xgb.Booster):
        raise TypeError(f"Model at {path} is a {type(booster).__name__}, expected a Booster")
    return booster


class DensePredictor:
    """Predicts rows of 32-bit floats through XGBoost's C interface.

    ``Booster.inplace_predict`` spends on its own checks several times what a row's prediction
    takes. Source: xgboost/c_api.h, XGBoosterPredictFromDense.
    """

    def __init__(self, booster: xgb.Booster) -> None:
        self._booster = booster
        self.columns = booster.num_features()
        end = int(booster.best_iteration) + 1 if _has_best_iteration(booster) else 0
        self._config = json.dumps(
            {
                "type": 0, "training": False, "iteration_begin": 0, "iteration_end": end,
                "strict_shape": False, "missing": float("nan"), "cache_id": 0,
            }
        ).encode()  # fmt: skip
        self._shape = ctypes.POINTER(ctypes.c_uint64)()
        self._dimensions = ctypes.c_uint64()
        self._result = ctypes.POINTER(ctypes.c_float)()

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Predict contiguous rows; not to be called from several threads at once."""
        interface = (
            f'{{"data":[{rows.ctypes.data},true],"shape":[{rows.shape[0]},{rows.shape[1]}],'
            f'"typestr":"<f4","version":3,"strides":null}}'
        )
        _check_call(
            _LIB.XGBoosterPredictFromDense(
                self._booster.handle,
                interface.encode(),
                self._config,
                None,
                ctypes.byref(self._shape),
                ctypes.byref(self._dimensions),
                ctypes.byref(self._result),
            )
        )
        shape = tuple(self._shape[: self._dimensions.value])
        # Copied, because the memory is the booster's until its next prediction.
        return np.ctypeslib.as_array(self._result, shape).copy()


def _has_best_iteration(booster: xgb.Booster) -> bool:
    return booster.attr("best_iteration") is not None


class Ensemble:
    """All boosters of a model."""

    def __init__(self, boosters: list[xgb.Booster]) -> None:
        self._boosters = boosters
        self._dense = [DensePredictor(booster) for booster in boosters]
        self.columns = self._dense[0].columns

    def predict(self, data: Any) -> np.ndarray:
        """The mean of the boosters' predictions for a dense array or a sparse matrix."""
        if isinstance(data, np.ndarray):
            answers = [predictor.predict(data) for predictor in self._dense]
        else:
            answers = [self._sparse(booster, data) for booster in self._boosters]
        return answers[0] if len(answers) == 1 else np.mean(answers, axis=0)

    def _sparse(self, booster: xgb.Booster, data: Any) -> np.ndarray:
        end = int(booster.best_iteration) + 1 if _has_best_iteration(booster) else 0
        matrix = xgb.DMatrix(data)
        return booster.predict(matrix, validate_features=False, iteration_range=(0, end))
