"""The built-in algorithm: trains on the channels and saves the best epoch's model.

Source: "Input/Output Interface for the Object2Vec Algorithm".
"""

import logging
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from object2vec_image.batches import network_inputs
from object2vec_image.examples import Examples, read_channel
from object2vec_image.fitting import evaluate, fit
from object2vec_image.hyperparameters import Settings, UserError, read_settings
from object2vec_image.metrics import tell
from object2vec_image.model_files import save
from object2vec_image.network import initialize, make_network
from object2vec_image.pretrained import load_embeddings

CHANNELS = ("train", "validation", "test", "auxiliary")
CONTENT_TYPE = "application/jsonlines"
# AWS's container names none; a job that is run again gives the same model here.
SEED = 0

logger = logging.getLogger(__name__)


class Sigterm:
    """Whether SIGTERM came, which ends training after the epoch."""

    def __init__(self) -> None:
        self._is_there = False
        signal.signal(signal.SIGTERM, self._note)

    def _note(self, *_: object) -> None:
        self._is_there = True

    def is_there(self) -> bool:
        """Whether it came."""
        return self._is_there


def train(
    root: Path, hyperparameters: Mapping[str, Any], channels: Mapping[str, Any], host: str
) -> None:
    """Train on /opt/ml/input/data/{train,validation,test,auxiliary} and save to /opt/ml/model.

    Raises:
        UserError: With the faults of the hyperparameters, the channels or the data.
    """
    settings = _checked(hyperparameters, channels)
    sigterm = Sigterm()
    data = {
        name: _read(name, root / "input" / "data" / name, settings)
        for name in CHANNELS
        if name in channels and name != "auxiliary"
    }
    network = make_network(settings)
    initialize(network, _one_pair(settings, data["train"]), _start(settings, data["train"]), SEED)
    load_embeddings(network, settings, root / "input" / "data" / "auxiliary")
    best = fit(network, settings, data, host=host, seed=SEED, is_asked_to_stop=sigterm.is_there)
    logger.info("Keeping the weights of epoch %d", best.epoch)
    # Told last, because it is what the model is worth: tuning takes the last value.
    if "validation" in data:
        tell(host, best.epoch, "validation", best.means)
    if "test" in data:
        tell(host, best.epoch, "test", evaluate(network, settings, data["test"]))
    save(network, settings, root / "model")


def _checked(hyperparameters: Mapping[str, Any], channels: Mapping[str, Any]) -> Settings:
    faults = [f"unknown channel {name}; known: {', '.join(CHANNELS)}"
              for name in channels if name not in CHANNELS]  # fmt: skip
    if "train" not in channels:
        faults.append("missing required channel train")
    for name, channel in channels.items():
        content_type = channel.get("ContentType")
        if name in CHANNELS[:3] and content_type not in (None, CONTENT_TYPE):
            faults.append(f"channel {name} has ContentType {content_type}, expected {CONTENT_TYPE}")
    try:
        settings = read_settings(hyperparameters)
    except UserError as error:
        raise UserError("; ".join([*faults, str(error)])) from error
    needs_files = any(encoder.pretrained_embedding_file for encoder in settings.encoders)
    if needs_files and "auxiliary" not in channels:
        faults.append("a pretrained_embedding_file needs the channel auxiliary")
    if faults:
        raise UserError("; ".join(faults))
    return settings


def _read(name: str, directory: Path, settings: Settings) -> Examples:
    examples = read_channel(name, directory, settings)
    logger.info("Channel %s has %d records", name, len(examples))
    return examples


def _one_pair(settings: Settings, examples: Examples) -> list[Any]:
    first, second = examples.inputs
    widths = (int(first.lengths[0]), int(second.lengths[0]))
    row = np.array([0])
    return network_inputs(examples.inputs, row, widths, is_masked=settings.is_masked)


def _start(settings: Settings, examples: Examples) -> float:
    return float(examples.labels.mean()) if settings.is_regression else 0.0
