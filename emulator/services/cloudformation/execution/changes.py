"""One resource made, changed or removed: the provider's work with what the store keeps of it."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
)

from emulator.context import Context
from emulator.errors import AwsError, listed
from emulator.services.cloudformation.definitions import Definition
from emulator.services.cloudformation.execution.running import Operation
from emulator.services.cloudformation.history import enter_resource, tell_of_resource
from emulator.services.cloudformation.physical_names import physical_name
from emulator.services.cloudformation.records import RESOURCE, resource_name
from emulator.services.cloudformation.resources import is_tagged, provider_of
from emulator.services.cloudformation.resources.failures import is_gone, reason_of
from emulator.services.cloudformation.resources.fitting import Unfit
from emulator.services.cloudformation.resources.provider import (
    Cancelled,
    Provider,
    ResourceFailed,
    Work,
)
from emulator.services.cloudformation.schemas import coerced, property_faults
from emulator.services.cloudformation.scopes import scope_of
from emulator.services.cloudformation.template.document import Resource
from emulator.services.cloudformation.template.resolving import resolve
from emulator.store import Document

logger = logging.getLogger(__name__)

_ENDING_SECONDS = 30
INITIATED = "Resource creation Initiated"
_CHANGED_ID = "Requested update required the provider to create a new physical resource"
# What a resource's own doing or its service's refusal raises; anything else is a fault of ours.
_REFUSALS = (AwsError, BotoCoreError, ClientError, ResourceFailed, Unfit)


@dataclass(frozen=True)
class Site:
    """Where resources are worked on: a stack, what it is to be, and the operation under way."""

    context: Context
    stack: Document
    definition: Definition
    operation: Operation

    def find(self, logical_id: str) -> Document | None:
        """The resource as it is, if it is there."""
        name = resource_name(self.stack["StackId"], logical_id)
        resource = self.context.store.get(RESOURCE, name)
        return resource if resource is not None and resource.get("PhysicalResourceId") else None

    def put(self, resource: Document) -> None:
        """Keep the resource."""
        name = resource_name(self.stack["StackId"], resource["LogicalResourceId"])
        self.context.store.put(RESOURCE, name, resource)

    def enter(self, logical_id: str, status: str, reason: str | None = None) -> None:
        """Move the resource to a status."""
        enter_resource(self.context, self.stack, logical_id, status, reason)

    def fail(self, logical_id: str, needed: Iterable[str], status: str, reason: str) -> None:
        """Move the resource to a failure; one that could not even be resolved is kept by name."""
        name = resource_name(self.stack["StackId"], logical_id)
        if self.context.store.get(RESOURCE, name) is None:
            template = self.definition.template.resources[logical_id]
            self.put(
                {
                    "LogicalResourceId": logical_id,
                    "ResourceType": template.type,
                    "_Properties": {},
                    "_Tags": {},
                    "_DependsOn": sorted(needed),
                    "_DeletionPolicy": deletion_policy(template),
                    "_UpdateReplacePolicy": "Delete",
                    "_Before": {},
                }
            )
        self.enter(logical_id, status, reason)


def resolved(site: Site, logical_id: str, needed: frozenset[str]) -> Document:
    """The resource as the template wants it, nothing of it made yet.

    Raises:
        AwsError: A function cannot be carried out.
        ResourceFailed: Its properties are not what its type takes.
    """
    template = site.definition.template.resources[logical_id]
    imports: set[str] = set()
    scope = scope_of(site.context, site.stack, site.definition, site.find, imports.add)
    properties = coerced(template.type, resolve(template.properties, scope))
    faults = property_faults(template.type, properties)
    if faults:
        raise ResourceFailed(
            f"Properties validation failed for resource {logical_id} with message: "
            f"{listed(faults, ' ')}"
        )
    return {
        "LogicalResourceId": logical_id,
        "ResourceType": template.type,
        "_Properties": properties,
        "_Fingerprint": fingerprint(site.context, template.type, properties),
        "_Tags": _tags(site, logical_id, properties),
        "_Imports": sorted(imports),
        "_DependsOn": sorted(needed),
        "_Metadata": resolve(template.metadata, scope),
        "_DeletionPolicy": deletion_policy(template),
        "_UpdateReplacePolicy": template.update_replace_policy or "Delete",
    }


def fingerprint(context: Context, type_name: str, properties: Mapping[str, Any]) -> str | None:
    """Of what the properties name, for types where that may change without them."""
    take = provider_of(type_name).fingerprint
    return None if take is None else take(context, properties)


def deletion_policy(template: Resource) -> str:
    """What is to become of the resource when it leaves the stack."""
    return template.deletion_policy or "Delete"


def _tags(site: Site, logical_id: str, properties: Mapping[str, Any]) -> dict[str, str]:
    """Source: "Resource tags" in the template reference: the stack's tags and three of AWS's."""
    if not is_tagged(site.definition.template.resources[logical_id].type):
        return {}
    own = properties.get("Tags", [])
    own = own if isinstance(own, Mapping) else {tag["Key"]: tag["Value"] for tag in own}
    return {
        **site.definition.tags,
        **{key: str(value) for key, value in own.items()},
        "aws:cloudformation:stack-name": site.stack["StackName"],
        "aws:cloudformation:stack-id": site.stack["StackId"],
        "aws:cloudformation:logical-id": logical_id,
    }


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
    raise ResourceFailed(
        f"Resource of type '{work.type_name}' with identifier '{work.name}' already exists."
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
