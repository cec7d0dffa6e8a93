"""The trained model in files: its settings in JSON, its weights in MXNet's own format."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import mxnet as mx

from object2vec_image.hyperparameters import EncoderSettings, Settings
from object2vec_image.network import Object2Vec, make_network

SETTINGS_FILE = "settings.json"
WEIGHTS_FILE = "weights.params"


def save(network: Object2Vec, settings: Settings, directory: Path) -> None:
    """Write the model."""
    directory.mkdir(parents=True, exist_ok=True)
    network.save_parameters(str(directory / WEIGHTS_FILE))
    (directory / SETTINGS_FILE).write_text(json.dumps(asdict(settings), indent=2))


def load(directory: Path) -> tuple[Object2Vec, Settings]:
    """Read the model.

    Raises:
        ValueError: The directory holds no model of this algorithm.
    """
    missing = [name for name in (SETTINGS_FILE, WEIGHTS_FILE) if not (directory / name).is_file()]
    if missing:
        raise ValueError(
            f"{directory} has no {' and no '.join(missing)}, so no model of the emulator's "
            "object2vec. A model that AWS's own image trained is in a format of its own."
        )
    settings = _settings(json.loads((directory / SETTINGS_FILE).read_text()))
    network = make_network(settings)
    network.load_parameters(str(directory / WEIGHTS_FILE), ctx=mx.cpu())
    return network, settings


def _settings(values: dict[str, Any]) -> Settings:
    encoders = tuple(EncoderSettings(**each) for each in values.pop("encoders"))
    comparators = tuple(values.pop("comparator_list"))
    return Settings(encoders=encoders, comparator_list=comparators, **values)
