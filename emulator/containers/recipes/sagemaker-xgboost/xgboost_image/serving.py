"""The image's `serve`: the model's script if it brings one, else the built-in algorithm."""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from framework_image.handlers import FrameworkHandler, ToolkitApplication
from framework_image.server import Application, Reply
from framework_image.serving import has_script, prepare_code, start
from sagemaker_inference.errors import GenericInferenceToolkitError

from xgboost_image.payload import PayloadFault, parse
from xgboost_image.prediction import Ensemble, load_boosters

logger = logging.getLogger(__name__)

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
    logger.warning("%d: %s", status, message)
    return Reply(message.encode(), status=status)


class XGBoostHandler(FrameworkHandler):
    """The defaults of AWS's image for functions that the script does not define."""

    def default_model_fn(self, model_dir: str, context: Any = None) -> xgb.Booster:
        """Load the model's only booster."""
        return load_boosters(Path(model_dir))[0]

    def default_input_fn(self, input_data: Any, content_type: str, context: Any = None) -> Any:
        """Read the request into a DMatrix."""
        body = input_data.encode() if isinstance(input_data, str) else bytes(input_data)
        try:
            return xgb.DMatrix(parse(body, content_type, None))
        except PayloadFault as error:
            raise GenericInferenceToolkitError(error.status, str(error)) from error

    def default_predict_fn(self, data: Any, model: Any, context: Any = None) -> np.ndarray:
        """Predict; column names are not compared."""
        return model.predict(data, validate_features=False)


def make_application(model_dir: Path) -> Application:
    """Load the model."""
    if has_script(model_dir):
        prepare_code(model_dir)
        return ToolkitApplication(str(model_dir), XGBoostHandler())
    return AlgorithmApplication(
        Ensemble(load_boosters(model_dir)),
        is_batch="SAGEMAKER_BATCH" in os.environ,
        default_accept=os.environ.get(DEFAULT_ACCEPT, "text/csv"),
    )


if __name__ == "__main__":
    start(make_application)
