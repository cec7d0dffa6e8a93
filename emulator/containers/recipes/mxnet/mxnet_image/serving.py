"""Serves an MXNet model with its script: `python -m mxnet_image.serving`."""

from pathlib import Path

import mxnet as mx
from framework_image.handlers import ToolkitApplication
from framework_image.serving import prepare_code, start

from mxnet_image.handler import MXNetHandler


def make_application(model_dir: Path) -> ToolkitApplication:
    """Load the model with the script's functions.

    Raises:
        ValueError: The default functions cannot answer with such a model. Source:
            sagemaker-mxnet-inference-toolkit, ``handler_service.py``.
    """
    prepare_code(model_dir)
    handler = MXNetHandler()
    application = ToolkitApplication(str(model_dir), handler)
    model = application.model
    is_known = isinstance(model, mx.module.BaseModule | mx.gluon.Block)
    if not is_known and not application.has_transform_fn:
        raise ValueError(
            f"Unsupported model type: {type(model).__name__}. model_fn gives a gluon Block or a "
            "Module; for any other, define transform_fn."
        )
    handler.model = model
    return application


if __name__ == "__main__":
    start(make_application)
