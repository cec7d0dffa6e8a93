"""Which training job to end before its time: the median rule."""

import statistics
from collections import defaultdict


class MedianRule:
    """Ends a training job whose objective falls behind its finished predecessors.

    Source: "Stop Training Jobs Early" in the SageMaker developer guide: after each epoch the
    value is compared with the median of the running averages, up to the same epoch, of the
    previous training jobs.
    """

    def __init__(self, *, is_minimised: bool) -> None:
        self._is_minimised = is_minimised
        self._values: dict[str, list[float]] = defaultdict(list)
        self._finished: list[list[float]] = []

    def hear(self, job: str, value: float) -> bool:
        """Take a job's next value; gives whether the job should be stopped."""
        values = self._values[job]
        values.append(value)
        averages = [
            statistics.fmean(finished[: len(values)])
            for finished in self._finished
            if len(finished) >= len(values)
        ]
        if not averages:
            return False
        median = statistics.median(averages)
        return value > median if self._is_minimised else value < median

    def finish(self, job: str, *, is_completed: bool) -> None:
        """A job has ended; only completed ones are what others are measured by."""
        values = self._values.pop(job, None)
        if values and is_completed:
            self._finished.append(values)
