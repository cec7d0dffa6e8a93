"""The jobs of Lambda actions and rules: their functions' answers."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError
from emulator.services.codepipeline.records import IN_PROGRESS, JOB
from emulator.store import Document

# Source: "Quotas in CodePipeline", total size of all output variables of an action.
_VARIABLES_CHARACTERS = 122_880


def put_job_success_result(context: Context, request: Request) -> Answer:
    """The job succeeded, or with a continuation token goes on in another invocation.

    Raises:
        AwsError: JobNotFoundException; InvalidJobStateException;
            OutputVariablesSizeExceededException.
    """
    variables = request.get("outputVariables", {})
    size = sum(len(key) + len(value) for key, value in variables.items())
    if size > _VARIABLES_CHARACTERS:
        raise AwsError(
            "OutputVariablesSizeExceededException",
            f"The output variables have {size} characters; at most {_VARIABLES_CHARACTERS}",
        )
    return _answer(context, request, "Succeeded")


def put_job_failure_result(context: Context, request: Request) -> Answer:
    """The job failed, and its action or rule with it.

    Raises:
        AwsError: JobNotFoundException; InvalidJobStateException.
    """
    return _answer(context, request, "Failed")


def get_job_details(context: Context, request: Request) -> Answer:
    """What the function was told of the job, and of which execution it is.

    Raises:
        AwsError: JobNotFoundException.
    """
    job = _existing(context, request["jobId"])
    members = ("id", "accountId", "data")
    return {"jobDetails": {member: job[member] for member in members}}


def _existing(context: Context, job_id: str) -> Document:
    job = context.store.get(JOB, job_id)
    if job is None:
        raise AwsError("JobNotFoundException", f"There is no job with id {job_id}")
    return job


def _answer(context: Context, request: Request, status: str) -> Answer:
    job_id = request["jobId"]
    _existing(context, job_id)
    answer: dict[str, Any] = {key: value for key, value in request.items() if key != "jobId"}

    def keep(job: Document) -> None:
        if job["status"] != IN_PROGRESS:
            raise AwsError(
                "InvalidJobStateException",
                f"Job {job_id} is {job['status']}: expected {IN_PROGRESS}",
            )
        job["status"], job["_Answer"] = status, answer

    context.store.update(JOB, job_id, keep)
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "GetJobDetails": get_job_details,
    "PutJobSuccessResult": put_job_success_result,
    "PutJobFailureResult": put_job_failure_result,
}
