"""Operations on applications."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError, validation_error
from emulator.services.emr_serverless.checks import check_application
from emulator.services.emr_serverless.records import (
    APPLICATION,
    CREATED,
    ENDED,
    STARTED,
    STOPPED,
    TERMINATED,
    application_arn,
    existing_application,
    job_runs_of,
    new_id,
    page,
)
from emulator.services.spark.listing import public
from emulator.store import Document

_KEPT = (
    "name",
    "releaseLabel",
    "initialCapacity",
    "maximumCapacity",
    "tags",
    "autoStartConfiguration",
    "autoStopConfiguration",
    "networkConfiguration",
    "architecture",
    "runtimeConfiguration",
    "monitoringConfiguration",
    "diskEncryptionConfiguration",
    "interactiveConfiguration",
    "schedulerConfiguration",
    "identityCenterConfiguration",
    "jobLevelCostAllocationConfiguration",
)
_SUMMARY = (
    "name",
    "arn",
    "releaseLabel",
    "type",
    "state",
    "stateDetails",
    "createdAt",
    "updatedAt",
    "architecture",
)
# Source: API_CreateApplication: both are enabled, and the timeout is of 15 minutes.
_DEFAULTS: Mapping[str, Any] = {
    "architecture": "X86_64",
    "tags": {},
    "autoStartConfiguration": {"enabled": True},
    "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": 15},
}


@blocking
def create_application(context: Context, request: Request) -> Answer:
    """Make an application; the same clientToken gives the same one.

    Raises:
        AwsError: ValidationException; UnsupportedByEmulator; ConflictException.
    """
    check_application(context, request)
    token = request.get("clientToken")
    for made in context.store.list(APPLICATION):
        if token is not None and made["_ClientToken"] == token:
            return _made(_same(made, request))
    application_id, now = new_id(), context.clock()
    document = {
        **_DEFAULTS,
        **{key: request[key] for key in _KEPT if key in request},
        "applicationId": application_id,
        "arn": application_arn(context, application_id),
        "type": "Spark",
        "state": CREATED,
        "stateDetails": "",
        "createdAt": now,
        "updatedAt": now,
        "_ClientToken": token,
    }
    context.store.insert(APPLICATION, application_id, document)
    return _made(document)


def _same(made: Document, request: Request) -> Document:
    if made.get("name") != request.get("name"):
        raise AwsError(
            "ConflictException",
            "The clientToken was used for an application with other parameters.",
            409,
        )
    return made


def _made(document: Document) -> Answer:
    name = {"name": document["name"]} if "name" in document else {}
    return {"applicationId": document["applicationId"], "arn": document["arn"], **name}


def get_application(context: Context, request: Request) -> Answer:
    """GetApplication."""
    return {"application": public(_settled(context, request["applicationId"]))}


def list_applications(context: Context, request: Request) -> Answer:
    """ListApplications, newest first."""
    states = request.get("states")
    ids = [each["applicationId"] for each in reversed(context.store.list(APPLICATION))]
    found = [_settled(context, application_id) for application_id in ids]
    wanted = [each for each in found if not states or each["state"] in states]
    shown, token = page(request, "ListApplications", wanted, _summary)
    return {"applications": shown, **token}


def _summary(document: Document) -> Answer:
    shown = {key: document[key] for key in _SUMMARY if key in document}
    return {"id": document["applicationId"], **shown}


@blocking
def update_application(context: Context, request: Request) -> Answer:
    """Change an application that is not started.

    Raises:
        AwsError: ValidationException; UnsupportedByEmulator.
    """
    check_application(context, request)
    application_id = request["applicationId"]
    _refuse_unless(_settled(context, application_id), (CREATED, STOPPED), "updated")
    changes = {key: request[key] for key in _KEPT if key in request}
    changed = context.store.update(
        APPLICATION,
        application_id,
        lambda each: {**each, **changes, "updatedAt": context.clock()},
    )
    return {"application": public(changed)}


def start_application(context: Context, request: Request) -> Answer:
    """Start an application: there is no capacity to wait for."""
    application_id = request["applicationId"]
    _refuse_unless(_settled(context, application_id), (CREATED, STOPPED, STARTED), "started")
    enter(context, application_id, STARTED)
    return {}


def stop_application(context: Context, request: Request) -> Answer:
    """Stop an application.

    Raises:
        AwsError: ValidationException while it has jobs that run.
    """
    application_id = request["applicationId"]
    _refuse_unless(_settled(context, application_id), (STARTED, STOPPED), "stopped")
    active = _active_job_runs(context, application_id)
    if active:
        raise validation_error(
            "All scheduled and running jobs must be completed or cancelled before the application "
            f"{application_id} is stopped: {', '.join(active)}."
        )
    enter(context, application_id, STOPPED)
    return {}


def delete_application(context: Context, request: Request) -> Answer:
    """Delete an application, which is TERMINATED then."""
    application_id = request["applicationId"]
    _refuse_unless(_settled(context, application_id), (CREATED, STOPPED), "deleted")
    enter(context, application_id, TERMINATED)
    return {}


def enter(context: Context, application_id: str, state: str) -> None:
    """Move an application to a state."""
    context.store.update(
        APPLICATION,
        application_id,
        lambda each: {**each, "state": state, "updatedAt": context.clock()},
    )


def ready_for_job(context: Context, application_id: str) -> Document:
    """The application, started if it may start by itself.

    Raises:
        AwsError: ValidationException when it may not, or is deleted.
    """
    application = _settled(context, application_id)
    if application["state"] == STARTED:
        return application
    starts = application["autoStartConfiguration"].get("enabled", True)
    if application["state"] == TERMINATED or not starts:
        raise validation_error(
            f"Application {application_id} is in state {application['state']}: expected STARTED, "
            "or autoStartConfiguration enabled."
        )
    enter(context, application_id, STARTED)
    return existing_application(context, application_id)


def _refuse_unless(application: Document, states: tuple[str, ...], done: str) -> None:
    if application["state"] not in states:
        raise validation_error(
            f"Application {application['applicationId']} must be in state {' or '.join(states)} to "
            f"be {done}; it is in state {application['state']}."
        )


def _settled(context: Context, application_id: str) -> Document:
    """The application, stopped if it was idle for as long as it may be."""
    application = existing_application(context, application_id)
    policy = application["autoStopConfiguration"]
    if application["state"] != STARTED or not policy.get("enabled", True):
        return application
    runs = job_runs_of(context, application_id)
    last = max([application["updatedAt"], *(run["updatedAt"] for run in runs)])
    idle_seconds = policy.get("idleTimeoutMinutes", 15) * 60
    if context.clock() - last < idle_seconds or _active_job_runs(context, application_id):
        return application
    enter(context, application_id, STOPPED)
    return existing_application(context, application_id)


def _active_job_runs(context: Context, application_id: str) -> list[str]:
    runs = job_runs_of(context, application_id)
    return [run["jobRunId"] for run in runs if run["state"] not in ENDED]


OPERATIONS: Mapping[str, Handler] = {
    "CreateApplication": create_application,
    "GetApplication": get_application,
    "ListApplications": list_applications,
    "UpdateApplication": update_application,
    "StartApplication": start_application,
    "StopApplication": stop_application,
    "DeleteApplication": delete_application,
}
