"""The objective in the order of time, and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from model_build.tuning.finding import Reference
from model_build.tuning.job import Definition, Objective, TrainingJob, TuningJob


@dataclass(frozen=True)
class TimeUnit:
    """The unit of an axis of time."""

    name: str
    seconds: float


_UNITS = (TimeUnit("seconds", 1), TimeUnit("minutes", 60), TimeUnit("hours", 3600))
# An axis in one unit goes up to so many of the next one.
_UNIT_MAX = 3


@dataclass(frozen=True)
class Result:
    """An objective, and when after the start of the tuning job it was known.

    Attributes:
        best: The best objective up to then.
    """

    job: TrainingJob
    seconds: float
    value: float
    best: float


def results(tuning_job: TuningJob, definition: Definition) -> list[Result]:
    """The training jobs that gave an objective, by the time of their end."""
    ended = [
        ((job.ended or job.created) - tuning_job.created, job.value, job)
        for job in definition.jobs
        if job.value is not None
    ]
    found: list[Result] = []
    better = min if definition.objective.is_minimised else max
    for since, value, job in sorted(ended, key=lambda item: (item[0], item[2].name)):
        best = better(found[-1].best, value) if found else value
        found.append(Result(job, max(0.0, since.total_seconds()), value, best))
    return found


def without_result(
    tuning_job: TuningJob, definition: Definition
) -> list[tuple[float, TrainingJob]]:
    """When after the start of the tuning job those ended that gave no objective."""
    return [
        (max(0.0, (job.ended - tuning_job.created).total_seconds()), job)
        for job in definition.jobs
        if job.value is None and job.ended is not None
    ]


def time_unit(seconds: float) -> TimeUnit:
    """The unit in which a time of this length is best read."""
    for unit, next_unit in pairwise(_UNITS):
        if seconds < _UNIT_MAX * next_unit.seconds:
            return unit
    return _UNITS[-1]


def duration(seconds: float | None) -> str:
    """A time in words: 3.2 s, 4 min 10 s, 2 h 05 min; a dash if there is none."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def number(value: float | None) -> str:
    """An objective or a hyperparameter, short; a dash if there is none."""
    return "-" if value is None else f"{value:#.5g}".rstrip(".")


def short(text: str) -> str:
    """A hyperparameter's value with at most five digits; other texts as they are."""
    try:
        value = float(text)
    except ValueError:
        return text
    return text if text.lstrip("+-").isdigit() else f"{value:.5g}"


def told(job: TrainingJob, objective: Objective, now: datetime) -> list[str]:
    """What there is to know of a training job, line by line, for who points at it."""
    return [
        job.name,
        f"{objective.metric}: {number(job.value)}",
        f"{job.status}, {duration(job.seconds(now))}",
        *(f"{name}: {short(value)}" for name, value in sorted(job.hyperparameters.items())),
    ]


def counted(jobs: Sequence[TrainingJob]) -> str:
    """How many training jobs there are of each status, in words."""
    statuses = [job.status for job in jobs]
    each = [f"{statuses.count(status)} {status}" for status in dict.fromkeys(sorted(statuses))]
    return ", ".join(each) or "none"


def compared(definition: Definition, references: Sequence[Reference]) -> list[str]:
    """How the best training job stands to each reference, a sentence each."""
    best = definition.best
    if best is None or best.value is None:
        return []
    sentences = []
    for reference in references:
        if reference.metric != definition.objective.metric:
            continue
        gain = reference.value - best.value
        if not definition.objective.is_minimised:
            gain = -gain
        verdict = "better than" if gain > 0 else "worse than" if gain < 0 else "the same as"
        share = f" by {abs(gain / reference.value):.1%}" if reference.value and gain else ""
        sentences.append(
            f"The best training job's {definition.objective.metric} of {number(best.value)} is "
            f"{verdict} the {number(reference.value)} of {reference.label}{share}."
        )
    return sentences
