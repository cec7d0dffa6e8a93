"""Training, processing, transform and tuning jobs: an event for each change of status."""

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.context import Context
from emulator.services.sagemaker.events.details import (
    Detail,
    in_milliseconds,
    members,
    milliseconds,
    tags_of,
)
from emulator.services.sagemaker.events.observing import Observer, observer
from emulator.services.sagemaker.jobs.kinds import PROCESSING, TRAINING, TRANSFORM, TUNING, JobKind
from emulator.store import Document

_TRANSITIONS = "SecondaryStatusTransitions"


@dataclass(frozen=True)
class JobEvent:
    """What is told of one kind of job.

    Attributes:
        own: The documented members of the detail besides those that all jobs have.
        states: The members of which a change is told.
    """

    kind: JobKind
    words: str
    own: Sequence[str]
    states: Sequence[str]

    def tell(
        self, context: Context, before: Document | None, after: Document | None
    ) -> tuple[list[str], Detail] | None:
        """The resources and the detail of a job whose state has changed."""
        if after is None or self._state(before) == self._state(after):
            return None
        kind = self.kind
        times = ("CreationTime", "LastModifiedTime", kind.start_time_key, kind.end_time_key)
        common = (kind.name_key, kind.arn_key, kind.status_key, "FailureReason")
        detail = in_milliseconds(members(after, (*common, *self.own, *times)), times)
        if _TRANSITIONS in detail:
            detail[_TRANSITIONS] = [
                {
                    key: milliseconds(value) if key.endswith("Time") else value
                    for key, value in transition.items()
                }
                for transition in detail[_TRANSITIONS]
            ]
        detail["Tags"] = tags_of(context, after, kind.arn_key)
        return [after[kind.arn_key]], detail

    def _state(self, document: Document | None) -> list[object]:
        return [(document or {}).get(member) for member in self.states]

    @property
    def observer(self) -> Observer:
        """The observer that emits it."""
        return observer(f"SageMaker {self.words} State Change", self.tell)


_EVENTS = (
    JobEvent(
        TRAINING,
        "Training Job",
        (
            "TuningJobArn",
            "SecondaryStatus",
            "HyperParameters",
            "AlgorithmSpecification",
            "RoleArn",
            "InputDataConfig",
            "OutputDataConfig",
            "ModelArtifacts",
            "ResourceConfig",
            "VpcConfig",
            "StoppingCondition",
            _TRANSITIONS,
        ),
        ("TrainingJobStatus", "SecondaryStatus"),
    ),
    JobEvent(
        PROCESSING,
        "Processing Job",
        (
            "ProcessingInputs",
            "ProcessingOutputConfig",
            "ProcessingResources",
            "StoppingCondition",
            "AppSpecification",
            "Environment",
            "NetworkConfig",
            "RoleArn",
            "ExperimentConfig",
            "ExitMessage",
        ),
        ("ProcessingJobStatus",),
    ),
    JobEvent(
        TRANSFORM,
        "Transform Job",
        (
            "ModelName",
            "MaxConcurrentTransforms",
            "MaxPayloadInMB",
            "BatchStrategy",
            "Environment",
            "TransformInput",
            "TransformOutput",
            "TransformResources",
        ),
        ("TransformJobStatus",),
    ),
    JobEvent(
        TUNING,
        "HyperParameter Tuning Job",
        (
            "HyperParameterTuningJobConfig",
            "TrainingJobDefinition",
            "TrainingJobDefinitions",
            "TrainingJobStatusCounters",
            "ObjectiveStatusCounters",
            "BestTrainingJob",
        ),
        ("HyperParameterTuningJobStatus",),
    ),
)
OBSERVERS: tuple[tuple[str, Observer], ...] = tuple(
    (event.kind.noun, event.observer) for event in _EVENTS
)
