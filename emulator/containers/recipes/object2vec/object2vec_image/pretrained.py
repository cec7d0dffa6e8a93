"""Token embeddings that the auxiliary channel brings.

A vocabulary file is a JSON object of tokens and their ids; an embedding file has a token and its
vector on each line, as GloVe's and fastText's text files do. Source: the hyperparameters
enc0_vocab_file and enc0_pretrained_embedding_file.
"""

import json
import math
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np

from object2vec_image.hyperparameters import EncoderSettings, Settings, UserError
from object2vec_image.network import Object2Vec


def load_embeddings(network: Object2Vec, settings: Settings, directory: Path) -> None:
    """Give the encoders the vectors of the files that their settings name, and freeze them.

    Raises:
        UserError: A file is missing or wrong.
    """
    for encoder, values in zip(
        (network.encoder0, network.encoder1), settings.encoders, strict=True
    ):
        if not values.pretrained_embedding_file:
            continue
        ids = _read_vocabulary(directory / values.vocab_file, values)
        weight = encoder.embedding.weight
        vectors = _filled(
            weight.data().asnumpy(), directory / values.pretrained_embedding_file, ids
        )
        weight.set_data(mx.nd.array(vectors))
        if values.freeze_pretrained_embedding:
            weight.grad_req = "null"


def _read_vocabulary(path: Path, values: EncoderSettings) -> dict[str, int]:
    try:
        ids: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"channel auxiliary: vocabulary file {path.name}: {error}") from error
    if not isinstance(ids, dict):
        raise UserError(f"channel auxiliary: {path.name} is no JSON object of tokens and ids")
    for token, number in ids.items():
        if type(number) is not int or not 0 <= number < values.vocab_size:
            raise UserError(
                f"channel auxiliary: {path.name}: the id of {token!r} is {number!r}, expected a "
                f"whole number less than vocab_size={values.vocab_size}"
            )
    return ids


def _filled(vectors: np.ndarray, path: Path, ids: dict[str, int]) -> np.ndarray:
    """The vectors, those of known tokens replaced by the file's."""
    size = vectors.shape[1]
    try:
        lines = path.open(encoding="utf-8")
    except OSError as error:
        raise UserError(f"channel auxiliary: embedding file {path.name}: {error}") from error
    found = 0
    with lines:
        for number, line in enumerate(lines, 1):
            token, *texts = line.rstrip().split(" ")
            if number == 1 and len(texts) == 1:
                continue  # fastText's first line: how many vectors, and how long
            if token not in ids:
                continue
            vectors[ids[token]] = _vector(texts, size, f"{path.name}, line {number}")
            found += 1
    if not found:
        raise UserError(f"channel auxiliary: {path.name} has no token of the vocabulary file")
    return vectors


def _vector(texts: list[str], size: int, place: str) -> list[float]:
    try:
        values = [float(text) for text in texts]
    except ValueError as error:
        raise UserError(f"channel auxiliary: {place}: {error}") from error
    if len(values) != size or not all(map(math.isfinite, values)):
        raise UserError(
            f"channel auxiliary: {place}: got {len(values)} values, expected {size} finite ones "
            f"(enc_dim with pooled_embedding, else token_embedding_dim)"
        )
    return values
