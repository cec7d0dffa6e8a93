"""Loads boosters and predicts with as little as possible around XGBoost's own work."""

import ctypes
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from xgboost.core import _LIB, _check_call

from xgboost_image.release import RELEASE


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
    content = path.read_bytes()
    # Models of AWS's images before 1.3 are pickles, on which XGBoost's own parser can run out of
    # memory instead of refusing them.
    is_pickle = content.startswith(pickle.PROTO)
    try:
        booster = _unpickle(content) if is_pickle else xgb.Booster(model_file=bytearray(content))
    except Exception as error:
        raise RuntimeError(f"Model at {path} cannot be loaded: {error}") from error
    booster.set_param({"nthread": 1})
    return booster


def _unpickle(content: bytes) -> xgb.Booster:
    booster = pickle.loads(content)  # noqa: S301 - only the job's own artefact is ever here
    if isinstance(booster, xgb.XGBModel):
        booster = booster.get_booster()
    if not isinstance(booster, xgb.Booster):
        raise TypeError(f"it is a {type(booster).__name__}, expected a Booster")
    return booster


class DensePredictor:
    """Predicts rows of 32-bit floats with trees, through XGBoost's C interface since 1.6.

    ``Booster.inplace_predict`` spends on its own checks several times what a row's prediction
    takes. Source: xgboost/c_api.h, XGBoosterPredictFromDense.
    """

    def __init__(self, booster: xgb.Booster) -> None:
        self._booster = booster
        end = _iteration_end(booster)
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


def _iteration_end(booster: xgb.Booster) -> int:
    best_iteration = booster.attr("best_iteration")
    return 0 if best_iteration is None else int(best_iteration) + 1


class MatrixPredictor:
    """Predicts all that a DMatrix takes."""

    def __init__(self, booster: xgb.Booster) -> None:
        self._booster = booster
        if RELEASE >= (1, 6):
            self._limit = {"iteration_range": (0, _iteration_end(booster))}
        else:
            # As AWS's image: 1.5 forgets in its files how many trees an iteration has.
            self._limit = {"ntree_limit": getattr(booster, "best_ntree_limit", 0)}

    def predict(self, data: Any) -> np.ndarray:
        """Predict the rows of an array or a sparse matrix."""
        return self._booster.predict(xgb.DMatrix(data), validate_features=False, **self._limit)


class Ensemble:
    """All boosters of a model."""

    def __init__(self, boosters: list[xgb.Booster]) -> None:
        learners = [json.loads(booster.save_config())["learner"] for booster in boosters]
        self.columns = int(learners[0]["learner_model_param"]["num_feature"])
        kinds = {learner["learner_train_param"]["booster"] for learner in learners}
        self._sparse = [MatrixPredictor(booster) for booster in boosters]
        self._dense = (
            [DensePredictor(booster) for booster in boosters]
            if RELEASE >= (1, 6) and "gblinear" not in kinds
            else self._sparse
        )

    def predict(self, data: Any) -> np.ndarray:
        """The mean of the boosters' predictions for a dense array or a sparse matrix."""
        predictors = self._dense if isinstance(data, np.ndarray) else self._sparse
        answers = [predictor.predict(data) for predictor in predictors]
        return answers[0] if len(answers) == 1 else np.mean(answers, axis=0)
