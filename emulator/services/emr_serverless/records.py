"""The documents of applications and job runs."""

import secrets
import string
from collections.abc import Callable
from typing import Any

from emulator.context import Context, Request
from emulator.errors import AwsError, validation_error
from emulator.services.spark.listing import page_of
from emulator.store import Document

APPLICATION = "EmrServerlessApplication"
JOB_RUN = "EmrServerlessJobRun"

CREATED, STARTED, STOPPED, TERMINATED = "CREATED", "STARTED", "STOPPED", "TERMINATED"
SUBMITTED, RUNNING = "SUBMITTED", "RUNNING"
SUCCESS, FAILED, CANCELLING, CANCELLED = "SUCCESS", "FAILED", "CANCELLING", "CANCELLED"
ENDED = frozenset({SUCCESS, FAILED, CANCELLED})

DETAILS_CHARACTERS = 256  # botocore shape String256
_ID_CHARACTERS = string.ascii_lowercase + string.digits
_PAGE_SIZE = 50


def new_id() -> str:
    """A new id such as 00f5trm1fv0d3p09."""
    return "00" + "".join(secrets.choice(_ID_CHARACTERS) for _ in range(14))


def application_arn(context: Context, application_id: str) -> str:
    """The application's ARN, with which those of its job runs begin."""
    settings = context.settings
    return (
        f"arn:aws:emr-serverless:{settings.region}:{settings.account_id}"
        f":/applications/{application_id}"
    )


def job_run_name(application_id: str, job_run_id: str) -> str:
    """The name of a job run in the store."""
    return f"{application_id}/{job_run_id}"


def not_found(message: str) -> AwsError:
    """The answer to what is not there."""
    return AwsError("ResourceNotFoundException", message, 404)


def existing_application(context: Context, application_id: str) -> Document:
    """The application's document.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    application = context.store.get(APPLICATION, application_id)
    if application is None:
        raise not_found(f"Application {application_id} does not exist.")
    return application


def existing_job_run(context: Context, application_id: str, job_run_id: str) -> Document:
    """The job run's document.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    existing_application(context, application_id)
    job_run = context.store.get(JOB_RUN, job_run_name(application_id, job_run_id))
    if job_run is None:
        raise not_found(f"Job run {job_run_id} of application {application_id} does not exist.")
    return job_run


def job_runs_of(context: Context, application_id: str) -> list[Document]:
    """The application's job runs, oldest first."""
    return context.store.list(JOB_RUN, f"{application_id}/")


def page(
    request: Request, list_name: str, documents: list[Document], show: Callable[[Document], Any]
) -> tuple[list[Any], dict[str, str]]:
    """One page, and the nextToken of the next as a member of the answer.

    Raises:
        AwsError: ValidationException for a token that this list did not give.
    """
    size = int(request.get("maxResults", _PAGE_SIZE))
    try:
        shown, following = page_of(documents, show, list_name, request.get("nextToken"), size)
    except ValueError as error:
        raise validation_error("The nextToken is none that this operation gave.") from error
    return shown, {"nextToken": following} if following else {}
