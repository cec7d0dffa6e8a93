"""Serves a model of the built-in algorithm."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xgboost as xgb
from framework_image.server import Reply

from xgboost_image.payload import PayloadFault, parse
from xgboost_image.prediction import Ensemble, load_boosters

ACCEPTS = ("text/csv", "application/json", "application/jsonlines")
DEFAULT_ACCEPT = "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"


class AlgorithmApplication:
    """Answers as the built-in algorithm's container does.

    Source: sagemaker-xgboost-container, algorithm mode: 204 for nothing, 415 for what cannot be
    read, 400 for what cannot be predicted, 406 for an Accept that cannot be given.
    """

    def __init__(self, ensemble: Ensemble, *, is_batch: bool, default_accept: str) -> None:
        self._ensemble = ensemble
        self._separator = "\n" if is_batch else ","
        self._end = "\n" if is_batch else ""
        self._default_accept = default_accept

    def invoke(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Predict the rows of a request."""
        if not body:
            return Reply(b"", status=204)
        accept = headers.get("accept", "").partition(";")[0].strip().lower()
        if accept in ("", "*/*"):
            accept = self._default_accept
        if accept not in ACCEPTS:
            supported = ", ".join(ACCEPTS)
            return _refusal(406, f"Accept type {accept} is not supported. Supported: {supported}.")
        try:
            rows = parse(body, headers.get("content-type"), self._ensemble.columns)
        except PayloadFault as error:
            return _refusal(error.status, str(error))
        try:
            predictions = self._ensemble.predict(rows).tolist()
        except (xgb.core.XGBoostError, ValueError) as error:
            return _refusal(400, f"Unable to evaluate payload provided: {error}")
        return self._encode(predictions, accept)

    def _encode(self, predictions: list[Any], accept: str) -> Reply:
        if accept == "text/csv":
            text = self._separator.join(map(str, predictions)) + self._end
            return Reply(text.encode(), "text/csv; charset=utf-8")
        scores = [{"score": prediction} for prediction in predictions]
        if accept == "application/jsonlines":
            text = "".join(json.dumps(score) + "\n" for score in scores)
            return Reply(text.encode(), accept)
        return Reply(json.dumps({"predictions": scores}).encode(), accept)


def _refusal(status: int, message: str) -> Reply:
    return Reply(message.encode(), status=status)


def make_application(model_dir: Path) -> AlgorithmApplication:
    """Load the model."""
    return AlgorithmApplication(
        Ensemble(load_boosters(model_dir)),
        is_batch="SAGEMAKER_BATCH" in os.environ,
        default_accept=os.environ.get(DEFAULT_ACCEPT, "text/csv"),
    )
