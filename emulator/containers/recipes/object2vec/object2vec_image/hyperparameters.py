"""The algorithm's hyperparameters, checked as AWS documents them.

Source: "Object2Vec Hyperparameters" in the Amazon SageMaker AI Developer Guide.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

COMPARATORS = ("hadamard", "concat", "abs_diff")
NETWORKS = ("hcnn", "bilstm", "pooled_embedding")
# What the number of layers is where it says "auto"; pooled_embedding has none.
AUTO_LAYERS = {"hcnn": 4, "bilstm": 1, "pooled_embedding": 1}
SAME_AS_ENC0 = "enc0"
ROW_SPARSE = "row_sparse"
SPARSE_OPTIMIZERS = ("adagrad", "adam", "sgd")


class UserError(Exception):
    """A fault of the job's hyperparameters, channels or data."""


@dataclass(frozen=True)
class EncoderSettings:
    """One encoder; `layers` is a number, whatever was given."""

    network: str
    max_seq_len: int
    vocab_size: int
    token_embedding_dim: int
    layers: int
    cnn_filter_width: int
    freeze_pretrained_embedding: bool
    pretrained_embedding_file: str
    vocab_file: str


@dataclass(frozen=True)
class Settings:
    """All hyperparameters by AWS's names, those of the encoders apart."""

    encoders: tuple[EncoderSettings, EncoderSettings]
    bucket_width: int
    comparator_list: tuple[str, ...]
    dropout: float
    early_stopping_patience: int
    early_stopping_tolerance: float
    enc_dim: int
    epochs: int
    learning_rate: float
    mini_batch_size: int
    mlp_activation: str
    mlp_dim: int
    mlp_layers: int
    negative_sampling_rate: int
    num_classes: int
    optimizer: str
    output_layer: str
    tied_token_embedding_weight: bool
    token_embedding_storage_type: str
    weight_decay: float

    @property
    def is_regression(self) -> bool:
        """Whether labels are numbers, and not classes."""
        return self.output_layer == "mean_squared_error"

    @property
    def is_sparse(self) -> bool:
        """Whether training touches only the rows of the embeddings that a batch has."""
        return self.token_embedding_storage_type == ROW_SPARSE

    @property
    def is_masked(self) -> bool:
        """Whether the network must be told where sequences end."""
        return any(
            encoder.max_seq_len > 1 or encoder.network != "pooled_embedding"
            for encoder in self.encoders
        )


def _integer(least: int, most: float = float("inf")) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise ValueError("expected a whole number") from None
        if not least <= value <= most:
            raise ValueError(f"expected {least} to {most}")
        return value

    return parse


