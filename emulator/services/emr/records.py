"""The documents of clusters and steps, and the words for those that are not there."""

import secrets
import string
from collections.abc import Callable, Mapping
from typing import Any

from emulator.context import Context, Request
from emulator.errors import AwsError, validation_error
from emulator.services.spark.listing import page_of
from emulator.store import Document

CLUSTER = "EmrCluster"
STEP = "EmrStep"

STARTING, RUNNING, WAITING = "STARTING", "RUNNING", "WAITING"
TERMINATING, TERMINATED, WITH_ERRORS = "TERMINATING", "TERMINATED", "TERMINATED_WITH_ERRORS"
PENDING, CANCEL_PENDING = "PENDING", "CANCEL_PENDING"
COMPLETED, CANCELLED, FAILED = "COMPLETED", "CANCELLED", "FAILED"
ENDED_CLUSTER = frozenset({TERMINATED, WITH_ERRORS})
ENDED_STEP = frozenset({COMPLETED, CANCELLED, FAILED, "INTERRUPTED"})

_ID_CHARACTERS = string.ascii_uppercase + string.digits
_PAGE_SIZE = 50


def new_id(prefix: str) -> str:
    """A new id such as j-3H6EATEXAMPLE."""
    return f"{prefix}-" + "".join(secrets.choice(_ID_CHARACTERS) for _ in range(13))


def cluster_arn(context: Context, cluster_id: str) -> str:
    """The cluster's ARN."""
    settings = context.settings
    return f"arn:aws:elasticmapreduce:{settings.region}:{settings.account_id}:cluster/{cluster_id}"


def step_name(cluster_id: str, step_id: str) -> str:
    """The name of a step in the store."""
    return f"{cluster_id}/{step_id}"


def invalid_request(message: str) -> AwsError:
    """EMR's answer to an id that is none."""
    return AwsError("InvalidRequestException", message, ErrorCode="")


def existing_cluster(context: Context, cluster_id: str) -> Document:
    """The cluster's document.

    Raises:
        AwsError: InvalidRequestException.
    """
    cluster = context.store.get(CLUSTER, cluster_id)
    if cluster is None:
        raise invalid_request(f"Cluster id '{cluster_id}' is not valid.")
    return cluster


def existing_job_flow(context: Context, cluster_id: str) -> Document:
    """The cluster's document, for the operations that call it a job flow.

    Raises:
        AwsError: ValidationException.
    """
    cluster = context.store.get(CLUSTER, cluster_id)
    if cluster is None:
        raise validation_error("Specified job flow ID does not exist.")
    return cluster


def existing_step(context: Context, cluster_id: str, step_id: str) -> Document:
    """The step's document.

    Raises:
        AwsError: InvalidRequestException.
    """
    existing_cluster(context, cluster_id)
    step = context.store.get(STEP, step_name(cluster_id, step_id))
    if step is None:
        raise invalid_request(f"Step id '{step_id}' is not valid.")
    return step


def steps_of(context: Context, cluster_id: str) -> list[Document]:
    """The cluster's steps, oldest first."""
    return context.store.list(STEP, f"{cluster_id}/")


def enter(document: Document, state: str, time: float, reason: Mapping[str, str]) -> None:
    """Move a cluster or a step to a state; the first RUNNING and the last state have their time."""
    status = document["Status"]
    status["State"] = state
    status["StateChangeReason"] = dict(reason)
    timeline = status["Timeline"]
    if state in (RUNNING, WAITING):
        timeline.setdefault("StartDateTime" if "Config" in document else "ReadyDateTime", time)
    if state in ENDED_CLUSTER or state in ENDED_STEP:
        timeline["EndDateTime"] = time


def page(
    request: Request, list_name: str, documents: list[Document], show: Callable[[Document], Any]
) -> tuple[list[Any], dict[str, str]]:
    """One page of 50, and the Marker of the next as a member of the answer.

    Raises:
        AwsError: InvalidRequestException for a Marker that this list did not give.
    """
    marker = request.get("Marker")
    try:
        shown, following = page_of(documents, show, list_name, marker, _PAGE_SIZE)
    except ValueError as error:
        raise invalid_request(f"Marker '{marker}' is not valid.") from error
    return shown, {"Marker": following} if following else {}
