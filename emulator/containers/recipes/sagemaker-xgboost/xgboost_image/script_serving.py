"""Serves a model with its script."""

from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from framework_image.handlers import FrameworkHandler, ToolkitApplication
from framework_image.serving import prepare_code
from sagemaker_inference.errors import GenericInferenceToolkitError

from xgboost_image.payload import PayloadFault, parse
from xgboost_image.prediction import load_boosters


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


def make_application(model_dir: Path) -> ToolkitApplication:
    """Load the model with the script's functions."""
    prepare_code(model_dir)
    return ToolkitApplication(str(model_dir), XGBoostHandler())
