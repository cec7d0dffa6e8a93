"""The network: two encoders, a comparator of their vectors, a perceptron, an output.

Source: "How Object2Vec Works".
"""

from collections.abc import Sequence
from typing import Any

import mxnet as mx
from mxnet.gluon import HybridBlock, nn

from object2vec_image.encoders import make_embedding, make_encoder
from object2vec_image.hyperparameters import Settings


class Object2Vec(HybridBlock):
    """Scores pairs: a number each, or what softmax makes a probability of each class from."""

    def __init__(self, settings: Settings, **names: Any) -> None:
        super().__init__(**names)
        self._comparators = settings.comparator_list
        self._dropout = settings.dropout
        outputs = 1 if settings.is_regression else settings.num_classes
        first, second = settings.encoders
        with self.name_scope():
            embedding = make_embedding(first, is_sparse=has_sparse_gradients(settings))
            self.encoder0 = make_encoder(first, embedding, settings.enc_dim)
            if not settings.tied_token_embedding_weight:
                embedding = make_embedding(second, is_sparse=has_sparse_gradients(settings))
            self.encoder1 = make_encoder(second, embedding, settings.enc_dim)
            self.perceptron = nn.HybridSequential()
            for _ in range(settings.mlp_layers):
                self.perceptron.add(nn.Dense(settings.mlp_dim, activation=_activation(settings)))
                if settings.dropout:
                    self.perceptron.add(nn.Dropout(settings.dropout))
            self.output = nn.Dense(outputs)

    def hybrid_forward(
        self,
        F: Any,  # noqa: N803
        in0: Any,
        in1: Any,
        mask0: Any = None,
        mask1: Any = None,
    ) -> Any:
        """Score a batch; a mask is left out where every sequence has one token."""
        first = self.encoder0(in0) if mask0 is None else self.encoder0(in0, mask0)
        second = self.encoder1(in1) if mask1 is None else self.encoder1(in1, mask1)
        if self._dropout:
            first, second = F.Dropout(first, self._dropout), F.Dropout(second, self._dropout)
        compared = {
            "hadamard": lambda: [first * second],
            "concat": lambda: [first, second],
            "abs_diff": lambda: [F.abs(first - second)],
        }
        parts = [part for name in self._comparators for part in compared[name]()]
        vector = F.concat(*parts, dim=1) if len(parts) > 1 else parts[0]
        return self.output(self.perceptron(vector))


def has_sparse_gradients(settings: Settings) -> bool:
    """Whether an embedding's gradient is only of the rows that a batch has.

    With dense storage too where MXNet's optimizer then updates every row all the same.
    """
    return settings.is_sparse or settings.optimizer in ("adam", "sgd")


def make_network(settings: Settings) -> Object2Vec:
    """A network that runs as one compiled graph, its parameters not yet there."""
    network = Object2Vec(settings)
    network.hybridize(static_alloc=True)
    return network


def initialize(network: Object2Vec, inputs: Sequence[Any], mean: float, seed: int) -> None:
    """Give all parameters their first values.

    Args:
        network: A new network.
        inputs: A batch, which tells the shapes.
        mean: Where the output of a regression begins: the labels' mean, so that no epoch goes by
            until the bias is there.
        seed: Of the random values.
    """
    mx.random.seed(seed)
    network.initialize(mx.init.Xavier())
    network(*inputs)
    network.output.bias.set_data(mx.nd.full(network.output.bias.shape, mean))


def _activation(settings: Settings) -> str | None:
    return None if settings.mlp_activation == "linear" else settings.mlp_activation
