"""What the algorithm measures, and the lines of its log that tell it.

Source: "Tune an Object2Vec Model", the metrics computed by the algorithm.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import mxnet as mx
from mxnet.gluon.loss import L2Loss, SoftmaxCrossEntropyLoss

logger = logging.getLogger(__name__)
# Source: the words that AWS's algorithms put behind a metric's name.
KINDS = {"mean_squared_error": "loss", "cross_entropy": "loss", "accuracy": "score"}


@dataclass
class Measures:
    """Sums over batches, which stay in MXNet's engine until they are asked for."""

    is_regression: bool
    count: int = 0
    sums: dict[str, Any] = field(default_factory=dict)

    def add(self, outputs: Any, losses: Any, labels: Any) -> None:
        """Take a batch's outputs, its losses for each example, and its labels."""
        self.count += len(labels)
        if self.is_regression:
            # MXNet's L2Loss is half of the squared error.
            self._add("mean_squared_error", 2 * losses.sum())
        else:
            self._add("cross_entropy", losses.sum())
            is_right = outputs.argmax(axis=1) == labels
            self._add("accuracy", is_right.astype("float32").sum())

    def _add(self, name: str, value: Any) -> None:
        self.sums[name] = self.sums[name] + value if name in self.sums else value

    def means(self) -> dict[str, float]:
        """Each metric's mean; waits for the batches."""
        return {name: float(total.asscalar()) / self.count for name, total in self.sums.items()}


def loss_of(*, is_regression: bool) -> Any:
    """The loss that training minimizes."""
    return L2Loss() if is_regression else SoftmaxCrossEntropyLoss()


def objective(means: Mapping[str, float]) -> float:
    """The metric that early stopping watches: the first, which is a loss."""
    return next(iter(means.values()))


def measure(network: Any, batches: Any, *, is_regression: bool) -> dict[str, float]:
    """The metrics of data that the network does not learn from."""
    measures, loss = Measures(is_regression), loss_of(is_regression=is_regression)
    for batch in batches:
        outputs = network(*batch.inputs)
        measures.add(outputs, loss(outputs, batch.labels), batch.labels)
    mx.nd.waitall()
    return measures.means()


def tell(host: str, epoch: int, data: str, means: Mapping[str, float]) -> None:
    """Log the metrics in the words that SageMaker's own regular expressions look for."""
    for name, value in means.items():
        logger.info(
            "#quality_metric: host=%s, epoch=%d, %s %s <%s>=%s",
            *(host, epoch, data, name, KINDS[name], repr(value)),
        )
