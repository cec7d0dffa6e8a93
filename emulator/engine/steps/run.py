"""What a step is given to run with, and how it tells its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.context import Context
from emulator.engine.definition import Step
from emulator.errors import AwsError

SERVICE_FAULT, THROTTLING = "Step.SERVICE_FAULT", "Step.THROTTLING"
JOB_INTERNAL_ERROR = "SageMaker.JOB_INTERNAL_ERROR"
CAPACITY_ERROR = "SageMaker.CAPACITY_ERROR"
RESOURCE_LIMIT = "SageMaker.RESOURCE_LIMIT"

_CALL_EXCEPTIONS: Mapping[str, str] = {
    "ResourceLimitExceeded": RESOURCE_LIMIT,
    "ThrottlingException": THROTTLING,
    "Throttling": THROTTLING,
    "TooManyRequestsException": THROTTLING,
    "InternalFailure": SERVICE_FAULT,
    "InternalServerError": SERVICE_FAULT,
    "ServiceUnavailable": SERVICE_FAULT,
    "ServiceException": SERVICE_FAULT,
}
_FIRST_STATUS_OF_A_SERVER_FAULT = 500
_EXECUTION_TAG, _STEP_TAG = "sagemaker:pipeline-execution-arn", "sagemaker:pipeline-step-name"


class StepFailed(Exception):
    """The step did not do what it should.

    Attributes:
        reason: The step's FailureReason.
        exception_type: The kind of failure as RetryPolicies name it, or None: never retried.
    """

    def __init__(self, reason: str, exception_type: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.exception_type = exception_type


class StepStopped(Exception):
    """The step's job was stopped before its end."""


@dataclass(frozen=True)
class StepResult:
    """What a step leaves for others.

    Attributes:
        metadata: The member of ListPipelineExecutionSteps' Metadata.
        resource_name: The name by which the API describes what the step made.
        outputs: The values of its OutputParameters.
    """

    metadata: Mapping[str, Any]
    resource_name: str | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StepRun:
    """One attempt of one step.

    Attributes:
        arguments: The step's Arguments without expressions, in the types that the API wants.
        target: The function's ARN or the queue's URL.
        job_name: The name for the job or resource that the step makes.
        report: Told as soon as the job is there, so that it can be seen and stopped.
        is_stopping: Whether the execution is being stopped.
    """

    context: Context
    execution_arn: str
    step: Step
    arguments: Mapping[str, Any]
    target: str | None
    job_name: str
    report: Callable[[StepResult], None]
    is_stopping: Callable[[], bool]

    def call(self, operation: str, service: str = "sagemaker", **parameters: Any) -> dict[str, Any]:
        """Call the emulator's API for the step.

        Raises:
            StepFailed: The call was refused.
        """
        try:
            return self.context.api.call(service, operation, **parameters)
        except AwsError as error:
            raise StepFailed(
                f"ClientError: Failed to invoke {service}:{operation}."
                f" Error Details: {error.message}",
                _call_exception(error),
            ) from error

    def tagged(self) -> dict[str, Any]:
        """The Arguments with the tags by which a job tells its execution and its step."""
        own = {_EXECUTION_TAG: self.execution_arn, _STEP_TAG: self.step.name}
        others = [tag for tag in self.arguments.get("Tags", []) if tag["Key"] not in own]
        added = [{"Key": key, "Value": value} for key, value in own.items()]
        return {**self.arguments, "Tags": [*others, *added]}


def _call_exception(error: AwsError) -> str | None:
    if error.status >= _FIRST_STATUS_OF_A_SERVER_FAULT:
        return SERVICE_FAULT
    return _CALL_EXCEPTIONS.get(error.code)
