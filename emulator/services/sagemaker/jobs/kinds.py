"""The kinds of job, as data."""

from collections.abc import Callable
from dataclasses import dataclass

from emulator.errors import AwsError, resource_not_found, validation_error
from emulator.services.sagemaker.named_resources import ResourceKind


@dataclass(frozen=True)
class JobKind(ResourceKind):
    """How one kind of job is spelled, kept and logged.

    Attributes:
        directory: Its folder below ``data_dir/jobs``.
        log_group: Its CloudWatch log group, without the leading slash.
        not_found: AWS answers a missing job in three ways, by kind.
        taken: What AWS says of a name in use, of ``words``, ``Words``, ``name`` and ``arn``.
    """

    start_time_key: str
    end_time_key: str
    directory: str
    log_group: str
    not_found: Callable[[str], AwsError]
    taken: str = (
        "{Words} names must be unique within an AWS account and region, and a {words} with this"
        " name already exists ({arn})"
    )

    @property
    def status_key(self) -> str:
        """The member that holds the status."""
        return f"{self.noun}Status"


def _requested_resource_not_found(name: str) -> AwsError:
    return validation_error("Requested resource not found.")


def _could_not_find_job(name: str) -> AwsError:
    return validation_error(f"Could not find requested job with name: {name}")


def _no_tuning_job(name: str) -> AwsError:
    return resource_not_found(
        f"Amazon SageMaker can't find a tuning job called {name}. Type another name."
    )


TRAINING = JobKind(
    noun="TrainingJob",
    words="training job",
    arn_type="training-job",
    start_time_key="TrainingStartTime",
    end_time_key="TrainingEndTime",
    directory="training",
    log_group="aws/sagemaker/TrainingJobs",
    not_found=_requested_resource_not_found,
)
PROCESSING = JobKind(
    noun="ProcessingJob",
    words="processing job",
    arn_type="processing-job",
    start_time_key="ProcessingStartTime",
    end_time_key="ProcessingEndTime",
    directory="processing",
    log_group="aws/sagemaker/ProcessingJobs",
    not_found=_could_not_find_job,
)
TRANSFORM = JobKind(
    noun="TransformJob",
    words="transform job",
    arn_type="transform-job",
    start_time_key="TransformStartTime",
    end_time_key="TransformEndTime",
    directory="transform",
    log_group="aws/sagemaker/TransformJobs",
    not_found=_could_not_find_job,
)
TUNING = JobKind(
    noun="HyperParameterTuningJob",
    words="tuning job",
    arn_type="hyper-parameter-tuning-job",
    start_time_key="CreationTime",
    end_time_key="HyperParameterTuningEndTime",
    directory="tuning",
    log_group="aws/sagemaker/HyperParameterTuningJobs",
    not_found=_no_tuning_job,
    taken="A hyperparameter tuning job with the name, {name}, already exists. Choose a different"
    " name.",
)
