"""The image's `serve`: `python -m object2vec_image.serving`."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np
from framework_image.server import Reply
from framework_image.serving import start

from object2vec_image.batches import network_inputs
from object2vec_image.examples import sequences
from object2vec_image.hyperparameters import Settings
from object2vec_image.model_files import load
from object2vec_image.network import Object2Vec
from object2vec_image.payload import PayloadFault, chosen_accept, encode, parse

PREFERRED_MODE = "INFERENCE_PREFERRED_MODE"
MODES = ("classification", "embedding")

logger = logging.getLogger(__name__)


class AlgorithmApplication:
    """Answers with scores for pairs, and with an encoder's embeddings for one input alone."""

    def __init__(self, network: Object2Vec, settings: Settings) -> None:
        self._network = network
        self._settings = settings
        self._encoders = {"in0": network.encoder0, "in1": network.encoder1}

    def invoke(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer a request."""
        try:
            accept = chosen_accept(headers.get("accept", ""))
            request = parse(body, headers.get("content-type", ""), self._settings)
        except PayloadFault as error:
            return Reply(str(error).encode(), status=error.status)
        found = {name: sequences(lists) for name, lists in request.sequences.items()}
        if len(found) == len(self._encoders):
            rows = [{"scores": scores} for scores in self._scores(found)]
        else:
            [(name, tokens)] = found.items()
            rows = [{"embeddings": vector} for vector in self._embeddings(name, tokens)]
        return Reply(encode(rows, accept), accept)

    def _scores(self, found: Mapping[str, Any]) -> list[list[float]]:
        inputs = (found["in0"], found["in1"])
        widths = (int(inputs[0].lengths.max()), int(inputs[1].lengths.max()))
        rows = np.arange(len(inputs[0].lengths))
        # Masked whatever the model was trained on, because a request may bring longer sequences.
        outputs = self._network(*network_inputs(inputs, rows, widths, is_masked=True))
        if not self._settings.is_regression:
            outputs = mx.nd.softmax(outputs)
        return outputs.asnumpy().tolist()

    def _embeddings(self, name: str, tokens: Any) -> list[list[float]]:
        rows, width = np.arange(len(tokens.lengths)), int(tokens.lengths.max())
        inputs = network_inputs((tokens, tokens), rows, (width, width), is_masked=True)
        return self._encoders[name](inputs[0], inputs[2]).asnumpy().tolist()


def make_application(model_dir: Path) -> AlgorithmApplication:
    """Load the model.

    Raises:
        ValueError: There is none, or the preferred mode is unknown.
    """
    mode = os.environ.get(PREFERRED_MODE)
    if mode not in (None, *MODES):
        raise ValueError(f"{PREFERRED_MODE} is {mode!r}, expected {' or '.join(MODES)}")
    if mode:
        # It chooses the network that lies in a GPU's memory; here both are in the machine's.
        logger.info("%s=%s: both kinds of requests are answered", PREFERRED_MODE, mode)
    return AlgorithmApplication(*load(model_dir))


if __name__ == "__main__":
    start(make_application)
