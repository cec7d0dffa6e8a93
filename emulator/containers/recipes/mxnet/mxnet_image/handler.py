"""The functions that a script need not define.

Source: sagemaker-mxnet-inference-toolkit, ``default_inference_handler.py``.
"""

import json
import os
from pathlib import Path
from typing import Any

import mxnet as mx
from framework_image.handlers import FrameworkHandler
from sagemaker_inference import content_types, encoder
from sagemaker_inference.errors import GenericInferenceToolkitError
from sagemaker_inference.utils import parse_accept

PREFERRED_BATCH_SIZE = "SAGEMAKER_DEFAULT_MODEL_FIRST_DIMENSION_SIZE"
MODEL_FILES = ("model-symbol.json", "model-0000.params", "model-shapes.json")
BLOCK_TYPES = (content_types.JSON, content_types.NPY)
MODULE_TYPES = (*BLOCK_TYPES, content_types.CSV)


class MXNetHandler(FrameworkHandler):
    """The defaults for gluon blocks and for modules.

    Attributes:
        model: What model_fn gave; set before the first request.
    """

    model: Any = None

    def default_model_fn(self, model_dir: str, context: Any = None) -> Any:
        """Load the module that AWS's training image saves as symbol, parameters and shapes."""
        missing = [name for name in MODEL_FILES if not (Path(model_dir) / name).is_file()]
        if missing:
            raise ValueError(
                f"Failed to load model with default model_fn: missing {', '.join(missing)}. "
                f"Expected files: {', '.join(MODEL_FILES)}; or define model_fn in the script."
            )
        symbol, arguments, states = mx.model.load_checkpoint(str(Path(model_dir) / "model"), 0)
        inputs = json.loads((Path(model_dir) / "model-shapes.json").read_text())
        batch_size = int(os.environ.get(PREFERRED_BATCH_SIZE, "1"))
        shapes = [(entry["name"], [batch_size, *entry["shape"][1:]]) for entry in inputs]
        names = [name for name, _ in shapes]
        module = mx.mod.Module(symbol, data_names=names, label_names=None, context=mx.cpu())
        module.bind(for_training=False, data_shapes=shapes)
        module.set_params(arguments, states, allow_missing=True)
        return module

    def default_input_fn(self, input_data: Any, content_type: str, context: Any = None) -> Any:
        """Decode the request: an NDArray for a block, an iterator of batches for a module."""
        plain = (content_type or "").partition(";")[0].strip()
        is_module = isinstance(self.model, mx.module.BaseModule)
        if plain not in (MODULE_TYPES if is_module else BLOCK_TYPES):
            raise GenericInferenceToolkitError(415, f"Content type {content_type} is not supported")
        try:
            array = mx.nd.array(super().default_input_fn(input_data, plain, context))
        except (TypeError, ValueError) as error:
            raise GenericInferenceToolkitError(400, f"{plain}: not an array: {error}") from error
        return self._batches(array, plain) if is_module else array

    def _batches(self, array: Any, content_type: str) -> Any:
        [(_, shape, *_)] = self.model.data_shapes  # AWS's defaults too are for one input
        if content_type == content_types.CSV:
            array = array.reshape(shape)
        missing = max(0, shape[0] - array.shape[0])
        if missing:
            array = mx.nd.concat(array, mx.nd.zeros((missing, *array.shape[1:])), dim=0)
        batches = mx.io.NDArrayIter(array, batch_size=shape[0], last_batch_handle="pad")
        if missing:
            batches.getpad = lambda: missing  # so many rows of the prediction are dropped
        return batches

    def default_predict_fn(self, data: Any, model: Any, context: Any = None) -> Any:
        """Call the block, or the module's ``predict``."""
        return model.predict(data) if isinstance(model, mx.module.BaseModule) else model(data)

    def default_output_fn(self, prediction: Any, accept: str, context: Any = None) -> Any:
        """Encode the prediction as the client accepts it; 406 for another content type."""
        is_module = isinstance(self.model, mx.module.BaseModule)
        for content_type in parse_accept(accept):
            if content_type in (MODULE_TYPES if is_module else BLOCK_TYPES):
                return encoder.encode(prediction.asnumpy().tolist(), content_type), content_type
        raise GenericInferenceToolkitError(406, f"Accept type {accept} is not supported")
