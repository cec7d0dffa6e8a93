"""Operations on job runs."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import validation_error
from emulator.services.emr_serverless import running
from emulator.services.emr_serverless.applications import ready_for_job
from emulator.services.emr_serverless.checks import check_job_run
from emulator.services.emr_serverless.records import (
    CANCELLED,
    CANCELLING,
    ENDED,
    JOB_RUN,
    RUNNING,
    SUBMITTED,
    existing_application,
    existing_job_run,
    job_run_name,
    job_runs_of,
    new_id,
    page,
)
from emulator.services.spark import runs
from emulator.services.spark.listing import public
from emulator.store import Document

# Source: API_StartJobRun: 12 hours.
_DEFAULT_TIMEOUT_MINUTES = 720
_KEPT = ("name", "configurationOverrides", "jobDriver", "executionIamPolicy")
_SUMMARY = (
    "applicationId",
    "name",
    "mode",
    "arn",
    "createdBy",
    "createdAt",
    "updatedAt",
    "executionRole",
    "state",
    "stateDetails",
    "releaseLabel",
    "attempt",
)


def start_job_run(context: Context, request: Request) -> Answer:
    """Start a job run; the same clientToken gives the same one.

    Raises:
        AwsError: ValidationException; ResourceNotFoundException; UnsupportedByEmulator.
    """
    application_id, token = request["applicationId"], request.get("clientToken")
    existing_application(context, application_id)
    check_job_run(context, request)
    for made in job_runs_of(context, application_id):
        if token is not None and made["_ClientToken"] == token:
            return _made(made)
    document = _new_document(context, ready_for_job(context, application_id), request)
    context.store.insert(JOB_RUN, job_run_name(application_id, document["jobRunId"]), document)
    running.start(context, document)
    return _made(document)


def _new_document(context: Context, application: Document, request: Request) -> Document:
    job_run_id, now = new_id(), context.clock()
    account = context.settings.account_id
    return {
        **{key: request[key] for key in _KEPT if key in request},
        "applicationId": application["applicationId"],
        "jobRunId": job_run_id,
        "arn": f"{application['arn']}/jobruns/{job_run_id}",
        "createdBy": f"arn:aws:iam::{account}:root",
        "createdAt": now,
        "updatedAt": now,
        "executionRole": request.get("executionRoleArn", ""),
        "state": SUBMITTED,
        "stateDetails": "",
        "releaseLabel": application["releaseLabel"],
        "tags": request.get("tags", {}),
        "mode": "BATCH",
        "attempt": 1,
        "executionTimeoutMinutes": request.get("executionTimeoutMinutes", _DEFAULT_TIMEOUT_MINUTES),
        "_ClientToken": request.get("clientToken"),
    }


def _made(document: Document) -> Answer:
    return {key: document[key] for key in ("applicationId", "jobRunId", "arn")}


def get_job_run(context: Context, request: Request) -> Answer:
    """GetJobRun."""
    return {
        "jobRun": public(existing_job_run(context, request["applicationId"], request["jobRunId"]))
    }


def list_job_runs(context: Context, request: Request) -> Answer:
    """ListJobRuns, newest first."""
    application_id = request["applicationId"]
    existing_application(context, application_id)
    found = [run for run in reversed(job_runs_of(context, application_id)) if _fits(run, request)]
    shown, token = page(request, f"ListJobRuns/{application_id}", found, _summary)
    return {"jobRuns": shown, **token}


def _fits(run: Document, request: Request) -> bool:
    created, states = run["createdAt"], request.get("states")
    return (
        (not states or run["state"] in states)
        and created >= request.get("createdAtAfter", created)
        and created <= request.get("createdAtBefore", created)
        and request.get("mode", run["mode"]) == run["mode"]
    )


def _summary(document: Document) -> Answer:
    shown = {key: document[key] for key in _SUMMARY if key in document}
    return {"id": document["jobRunId"], **shown}


def cancel_job_run(context: Context, request: Request) -> Answer:
    """Ask a job run to end; it is CANCELLED when its process is gone.

    Raises:
        AwsError: ValidationException when it has ended.
    """
    application_id, job_run_id = request["applicationId"], request["jobRunId"]
    existing_job_run(context, application_id, job_run_id)

    def cancel(run: Document) -> None:
        if run["state"] in ENDED:
            raise validation_error(
                f"Job run {job_run_id} is in state {run['state']}, in which it cannot be cancelled."
            )
        run["state"] = CANCELLING if run["state"] in (RUNNING, CANCELLING) else CANCELLED
        run["updatedAt"] = context.clock()

    context.store.update(JOB_RUN, job_run_name(application_id, job_run_id), cancel)
    grace_seconds = request.get("shutdownGracePeriodInSeconds")
    runs.stop(context, job_run_id, grace_seconds)
    return {"applicationId": application_id, "jobRunId": job_run_id}


OPERATIONS: Mapping[str, Handler] = {
    "StartJobRun": start_job_run,
    "GetJobRun": get_job_run,
    "ListJobRuns": list_job_runs,
    "CancelJobRun": cancel_job_run,
}
