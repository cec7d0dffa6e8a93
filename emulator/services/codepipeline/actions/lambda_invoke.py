"""Invoke: a Lambda function, and the job by which it answers.

Source: "Invoke an AWS Lambda function in a pipeline in CodePipeline" of the user guide, with the
event's format.
"""

import json
import time
import uuid
from typing import Any

from emulator.errors import AwsError
from emulator.services.codepipeline.actions.work import (
    CONFIGURATION_ERROR,
    JOB_FAILED,
    Abandoned,
    ActionFailed,
    Result,
    Work,
)
from emulator.services.codepipeline.artifacts import Artifact
from emulator.services.codepipeline.records import ACTION_EXECUTION, IN_PROGRESS, JOB
from emulator.store import Document

# Source: "Quotas in CodePipeline": how long a function may be silent, and may go on in all.
SILENCE_SECONDS, TOTAL_SECONDS = 20 * 60, 24 * 60 * 60
# Ours: AWS documents no pause before a function is called again with its continuation token.
_CONTINUATION_SECONDS = 1
_CREDENTIALS = {"accessKeyId": "local", "secretAccessKey": "local", "sessionToken": "local"}


def perform(work: Work) -> Result:
    """Call the function, again while it continues, and wait for its answer."""
    store, token = work.context.store, None
    deadline = work.context.clock() + TOTAL_SECONDS
    while True:
        job_id = str(uuid.uuid4())
        job = job_event(work, job_id, token)
        store.insert(JOB, job_id, {**job, "status": IN_PROGRESS})
        try:
            _call(work, job)
            left = deadline - work.context.clock()
            document = _answered(work, job_id, min(SILENCE_SECONDS, left))
        finally:
            _close(work, job_id)
        answer = document["_Answer"]
        if "failureDetails" in answer:
            details = answer["failureDetails"]
            raise ActionFailed(details["type"], details["message"])
        token = answer.get("continuationToken")
        if token is None:
            return _result(work, answer)
        time.sleep(_CONTINUATION_SECONDS)


def _call(work: Work, job: Document) -> None:
    """Run the function to its end; whatever it says of the job is in the job's document."""
    name = work.configuration["FunctionName"]
    event = {"CodePipeline.job": job}
    try:
        answer = work.context.api.call(
            "lambda", "Invoke", FunctionName=name, Payload=json.dumps(event).encode()
        )
    except AwsError as error:
        raise ActionFailed(
            CONFIGURATION_ERROR, f"The AWS Lambda function {name} cannot be invoked: {error}"
        ) from error
    now = work.context.store.get(JOB, job["id"])
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


def job_event(work: Work, job_id: str, token: str | None) -> dict[str, Any]:
    """The job as the function's event tells it."""
    data: dict[str, Any] = {
        "actionConfiguration": {"configuration": dict(work.configuration)},
        "inputArtifacts": [_location(artifact) for artifact in work.inputs],
        "outputArtifacts": [_location(artifact) for artifact in work.outputs],
        "artifactCredentials": _CREDENTIALS,
    }
    if token is not None:
        data["continuationToken"] = token
    if work.plan.encryption_key:
        data["encryptionKey"] = dict(work.plan.encryption_key)
    return {"id": job_id, "accountId": work.context.settings.account_id, "data": data}


def _location(artifact: Artifact) -> dict[str, Any]:
    place = {"bucketName": artifact.bucket, "objectKey": artifact.key}
    return {
        "name": artifact.name,
        "revision": None,
        "location": {"type": "S3", "s3Location": place},
    }


def _answered(work: Work, job_id: str, timeout_seconds: float) -> Document:
    """The job once it is answered; whoever the function gave the id to may do that."""
    store = work.context.store

    def is_answered(job: Document) -> bool:
        action = store.get(ACTION_EXECUTION, work.name)
        return job["status"] != IN_PROGRESS or action is None or action["status"] != IN_PROGRESS

    try:
        job = store.wait_until(JOB, job_id, is_answered, timeout_seconds)
    except TimeoutError as error:
        name = work.configuration["FunctionName"]
        raise ActionFailed(
            JOB_FAILED,
            f"The AWS Lambda function {name} failed to return a result. Check the function to "
            "verify that it has permission to call the PutJobSuccessResult action and that it made "
            "a call to PutJobSuccessResult.",
        ) from error
    if job["status"] == IN_PROGRESS:
        raise Abandoned
    return job


def _close(work: Work, job_id: str) -> None:
    """Take no more answers."""

    def close(job: Document) -> None:
        if job["status"] == IN_PROGRESS:
            job["status"] = "TimedOut"

    work.context.store.update(JOB, job_id, close)


def _result(work: Work, answer: Document) -> Result:
    details = answer.get("executionDetails", {})
    if "externalExecutionId" in details:
        work.report(externalExecutionId=details["externalExecutionId"])
    return Result(summary=details.get("summary", ""), variables=answer.get("outputVariables", {}))
