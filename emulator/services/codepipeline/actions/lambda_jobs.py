"""Jobs of Lambda functions, by which these answer an action or a rule.

Source: "Invoke an AWS Lambda function in a pipeline in CodePipeline" of the user guide, with the
event's format.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.codepipeline.actions.work import (
    CONFIGURATION_ERROR,
    JOB_FAILED,
    Abandoned,
    ActionFailed,
)
from emulator.services.codepipeline.artifacts import Artifact
from emulator.services.codepipeline.records import IN_PROGRESS, JOB
from emulator.store import Document

# Source: "Quotas in CodePipeline": how long a function may be silent, and may go on in all.
SILENCE_SECONDS, TOTAL_SECONDS = 20 * 60, 24 * 60 * 60
# Ours: AWS documents no pause before a function is called again with its continuation token.
_CONTINUATION_SECONDS = 1
_CREDENTIALS = {"accessKeyId": "local", "secretAccessKey": "local", "sessionToken": "local"}


class FailedByFunction(ActionFailed):
    """The function has answered, and that by PutJobFailureResult."""


@dataclass(frozen=True)
class Question:
    """What a function is asked.

    Attributes:
        configuration: FunctionName and UserParameters, with their variables resolved.
        is_wanted: Whether whoever asks still waits for the answer.
    """

    context: Context
    configuration: Mapping[str, str]
    inputs: tuple[Artifact, ...]
    outputs: tuple[Artifact, ...]
    encryption_key: Mapping[str, str] | None
    is_wanted: Callable[[], bool]
    total_seconds: float = TOTAL_SECONDS


def ask(question: Question) -> Mapping[str, Any]:
    """Call the function, again while it continues, and give its PutJobSuccessResult.

    Raises:
        FailedByFunction: It said PutJobFailureResult.
        ActionFailed: It cannot be called, failed, or did not answer in time.
        Abandoned: The answer is not wanted any more.
    """
    store, clock, token = question.context.store, question.context.clock, None
    deadline = clock() + question.total_seconds
    while True:
        job_id = str(uuid.uuid4())
        job = job_event(question, job_id, token)
        store.insert(JOB, job_id, {**job, "status": IN_PROGRESS})
        try:
            _call(question, job)
            document = _answered(question, job_id, min(SILENCE_SECONDS, deadline - clock()))
        finally:
            _close(question, job_id)
        answer: Mapping[str, Any] = document["_Answer"]
        if "failureDetails" in answer:
            details = answer["failureDetails"]
            raise FailedByFunction(details["type"], details["message"])
        token = answer.get("continuationToken")
        if token is None:
            return answer
        time.sleep(_CONTINUATION_SECONDS)


def _call(question: Question, job: Document) -> None:
    """Run the function to its end; whatever it says of the job is in the job's document."""
    name = question.configuration["FunctionName"]
    event = {"CodePipeline.job": job}
    try:
        answer = question.context.api.call(
            "lambda", "Invoke", FunctionName=name, Payload=json.dumps(event).encode()
        )
    except AwsError as error:
        raise ActionFailed(
            CONFIGURATION_ERROR, f"The AWS Lambda function {name} cannot be invoked: {error}"
        ) from error
    now = question.context.store.get(JOB, job["id"])
    if "FunctionError" in answer and (now is None or now["status"] == IN_PROGRESS):
        raise ActionFailed(
            JOB_FAILED,
            f"The AWS Lambda function {name} failed to return a result: "
            f"{_error_text(answer['Payload'])}. Its log is /aws/lambda/{name}",
        )


def _error_text(payload: bytes) -> str:
    try:
        error = json.loads(payload)
        return f"{error['errorType']}: {error['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return payload.decode(errors="replace")


def job_event(question: Question, job_id: str, token: str | None) -> dict[str, Any]:
    """The job as the function's event tells it."""
    data: dict[str, Any] = {
        "actionConfiguration": {"configuration": dict(question.configuration)},
        "inputArtifacts": [_location(artifact) for artifact in question.inputs],
        "outputArtifacts": [_location(artifact) for artifact in question.outputs],
        "artifactCredentials": _CREDENTIALS,
    }
    if token is not None:
        data["continuationToken"] = token
    if question.encryption_key:
        data["encryptionKey"] = dict(question.encryption_key)
    return {"id": job_id, "accountId": question.context.settings.account_id, "data": data}


def _location(artifact: Artifact) -> dict[str, Any]:
    place = {"bucketName": artifact.bucket, "objectKey": artifact.key}
    return {
        "name": artifact.name,
        "revision": None,
        "location": {"type": "S3", "s3Location": place},
    }


def _answered(question: Question, job_id: str, timeout_seconds: float) -> Document:
    """The job once it is answered; whoever the function gave the id to may do that."""
    store = question.context.store

    def is_answered(job: Document) -> bool:
        return job["status"] != IN_PROGRESS or not question.is_wanted()

    try:
        job = store.wait_until(JOB, job_id, is_answered, timeout_seconds)
    except TimeoutError as error:
        name = question.configuration["FunctionName"]
        raise ActionFailed(
            JOB_FAILED,
            f"The AWS Lambda function {name} failed to return a result. Check the function to "
            "verify that it has permission to call the PutJobSuccessResult action and that it made "
            "a call to PutJobSuccessResult.",
        ) from error
    if job["status"] == IN_PROGRESS:
        raise Abandoned
    return job


def _close(question: Question, job_id: str) -> None:
    """Take no more answers."""

    def close(job: Document) -> None:
        if job["status"] == IN_PROGRESS:
            job["status"] = "TimedOut"

    question.context.store.update(JOB, job_id, close)
