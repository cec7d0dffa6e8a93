"""The algorithm's parts that need no MXNet, which only the image has."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

RECIPE = Path(__file__).resolve().parents[4] / "emulator/containers/recipes/object2vec"
REQUIRED = {"enc0_max_seq_len": "7", "enc0_vocab_size": "100"}


@pytest.fixture(scope="module")
def hyperparameters() -> Iterator[ModuleType]:
    sys.path.insert(0, str(RECIPE))
    yield importlib.import_module("object2vec_image.hyperparameters")
    sys.path.remove(str(RECIPE))


@pytest.fixture(scope="module")
def stopping(hyperparameters: ModuleType) -> ModuleType:
    return importlib.import_module("object2vec_image.stopping")


def test_defaults_are_those_of_aws(hyperparameters: ModuleType) -> None:
    """Source: "Object2Vec Hyperparameters"."""
    settings = hyperparameters.read_settings(REQUIRED)
    assert settings.comparator_list == ("hadamard", "concat", "abs_diff")
    assert (settings.dropout, settings.weight_decay, settings.learning_rate) == (0, 0, 0.0004)
    assert (settings.early_stopping_patience, settings.early_stopping_tolerance) == (3, 0.01)
    assert (settings.enc_dim, settings.epochs, settings.mini_batch_size) == (4096, 30, 32)
    assert (settings.mlp_activation, settings.mlp_dim, settings.mlp_layers) == ("linear", 512, 2)
    assert (settings.optimizer, settings.output_layer) == ("adam", "softmax")
    assert (settings.num_classes, settings.negative_sampling_rate) == (2, 0)
    assert settings.token_embedding_storage_type == "dense"
    encoder = settings.encoders[0]
    assert (encoder.network, encoder.layers, encoder.cnn_filter_width) == ("hcnn", 4, 3)
    assert encoder.token_embedding_dim == 300


def test_enc1_is_like_enc0_unless_it_has_a_network(hyperparameters: ModuleType) -> None:
    """Source: sagemaker-python-sdk#834: an enc1_vocab_size beside enc1_network "enc0" is unused."""
    alike = hyperparameters.read_settings(REQUIRED | {"enc1_vocab_size": "5"})
    assert alike.encoders[0] == alike.encoders[1]
    own = {"enc1_network": "bilstm", "enc1_max_seq_len": "3", "enc1_vocab_size": "5"}
    second = hyperparameters.read_settings(REQUIRED | own).encoders[1]
    assert (second.network, second.layers, second.max_seq_len, second.vocab_size) == (
        *("bilstm", 1, 3, 5),
    )


def test_pooled_embeddings_are_as_long_as_the_encoding(hyperparameters: ModuleType) -> None:
    """Source: a log of AWS's: "Inconsistent enc_dim and token_embedding_dim [...] to be 100"."""
    given = {"enc0_network": "pooled_embedding", "enc_dim": "100"}
    assert hyperparameters.read_settings(REQUIRED | given).encoders[0].token_embedding_dim == 100


def test_sparse_storage_turns_bucketing_off(hyperparameters: ModuleType) -> None:
    given = {"token_embedding_storage_type": "row_sparse", "bucket_width": "10"}
    assert hyperparameters.read_settings(REQUIRED | given).bucket_width == 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"comparator_list": "hadamard, dot"}, "comparator_list: value 'hadamard, dot'"),
        ({"comparator_list": "concat,concat"}, "each at most once"),
        ({"dropout": "nan"}, "expected 0 to 1"),
        ({"epochs": "2.5"}, "expected a whole number"),
        ({"enc0_layers": "5"}, "expected 1 to 4"),
        ({"tied_token_embedding_weight": "yes"}, "expected True or False"),
        ({"enc0_vocab_file": "../words"}, "expected letters, digits"),
        ({"enc0_network": "bilstm", "enc_dim": "5"}, "needs an even enc_dim, got 5"),
        ({"enc0_pretrained_embedding_file": "v.txt"}, "needs enc0_vocab_file"),
        (
            {"token_embedding_storage_type": "row_sparse", "optimizer": "adadelta"},
            "row_sparse needs optimizer adagrad or adam or sgd, got adadelta",
        ),
        (
            {
                "tied_token_embedding_weight": "True",
                "enc1_network": "hcnn",
                "enc1_max_seq_len": "7",
                "enc1_vocab_size": "99",
            },
            "vocab_size 100 and 99",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    hyperparameters: ModuleType, given: dict[str, str], told: str
) -> None:
    with pytest.raises(hyperparameters.UserError) as caught:
        hyperparameters.read_settings(REQUIRED | given)
    assert told in str(caught.value)


def test_all_faults_come_at_once(hyperparameters: ModuleType) -> None:
    with pytest.raises(hyperparameters.UserError) as caught:
        hyperparameters.read_settings({"enc_dim": "3", "colour": "red"})
    for part in ("enc_dim", "colour", "enc0_max_seq_len", "enc0_vocab_size"):
        assert part in str(caught.value)


def test_training_ends_after_more_epochs_without_improvement_than_patience_allows(
    stopping: ModuleType,
) -> None:
    """Source: the log of a job with patience 2 and tolerance 0.01, which ended after 9 epochs.

    It is known up to 0.722 and that 0.715 was the best; the loss between is made up.
    """
    losses = [0.778, 0.811, 0.762, 0.743, 0.738, 0.727, 0.722, 0.718, 0.715, 0.7]
    early = stopping.EarlyStopping(2, 0.01)
    ended = [early.is_over(loss) for loss in losses].index(True)
    assert ended + 1 == 9
