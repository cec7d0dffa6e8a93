"""The network: change it here.

A user's and an item's vector are compared by their product, by both of them, by their difference,
or by several of these; a perceptron makes a rating of what comes out.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import mxnet as mx
from mxnet.gluon import HybridBlock, nn

SHAPE_FILE = "shape.json"
WEIGHTS_FILE = "weights.params"
COMPARATORS = ("hadamard", "concat", "abs_diff")


@dataclass(frozen=True)
class Shape:
    """How large the network is; `comparators` are separated by commas."""

    users: int
    items: int
    enc_dim: int
    comparators: str
    mlp_layers: int
    mlp_dim: int
    dropout: float


class RatingNetwork(HybridBlock):
    """Rates pairs: numbers of users (batch,) and of items (batch,) in, ratings (batch, 1) out."""

    def __init__(self, shape: Shape, **names: object) -> None:
        super().__init__(**names)
        self._comparators = shape.comparators.split(",")
        self._dropout = shape.dropout
        first = mx.init.Normal(0.01)
        with self.name_scope():
            # A batch has few of all users and items: their rows alone have gradients.
            self.users = nn.Embedding(
                shape.users, shape.enc_dim, sparse_grad=True, weight_initializer=first
            )
            self.items = nn.Embedding(
                shape.items, shape.enc_dim, sparse_grad=True, weight_initializer=first
            )
            self.perceptron = nn.HybridSequential()
            for _ in range(shape.mlp_layers):
                self.perceptron.add(nn.Dense(shape.mlp_dim, activation="relu"))
                self.perceptron.add(nn.Dropout(shape.dropout))
            self.output = nn.Dense(1)

    def hybrid_forward(self, F, users, items):
        """Rate a batch."""
        user, item = self.users(users), self.items(items)
        if self._dropout:
            user, item = F.Dropout(user, self._dropout), F.Dropout(item, self._dropout)
        parts = {
            "hadamard": [user * item],
            "concat": [user, item],
            "abs_diff": [F.abs(user - item)],
        }
        compared = [part for name in self._comparators for part in parts[name]]
        vector = F.concat(*compared, dim=1) if len(compared) > 1 else compared[0]
        return self.output(self.perceptron(vector))


def make_network(shape: Shape) -> RatingNetwork:
    """A network without weights."""
    network = RatingNetwork(shape)
    network.hybridize(static_alloc=True)
    return network


def save(network: RatingNetwork, shape: Shape, directory: Path) -> None:
    """Write the model."""
    directory.mkdir(parents=True, exist_ok=True)
    network.save_parameters(str(directory / WEIGHTS_FILE))
    (directory / SHAPE_FILE).write_text(json.dumps(asdict(shape)))


def load(directory: Path) -> tuple[RatingNetwork, Shape]:
    """Read the model."""
    shape = Shape(**json.loads((directory / SHAPE_FILE).read_text()))
    network = make_network(shape)
    network.load_parameters(str(directory / WEIGHTS_FILE))
    return network, shape
