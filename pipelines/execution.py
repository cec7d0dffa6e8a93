"""A started execution, step by step, until it ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ENDED = frozenset({"Succeeded", "CompletedWithFailures", "Failed", "Stopped"})
STEP_ENDED = frozenset({"Succeeded", "Failed", "Stopped"})
_FIRST_POLL_SECONDS = 0.25
_LAST_POLL_SECONDS = 10.0


@dataclass(frozen=True)
class Step:
    """One step of an execution, as ListPipelineExecutionSteps tells it.

    Attributes:
        detail: What its running job says of itself, "" where nobody has asked.
    """

    name: str
    status: str
    start: datetime | None
    end: datetime | None
    failure_reason: str
    reused_from: str
    attempts: int
    metadata: Mapping[str, Mapping[str, Any]]
    detail: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether the step will not change any more."""
        return self.status in STEP_ENDED

    @property
    def type(self) -> str:
        """The kind of metadata that the step has, such as TrainingJob; "" before it has any."""
        return next(iter(self.metadata), "")

    @property
    def arn(self) -> str:
        """The ARN of what the step made, "" when it made nothing."""
        details = next(iter(self.metadata.values()), {})
        return str(details.get("Arn", ""))

    def seconds(self, now: datetime) -> float | None:
        """How long the step has run; None before it starts."""
        if self.start is None:
            return None
        return max(0.0, ((self.end or now) - self.start).total_seconds())


@dataclass(frozen=True)
class Execution:
    """An execution at one moment; steps in the order that they started."""

    arn: str
    status: str
    failure_reason: str
    steps: tuple[Step, ...]

    @property
    def has_ended(self) -> bool:
        """Whether the execution will not change any more."""
        return self.status in ENDED

    @property
    def has_succeeded(self) -> bool:
        """Whether it ended with every step done that had to be."""
        return self.status == "Succeeded"


def follow(
    sagemaker: Any,
    arn: str,
    show: Callable[[Execution], None],
    sleep: Callable[[float], object],
) -> Execution:
    """Shows the execution whenever it is read, until it has ended.

    It is read often at first, then every ten seconds at most: a job takes seconds or hours.
    """
    waited_seconds = 0.0
    while True:
        execution = read(sagemaker, arn)
        show(execution)
        if execution.has_ended:
            return execution
        pause_seconds = min(_LAST_POLL_SECONDS, max(_FIRST_POLL_SECONDS, waited_seconds / 50))
        sleep(pause_seconds)
        waited_seconds += pause_seconds


def read(sagemaker: Any, arn: str) -> Execution:
    """Reads the execution and its steps."""
    # The status first: what has ended then has all its steps in the list.
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=arn, SortOrder="Ascending"
    )
    steps = [_step(entry) for page in pages for entry in page["PipelineExecutionSteps"]]
    never = datetime.max.replace(tzinfo=UTC)
    return Execution(
        arn=arn,
        status=described["PipelineExecutionStatus"],
        failure_reason=described.get("FailureReason", ""),
        steps=tuple(sorted(steps, key=lambda step: step.start or never)),
    )


def _step(entry: dict[str, Any]) -> Step:
    return Step(
        name=entry["StepName"],
        status=entry["StepStatus"],
        start=entry.get("StartTime"),
        end=entry.get("EndTime"),
        failure_reason=entry.get("FailureReason", ""),
        reused_from=entry.get("CacheHitResult", {}).get("SourcePipelineExecutionArn", ""),
        attempts=entry.get("AttemptCount", 0),
        metadata=entry.get("Metadata", {}),
    )
