"""Validation metrics that AWS's image adds to XGBoost's own.

Source: "Tune an XGBoost Model", the table of metrics.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xgboost as xgb


def _scorer(name: str, **options: object) -> Callable[[np.ndarray, np.ndarray], float]:
    def score(labels: np.ndarray, predictions: np.ndarray) -> float:
        from sklearn import metrics

        return float(getattr(metrics, name)(labels, predictions, **options))

    return score


CLASSIFICATION: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "accuracy": _scorer("accuracy_score"),
    "balanced_accuracy": _scorer("balanced_accuracy_score"),
    "f1": _scorer("f1_score", average="macro", zero_division=0),
    "f1_binary": _scorer("f1_score", average="binary", zero_division=0),
    "f1_macro": _scorer("f1_score", average="macro", zero_division=0),
    "precision": _scorer("precision_score", average="binary", zero_division=0),
    "precision_macro": _scorer("precision_score", average="macro", zero_division=0),
    "precision_micro": _scorer("precision_score", average="micro", zero_division=0),
    "recall": _scorer("recall_score", average="binary", zero_division=0),
    "recall_macro": _scorer("recall_score", average="macro", zero_division=0),
    "recall_micro": _scorer("recall_score", average="micro", zero_division=0),
}
REGRESSION: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "mse": _scorer("mean_squared_error"),
    "r2": _scorer("r2_score"),
}
CUSTOM_METRICS = {**CLASSIFICATION, **REGRESSION}
MAXIMIZED = frozenset({*CLASSIFICATION, "r2", "auc", "aucpr", "map", "ndcg", "pre"})


def evaluate_custom(
    names: list[str], values: Mapping[str, Any]
) -> Callable[[np.ndarray, xgb.DMatrix], list[tuple[str, float]]]:
    """The function that XGBoost calls with the predictions, transformed by the objective."""
    is_probability = str(values.get("objective", "")).endswith((":logistic", "softprob"))

    def evaluate(predictions: np.ndarray, matrix: xgb.DMatrix) -> list[tuple[str, float]]:
        labels = matrix.get_label()
        classes = _classes(predictions, is_probability=is_probability)
        return [
            (name, CUSTOM_METRICS[name](labels, classes if name in CLASSIFICATION else predictions))
            for name in names
        ]

    return evaluate


def _classes(predictions: np.ndarray, *, is_probability: bool) -> np.ndarray:
    if predictions.ndim == 2:
        return predictions.argmax(axis=1)
    return (predictions > 0.5).astype(int) if is_probability else np.rint(predictions)
