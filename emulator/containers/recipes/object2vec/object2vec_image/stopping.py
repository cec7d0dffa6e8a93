"""When training has seen enough epochs."""

from dataclasses import dataclass


@dataclass
class EarlyStopping:
    """Ends training after more than `patience` epochs in a row without improvement.

    An epoch improves when its loss is at least `tolerance` below the one before it. Source: the
    hyperparameters early_stopping_patience ("consecutive epochs without improvement allowed") and
    early_stopping_tolerance ("the reduction [...] between consecutive epochs").
    """

    patience: int
    tolerance: float
    last_loss: float = float("inf")
    waited: int = 0

    def is_over(self, loss: float) -> bool:
        """Whether to stop after an epoch with this loss."""
        is_better = self.last_loss - loss >= self.tolerance
        self.waited = 0 if is_better else self.waited + 1
        self.last_loss = loss
        return self.waited > self.patience
