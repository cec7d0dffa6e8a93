"""The training loop: epochs of batches, metrics, early stopping, and the best epoch's weights."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon

from object2vec_image.batches import Batch, batches, with_negatives
from object2vec_image.examples import Examples
from object2vec_image.hyperparameters import Settings
from object2vec_image.metrics import Measures, loss_of, measure, objective, tell
from object2vec_image.network import Object2Vec
from object2vec_image.stopping import EarlyStopping

logger = logging.getLogger(__name__)
REPORT_SECONDS = 2.0
EVALUATION_BATCH = 512
# MXNet takes batches faster than it computes them; so many may wait before the loop does.
QUEUED_BATCHES = 16
# MXNet's optimizers that can leave out the rows which a batch does not have.
LAZY_OPTIMIZERS = ("adam", "sgd")


@dataclass(frozen=True)
class Best:
    """The epoch with the lowest loss, its metrics, and the weights it ended with."""

    epoch: int
    means: Mapping[str, float]
    weights: Mapping[str, Any]


def fit(
    network: Object2Vec,
    settings: Settings,
    channels: Mapping[str, Examples],
    *,
    host: str,
    seed: int,
    is_asked_to_stop: Callable[[], bool],
) -> Best:
    """Train on "train", watching "validation", or "train" itself where there is none.

    The network ends with the best epoch's weights.
    """
    trainer = make_trainer(network, settings)
    stopping = EarlyStopping(settings.early_stopping_patience, settings.early_stopping_tolerance)
    generator = np.random.default_rng(seed)
    best = Best(-1, {}, {})
    for epoch in range(settings.epochs):
        watched = run_epoch(network, trainer, settings, channels["train"], generator, host, epoch)
        tell(host, epoch, "train", watched)
        if "validation" in channels:
            watched = evaluate(network, settings, channels["validation"])
            tell(host, epoch, "validation", watched)
        if epoch == 0 or objective(watched) < objective(best.means):
            best = Best(epoch, watched, _weights(network))
        if is_asked_to_stop():
            logger.info("Stopped after epoch %d, as asked by SIGTERM", epoch)
            break
        if stopping.is_over(objective(watched)):
            logger.info("Early stopping criterion reached after epoch %d", epoch)
            break
    for name, parameter in network.collect_params().items():
        parameter.set_data(best.weights[name])
    return best


def make_trainer(network: Object2Vec, settings: Settings) -> gluon.Trainer:
    """The optimizer of the network's parameters."""
    options: dict[str, Any] = {"learning_rate": settings.learning_rate, "wd": settings.weight_decay}
    if settings.optimizer in LAZY_OPTIMIZERS:
        options["lazy_update"] = settings.is_sparse
    # A store of keys and values would only copy: there is one device.
    return gluon.Trainer(network.collect_params(), settings.optimizer, options, kvstore=None)


def run_epoch(
    network: Object2Vec,
    trainer: gluon.Trainer,
    settings: Settings,
    train: Examples,
    generator: np.random.Generator,
    host: str,
    epoch: int,
) -> dict[str, float]:
    """Learn from every example once; gives the metrics on the way."""
    loss = loss_of(is_regression=settings.is_regression)
    measures = Measures(settings.is_regression)
    examples = with_negatives(train, settings.negative_sampling_rate, generator)
    order = generator.permutation(len(examples))
    began = reported = time.perf_counter()
    found = _batches(settings, examples, order, settings.mini_batch_size)
    for queued, batch in enumerate(found, 1):
        with autograd.record():
            outputs = network(*batch.inputs)
            losses = loss(outputs, batch.labels)
        losses.backward()
        trainer.step(len(batch))
        measures.add(outputs, losses, batch.labels)
        if queued % QUEUED_BATCHES == 0:
            losses.wait_to_read()
            reported = _report(measures, len(examples), epoch, began, reported)
    means = measures.means()
    mx.nd.waitall()
    seconds = time.perf_counter() - began
    logger.info("Completed Epoch: %d, time taken: %.3f s", epoch, seconds)
    logger.info(
        "#throughput_metric: host=%s, train throughput=%s records/second",
        *(host, len(examples) / seconds),
    )
    return means


def _report(measures: Measures, total: int, epoch: int, began: float, reported: float) -> float:
    """Tell how far the epoch is, now and then; gives when it was told last."""
    now = time.perf_counter()
    if now - reported < REPORT_SECONDS:
        return reported
    speed = measures.count / (now - began)
    logger.info(
        "Epoch[%d] %d of %d records, %.1f records/second", epoch, measures.count, total, speed
    )
    return now


def evaluate(network: Object2Vec, settings: Settings, examples: Examples) -> dict[str, float]:
    """The metrics of a channel."""
    size = max(settings.mini_batch_size, EVALUATION_BATCH)
    found = _batches(settings, examples, np.arange(len(examples)), size)
    return measure(network, found, is_regression=settings.is_regression)


def _batches(
    settings: Settings, examples: Examples, order: np.ndarray, size: int
) -> Iterator[Batch]:
    return batches(examples, size, order, settings.bucket_width, is_masked=settings.is_masked)


def _weights(network: Object2Vec) -> dict[str, Any]:
    return {name: each.data().copy() for name, each in network.collect_params().items()}