def _number(least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError("expected a number") from None
        if not least <= value <= most:  # nor is NaN within anything
            raise ValueError(f"expected {least:g} to {most:g}")
        return value

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return text

    return parse


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("expected True or False")
    return text.lower() == "true"


def _layers(text: str) -> int | None:
    return None if text == "auto" else _integer(1, 4)(text)


def _file(text: str) -> str:
    if not all(letter.isascii() and (letter.isalnum() or letter in "._") for letter in text):
        raise ValueError("expected letters, digits, periods and underscores alone")
    return text


def _comparators(text: str) -> tuple[str, ...]:
    names = tuple(name.strip(" \"'[]") for name in text.split(","))
    if not set(names) <= set(COMPARATORS) or len(set(names)) < len(names):
        raise ValueError(f"expected a list of {', '.join(COMPARATORS)}, each at most once")
    return names


@dataclass(frozen=True)
class _Known:
    parse: Callable[[str], Any]
    default: str | None = None  # None: it must be given


_ENCODER = {
    "max_seq_len": _Known(_integer(1, 5000)),
    "vocab_size": _Known(_integer(2, 3_000_000)),
    "cnn_filter_width": _Known(_integer(1, 9), "3"),
    "freeze_pretrained_embedding": _Known(_truth, "True"),
    "layers": _Known(_layers, "auto"),
    "pretrained_embedding_file": _Known(_file, ""),
    "token_embedding_dim": _Known(_integer(2, 1000), "300"),
    "vocab_file": _Known(_file, ""),
}
_SHARED = {
    "bucket_width": _Known(_integer(0, 100), "0"),
    "comparator_list": _Known(_comparators, "hadamard, concat, abs_diff"),
    "dropout": _Known(_number(0, 1), "0"),
    "early_stopping_patience": _Known(_integer(1, 5), "3"),
    "early_stopping_tolerance": _Known(_number(1e-6, 0.1), "0.01"),
    "enc_dim": _Known(_integer(4, 10_000), "4096"),
    "epochs": _Known(_integer(1, 100), "30"),
    "learning_rate": _Known(_number(1e-6, 1), "0.0004"),
    "mini_batch_size": _Known(_integer(1, 10_000), "32"),
    "mlp_activation": _Known(_one_of("tanh", "relu", "linear"), "linear"),
    "mlp_dim": _Known(_integer(2, 10_000), "512"),
    "mlp_layers": _Known(_integer(0, 10), "2"),
    "negative_sampling_rate": _Known(_integer(0), "0"),
    "num_classes": _Known(_integer(2, 30), "2"),
    "optimizer": _Known(_one_of("adadelta", "adagrad", "adam", "sgd", "rmsprop"), "adam"),
    "output_layer": _Known(_one_of("softmax", "mean_squared_error"), "softmax"),
    "tied_token_embedding_weight": _Known(_truth, "False"),
    "token_embedding_storage_type": _Known(_one_of("dense", "row_sparse"), "dense"),
    "weight_decay": _Known(_number(0, 10_000), "0"),
}
_KNOWN: Mapping[str, _Known] = {
    **_SHARED,
    **{f"enc0_{name}": known for name, known in _ENCODER.items()},
    **{f"enc1_{name}": known for name, known in _ENCODER.items()},
    "enc0_network": _Known(_one_of(*NETWORKS), "hcnn"),
    "enc1_network": _Known(_one_of(SAME_AS_ENC0, *NETWORKS), SAME_AS_ENC0),
}  # fmt: skip
# AWS's samples give these to the container; on one host without a GPU they change nothing.
_WITHOUT_EFFECT = frozenset(
    {"_kvstore", "_num_gpus", "_num_kv_servers", "_tuning_objective_metric"}
)


def read_settings(given: Mapping[str, Any]) -> Settings:
    """Parse the hyperparameters, whose values arrive as strings.

    Raises:
        UserError: With all faults in one message.
    """
    texts = {name: str(text).strip() for name, text in given.items()}
    is_symmetric = texts.get("enc1_network", SAME_AS_ENC0) == SAME_AS_ENC0
    values, faults = {}, _unknown(texts)
    for name, known in _KNOWN.items():
        text = texts.get(name, known.default)
        if text is None:
            if not (is_symmetric and name.startswith("enc1_")):
                faults.append(f"missing required hyperparameter {name}")
            continue
        try:
            values[name] = known.parse(text)
        except ValueError as error:
            faults.append(f"hyperparameter {name}: value {text!r} is invalid: {error}")
    faults += _dependency_faults(values)
    if faults:
        raise UserError("; ".join(faults))
    return _settings(values, is_symmetric=is_symmetric)


def _unknown(texts: Mapping[str, str]) -> list[str]:
    unknown = sorted(texts.keys() - _KNOWN.keys() - _WITHOUT_EFFECT)
    return [f"unknown hyperparameter {name}" for name in unknown]


def _dependency_faults(values: Mapping[str, Any]) -> list[str]:
    faults = []
    is_sparse = values.get("token_embedding_storage_type") == ROW_SPARSE
    if is_sparse and values.get("optimizer") not in (*SPARSE_OPTIMIZERS, None):
        faults.append(
            f"token_embedding_storage_type row_sparse needs optimizer "
            f"{' or '.join(SPARSE_OPTIMIZERS)}, got {values['optimizer']}"
        )
    if is_sparse and values.get("optimizer") == "adagrad" and values.get("weight_decay"):
        faults.append(
            "token_embedding_storage_type row_sparse with optimizer adagrad takes no weight_decay: "
            "MXNet's AdaGrad does not decay rows; use dense, or another optimizer"
        )
    networks = [values.get("enc0_network"), values.get("enc1_network")]
    if "bilstm" in networks and values.get("enc_dim", 0) % 2:
        faults.append(f"network bilstm needs an even enc_dim, got {values['enc_dim']}")
    for encoder in ("enc0", "enc1"):
        embedding = values.get(f"{encoder}_pretrained_embedding_file")
        if embedding and not values.get(f"{encoder}_vocab_file"):
            faults.append(f"{encoder}_pretrained_embedding_file needs {encoder}_vocab_file")
    return faults


def _settings(values: Mapping[str, Any], *, is_symmetric: bool) -> Settings:
    first = _encoder(values, "enc0")
    second = first if is_symmetric else _encoder(values, "enc1")
    tied = values["tied_token_embedding_weight"]
    if tied and (first.vocab_size, first.token_embedding_dim) != (
        second.vocab_size,
        second.token_embedding_dim,
    ):
        raise UserError(
            "tied_token_embedding_weight needs encoders of one vocabulary: "
            f"vocab_size {first.vocab_size} and {second.vocab_size}, "
            f"token_embedding_dim {first.token_embedding_dim} and {second.token_embedding_dim}"
        )
    settings = Settings(encoders=(first, second), **{name: values[name] for name in _SHARED})
    # "row_sparse" turns bucketing off, as AWS documents it.
    return replace(settings, bucket_width=0) if settings.is_sparse else settings


def _encoder(values: Mapping[str, Any], name: str) -> EncoderSettings:
    network = values[f"{name}_network"]
    members = {member: values[f"{name}_{member}"] for member in _ENCODER}
    if members["layers"] is None:
        members["layers"] = AUTO_LAYERS[network]
    if network == "pooled_embedding":
        # Nothing lies between its tokens and its output. AWS logs: "Setting token embedding dim
        # to be <enc_dim>".
        members["token_embedding_dim"] = values["enc_dim"]
    return EncoderSettings(network=network, **members)
