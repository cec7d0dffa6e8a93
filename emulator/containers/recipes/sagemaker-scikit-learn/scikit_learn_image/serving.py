"""Serves a scikit-learn model with its script: `python -m scikit_learn_image.serving`."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
from framework_image.handlers import FrameworkHandler, ToolkitApplication
from framework_image.serving import prepare_code, start
from sagemaker_inference.errors import GenericInferenceToolkitError


class ScikitLearnHandler(FrameworkHandler):
    """The defaults of AWS's scikit-learn image: text becomes an array of 32-bit floats."""

    def default_input_fn(self, input_data: Any, content_type: str, context: Any = None) -> Any:
        """Decode the request into an array; 400 for csv with anything but numbers."""
        if (content_type or "").partition(";")[0].strip() == "text/csv":
            return _numbers(input_data)
        array = super().default_input_fn(input_data, content_type, context)
        return array.astype(np.float32) if isinstance(input_data, str) else array


def _numbers(body: str | bytes) -> Any:
    """The values of csv, one row of them as one dimension.

    The toolkit would give each column a type of its own, so that rows of mixed columns could not
    become an array of floats. Source: csv_to_numpy of sagemaker-containers, which AWS's image uses.
    """
    try:
        text = body if isinstance(body, str) else body.decode()
        rows = list(csv.reader(io.StringIO(text), strict=True))
        return np.array(rows).squeeze().astype(np.float32)
    except (ValueError, csv.Error) as error:
        raise GenericInferenceToolkitError(400, f"text/csv: {error}") from error


def make_application(model_dir: Path) -> ToolkitApplication:
    """Load the model with the script's functions."""
    prepare_code(model_dir)
    return ToolkitApplication(str(model_dir), ScikitLearnHandler())


if __name__ == "__main__":
    start(make_application)
