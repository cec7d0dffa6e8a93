"""Training step: learns ratings of pairs, and keeps the weights of the best epoch.

Channels: train and validation, JSON lines as pairs.py reads them. Prints after each epoch
`validation-mse: <value>`, which the pipeline's metric definition finds.
"""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from network import COMPARATORS, RatingNetwork, Shape, make_network, save
from pairs import Pairs, read_channel

PREDICTED_AT_ONCE = 4096
# What the endpoint runs; it goes with the model.
SERVING_MODULES = ("inference.py", "network.py", "pairs.py")


def batches(pairs: Pairs, size: int, order: np.ndarray) -> Iterator[tuple]:
    """Users, items and ratings in this order, at most `size` at a time."""
    arrays = [mx.nd.array(column[order]) for column in (pairs.users, pairs.items, pairs.ratings)]
    for start in range(0, len(order), size):
        yield tuple(array[start : start + size] for array in arrays)


def mean_squared_error(network: RatingNetwork, pairs: Pairs) -> float:
    """The error of the network as it is."""
    total = 0.0
    for users, items, ratings in batches(pairs, PREDICTED_AT_ONCE, np.arange(len(pairs))):
        total += float(((network(users, items)[:, 0] - ratings) ** 2).sum().asscalar())
    return total / len(pairs)


def train(network: RatingNetwork, learn: Pairs, watch: Pairs, options: argparse.Namespace) -> float:
    """Train until the error on `watch` has not become better for `patience` epochs.

    The network ends with the best epoch's weights; gives their error.
    """
    trainer = gluon.Trainer(
        network.collect_params(),
        options.optimizer,
        {"learning_rate": options.learning_rate, "wd": options.weight_decay},
        kvstore=None,
    )
    loss, draw = gluon.loss.L2Loss(), np.random.default_rng(options.seed)
    best, weights, waited = float("inf"), {}, 0
    for epoch in range(options.epochs):
        began = time.perf_counter()
        order = draw.permutation(len(learn))
        for users, items, ratings in batches(learn, options.batch_size, order):
            with autograd.record():
                error = loss(network(users, items), ratings)
            error.backward()
            trainer.step(len(ratings))
        mse = mean_squared_error(network, watch)
        speed = len(learn) / (time.perf_counter() - began)
        print(f"epoch {epoch}: validation-mse: {mse:.6f} ({speed:.0f} pairs/s)", flush=True)
        waited += 1
        if mse < best:
            parameters = network.collect_params().items()
            best, waited = mse, 0
            weights = {name: each.data().copy() for name, each in parameters}
        if waited > options.patience:
            break
    for name, parameter in network.collect_params().items():
        parameter.set_data(weights[name])
    return best


def read_options(argv: Sequence[str] | None) -> argparse.Namespace:
    """The hyperparameters, which the training toolkit passes as arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, required=True, help="size of the vocabulary")
    parser.add_argument("--items", type=int, required=True, help="size of the vocabulary")
    parser.add_argument("--enc_dim", type=int, default=512)
    parser.add_argument("--comparators", default="hadamard", help=", ".join(COMPARATORS))
    parser.add_argument("--mlp_layers", type=int, default=0)
    parser.add_argument("--mlp_dim", type=int, default=256)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--optimizer", default="adagrad")
    parser.add_argument("--learning_rate", type=float, default=0.015)
    parser.add_argument("--weight_decay", type=float, default=0.0)
    parser.add_argument("--batch_size", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--patience", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    unknown = set(options.comparators.split(",")) - set(COMPARATORS)
    if unknown:
        parser.error(f"--comparators: got {', '.join(sorted(unknown))}; there are {COMPARATORS}")
    for name in ("users", "items", "enc_dim", "batch_size", "epochs", "mlp_dim"):
        if getattr(options, name) < 1:
            parser.error(f"--{name}: got {getattr(options, name)}, expected at least 1")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the step."""
    options = read_options(argv)
    sizes = (options.users, options.items)
    learn = read_channel(Path(os.environ["SM_CHANNEL_TRAIN"]), *sizes)
    watch = read_channel(Path(os.environ["SM_CHANNEL_VALIDATION"]), *sizes)
    shape = Shape(
        *(*sizes, options.enc_dim, options.comparators),
        *(options.mlp_layers, options.mlp_dim, options.dropout),
    )
    mx.random.seed(options.seed)
    network = make_network(shape)
    network.initialize(mx.init.Xavier())
    network(mx.nd.zeros(1), mx.nd.zeros(1))  # after which every weight has its shape
    network.output.bias.set_data(mx.nd.array([learn.ratings.mean()]))
    best = train(network, learn, watch, options)
    print(f"kept: validation-mse: {best:.6f}", flush=True)
    model = Path(os.environ["SM_MODEL_DIR"])
    save(network, shape, model)
    (model / "code").mkdir(exist_ok=True)
    for name in SERVING_MODULES:
        shutil.copyfile(Path(__file__).with_name(name), model / "code" / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
