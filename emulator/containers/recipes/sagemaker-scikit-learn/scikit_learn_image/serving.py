"""Serves a scikit-learn model with its script: `python -m scikit_learn_image.serving`."""

from pathlib import Path
from typing import Any

import numpy as np
from framework_image.handlers import FrameworkHandler, ToolkitApplication
from framework_image.serving import prepare_code, start


class ScikitLearnHandler(FrameworkHandler):
    """The defaults of AWS's scikit-learn image: text becomes an array of 32-bit floats."""

    def default_input_fn(self, input_data: Any, content_type: str, context: Any = None) -> Any:
        """Decode the request into an array."""
        array = super().default_input_fn(input_data, content_type, context)
        return array.astype(np.float32) if isinstance(input_data, str) else array


def make_application(model_dir: Path) -> ToolkitApplication:
    """Load the model with the script's functions."""
    prepare_code(model_dir)
    return ToolkitApplication(str(model_dir), ScikitLearnHandler())


if __name__ == "__main__":
    start(make_application)
