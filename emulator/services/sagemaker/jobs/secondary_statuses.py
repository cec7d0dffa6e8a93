"""SecondaryStatus of a training job and the history of its transitions."""

from collections.abc import Mapping

from emulator.services.sagemaker.jobs.lifecycle import Document, IllegalTransition

STARTING = "Starting"
DOWNLOADING = "Downloading"
TRAINING = "Training"
UPLOADING = "Uploading"
STOPPING = "Stopping"
COMPLETED = "Completed"
FAILED = "Failed"
STOPPED = "Stopped"
MAX_RUNTIME_EXCEEDED = "MaxRuntimeExceeded"

_ENDS = frozenset({FAILED, STOPPED})
_NEXT: Mapping[str, frozenset[str]] = {
    STARTING: frozenset({DOWNLOADING, TRAINING, STOPPING}) | _ENDS,
    DOWNLOADING: frozenset({TRAINING, STOPPING}) | _ENDS,
    TRAINING: frozenset({UPLOADING, STOPPING}) | _ENDS,
    UPLOADING: frozenset({COMPLETED, STOPPING, MAX_RUNTIME_EXCEEDED}) | _ENDS,
    STOPPING: frozenset({COMPLETED}) | _ENDS,
}

# Source: StatusMessage of SecondaryStatusTransitions, as DescribeTrainingJob answers.
_MESSAGES: Mapping[str, str] = {
    STARTING: "Starting the training job",
    DOWNLOADING: "Downloading input data",
    TRAINING: "Training image download completed. Training in progress.",
    UPLOADING: "Uploading generated training model",
    STOPPING: "Stopping the training job",
    COMPLETED: "Training job completed",
    FAILED: "Training job failed",
    STOPPED: "Training job stopped",
    MAX_RUNTIME_EXCEEDED: "Training job runtime exceeded MaxRuntimeInSeconds provided",
}


def first(at: float) -> Document:
    """The members of a job that starts now."""
    return {
        "SecondaryStatus": STARTING,
        "SecondaryStatusTransitions": [_transition(STARTING, at)],
    }


def enter(document: Document, status: str, at: float) -> None:
    """Put the secondary status into the document and close the one before.

    Raises:
        IllegalTransition: There is no way from the present one to this.
    """
    present = document["SecondaryStatus"]
    if status not in _NEXT.get(present, frozenset()):
        raise IllegalTransition(
            f"training job {document['TrainingJobName']!r}: no way from {present} to {status}"
        )
    document["SecondaryStatus"] = status
    document["SecondaryStatusTransitions"][-1]["EndTime"] = at
    transition = _transition(status, at)
    if status not in _NEXT:  # the job is over: nothing follows
        transition["EndTime"] = at
    document["SecondaryStatusTransitions"].append(transition)


def _transition(status: str, at: float) -> Document:
    return {"Status": status, "StartTime": at, "StatusMessage": _MESSAGES[status]}
