"""One resource made, changed or removed: the provider's work with what the store keeps of it."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
)

from emulator.errors import AwsError
from emulator.services.cloudformation.execution.sites import Site
from emulator.services.cloudformation.history import tell_of_resource
from emulator.services.cloudformation.physical_names import physical_name
from emulator.services.cloudformation.records import RESOURCE, resource_name
from emulator.services.cloudformation.resources import provider_of
from emulator.services.cloudformation.resources.failures import is_gone, reason_of
from emulator.services.cloudformation.resources.fitting import Unfit
from emulator.services.cloudformation.resources.provider import (
    Cancelled,
    Provider,
    ResourceFailed,
    Work,
)
from emulator.store import Document

logger = logging.getLogger(__name__)

_ENDING_SECONDS = 30
INITIATED = "Resource creation Initiated"
_CHANGED_ID = "Requested update required the provider to create a new physical resource"
# What a resource's own doing or its service's refusal raises; anything else is a fault of ours.
_REFUSALS = (AwsError, BotoCoreError, ClientError, ResourceFailed, Unfit)


def work_for(site: Site, resource: Document, **members: Any) -> Work:
    """The provider's piece of work on a resource."""
    return Work(
        context=site.context,
        stack=site.stack,
        logical_id=resource["LogicalResourceId"],
        type_name=resource["ResourceType"],
        properties=resource["_Properties"],
        name=resource.get("_Name", ""),
        physical_id=resource.get("PhysicalResourceId", ""),
        tags=resource["_Tags"],
        cancelled=site.operation.cancelled,
        keep=lambda attributes: _keep(site, resource, attributes),
        attributes=resource.get("_Attributes", {}),
        **members,
    )


def _keep(site: Site, resource: Document, attributes: Mapping[str, Any]) -> None:
    current = _current(site, resource)
    site.put(current | {"_Attributes": dict(attributes)})


def create(site: Site, wanted: Document, status: str, reason: str | None = None) -> None:
    """Make the resource anew and keep it; ``status`` is that of the operation, in progress.

    Raises:
        ResourceFailed: One of its name is there already.
        ClientError: The service refused.
    """
    provider = provider_of(wanted["ResourceType"])
    wanted["_Name"], is_own = _name(site, provider, wanted)
    site.put(wanted)
    site.enter(wanted["LogicalResourceId"], status, reason)
    work = work_for(site, wanted)
    if provider.identity is not None:
        expected = provider.identity(work)
        if is_own:
            _refuse_existing(provider, work, expected)
        # What dies between the call and its answer can then still be found and removed.
        site.put({**_current(site, wanted), "_Expected": expected})
    is_made: list[str] = []
    work = replace(work, made=_keeper(site, wanted, status, is_made))
    try:
        physical_id = provider.create(work)
    except (ClientError, ResourceFailed, Unfit):
        if not is_made:
            # It was refused: what has that name now, if anything, is somebody else's.
            site.put({**_current(site, wanted), "_Expected": None})
        raise
    if not is_made:
        work.made(physical_id)
    _keep_attributes(site, provider, wanted)


def _name(site: Site, provider: Provider, wanted: Document) -> tuple[str, bool]:
    naming = provider.naming
    if naming is None:
        return "", True
    given = wanted["_Properties"].get(naming.member)
    if given:
        return str(given), True
    return physical_name(site.stack["StackName"], wanted["LogicalResourceId"], naming), False


def _refuse_existing(provider: Provider, work: Work, expected: str) -> None:
    """What somebody else made must neither be taken over nor be removed by a rollback."""
    try:
        provider.attributes(replace(work, physical_id=expected))
    except ClientError as error:
        if is_gone(error):
            return
        raise
    identifier = work.name or expected
    raise ResourceFailed(
        f"Resource of type '{work.type_name}' with identifier '{identifier}' already exists."
    )


def _current(site: Site, wanted: Document) -> Document:
    name = resource_name(site.stack["StackId"], wanted["LogicalResourceId"])
    return site.context.store.get(RESOURCE, name) or wanted


def _keeper(site: Site, wanted: Document, status: str, is_made: list[str]) -> Callable[[str], None]:
    def made(physical_id: str) -> None:
        is_made.append(physical_id)
        current = _current(site, wanted)
        current["PhysicalResourceId"] = physical_id
        current.pop("_Expected", None)
        site.put(current)
        site.enter(wanted["LogicalResourceId"], status, INITIATED)

    return made


def _keep_attributes(site: Site, provider: Provider, wanted: Document) -> None:
    current = _current(site, wanted)
    found = dict(provider.attributes(work_for(site, current)))
    site.put({**current, "_Attributes": {"Id": current["PhysicalResourceId"], **found}})


def update(site: Site, before: Document, wanted: Document) -> None:
    """Change the resource that is there to what it is to be.

    Raises:
        ClientError: The service refused.
    """
    provider = provider_of(wanted["ResourceType"])
    kept: Document = {key: before[key] for key in ("PhysicalResourceId", "_Name") if key in before}
    current: Document = {**wanted, **kept}
    site.put(current)
    site.enter(wanted["LogicalResourceId"], "UPDATE_IN_PROGRESS")
    work = work_for(
        site, current, before=before["_Properties"], tags_before=before.get("_Tags", {})
    )
    changed_id = provider.update(work) if provider.update is not None else None
    if changed_id and changed_id != current["PhysicalResourceId"]:
        site.put(_current(site, current) | {"PhysicalResourceId": changed_id})
        site.enter(wanted["LogicalResourceId"], "UPDATE_IN_PROGRESS", _CHANGED_ID)
    _keep_attributes(site, provider, current)


def delete(site: Site, resource: Document) -> None:
    """Remove the resource and wait until it is gone; one that is gone already is no fault.

    Raises:
        ClientError: The service refused.
    """
    physical_id = resource.get("PhysicalResourceId") or resource.get("_Expected")
    if not physical_id:
        return
    provider = provider_of(resource["ResourceType"])
    found = {**resource, "PhysicalResourceId": physical_id}
    try:
        provider.delete(work_for(site, found))
    except ClientError as error:
        if not is_gone(error):
            raise


def failure_of(action: Callable[[], None], cancelled_reason: str) -> str | None:
    """Do it, and give why it failed; None when it did not."""
    try:
        action()
    except Cancelled:
        return cancelled_reason
    except (ConnectionClosedError, EndpointConnectionError) as error:
        # The emulator does not answer itself any more, so it is ending: what is in progress then
        # is for the next one to recover, and is no failure of the resource.
        threading.Event().wait(_ENDING_SECONDS)
        return reason_of(error)
    except _REFUSALS as error:
        return reason_of(error)
    except Exception:  # a thread's boundary: a fault of ours must end the operation, not hang it
        logger.exception("CloudFormation failed")
        return "Internal Failure: the emulator failed: see its own log."
    return None


def tell(site: Site, resource: Mapping[str, Any], status: str, reason: str | None = None) -> None:
    """Keep an event of a resource that the stack has no more."""
    tell_of_resource(site.context, site.stack, resource, status, reason)
