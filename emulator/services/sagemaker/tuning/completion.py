"""When a tuning job has seen enough."""

from dataclasses import dataclass

# "Improving" means by at least this share. Source: API_BestObjectiveNotImproving, "by 1% or
# greater".
_IMPROVEMENT = 0.01
# AWS does not publish its criterion for convergence; this is the emulator's.
_CONVERGED_AFTER_JOBS = 10


@dataclass(frozen=True)
class Criteria:
    """TuningJobCompletionCriteria.

    Attributes:
        target: TargetObjectiveMetricValue.
        not_improving_max: MaxNumberOfTrainingJobsNotImproving.
    """

    is_minimised: bool
    target: float | None = None
    not_improving_max: int | None = None
    completes_on_convergence: bool = False


class Progress:
    """The best objective so far, and for how many training jobs it has not improved."""

    def __init__(self, criteria: Criteria) -> None:
        self._criteria = criteria
        self._best: float | None = None
        self._reference: float | None = None
        self.not_improving_count = 0

    def hear(self, value: float) -> None:
        """Take the final objective of one more training job."""
        if self._best is None or self._is_better(value, self._best):
            self._best = value
        if self._reference is None or self._improves(value, self._reference):
            self._reference = value
            self.not_improving_count = 0
        else:
            self.not_improving_count += 1

    @property
    def has_converged(self) -> bool:
        """Whether the objective has stopped improving."""
        return self.not_improving_count >= _CONVERGED_AFTER_JOBS

    @property
    def is_complete(self) -> bool:
        """Whether one of the criteria is met."""
        criteria = self._criteria
        if self._best is None:
            return False
        if criteria.target is not None and not self._is_better(criteria.target, self._best):
            return True
        maximum = criteria.not_improving_max
        if maximum is not None and self.not_improving_count >= maximum:
            return True
        return criteria.completes_on_convergence and self.has_converged

    def _is_better(self, value: float, other: float) -> bool:
        return value < other if self._criteria.is_minimised else value > other

    def _improves(self, value: float, other: float) -> bool:
        gain = other - value if self._criteria.is_minimised else value - other
        return gain > 0 and gain >= _IMPROVEMENT * abs(other)
