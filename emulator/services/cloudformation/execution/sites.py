"""Where resources are worked on, and what the template wants each of them to be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from emulator.context import Context
from emulator.errors import listed
from emulator.services.cloudformation.definitions import Definition, from_document
from emulator.services.cloudformation.execution.running import Operation
from emulator.services.cloudformation.history import enter_resource
from emulator.services.cloudformation.records import RESOURCE, STACK, resource_name
from emulator.services.cloudformation.resources import is_tagged, provider_of
from emulator.services.cloudformation.resources.provider import (
    ResourceFailed,
)
from emulator.services.cloudformation.schemas import coerced, property_faults
from emulator.services.cloudformation.scopes import scope_of
from emulator.services.cloudformation.template.document import Resource
from emulator.services.cloudformation.template.graph import dependencies
from emulator.services.cloudformation.template.resolving import resolve
from emulator.store import Document


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
        "_Shown": _shown(site, template, properties),
        "_Fingerprint": fingerprint(site.context, template.type, properties),
        "_Tags": _tags(site, logical_id, properties),
        "_Imports": sorted(imports),
        "_DependsOn": sorted(needed),
        "_Metadata": resolve(template.metadata, scope),
        "_DeletionPolicy": deletion_policy(template),
        "_UpdateReplacePolicy": template.update_replace_policy or "Delete",
    }


def _shown(site: Site, template: Resource, properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties as events show them: without the values of NoEcho parameters."""
    hidden = {
        name: replace(value, resolved=value.shown)
        for name, value in site.definition.parameters.items()
        if value.no_echo
    }
    if not hidden:
        return properties
    definition = replace(site.definition, parameters={**site.definition.parameters, **hidden})
    shown: Mapping[str, Any] = resolve(
        template.properties, scope_of(site.context, site.stack, definition, site.find)
    )
    return shown


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


def site_of(context: Context, stack_id: str, operation: Operation) -> Site:
    """The stack as the store has it now, to be worked on."""
    stack = context.store.get(STACK, stack_id) or {}
    return Site(context, stack, from_document(stack["_Definition"]), operation)


def graph_of(site: Site) -> dict[str, frozenset[str]]:
    """The resources that the conditions let be, each with those it needs."""
    scope = scope_of(site.context, site.stack, site.definition, site.find)
    return dict(dependencies(site.definition.template, scope.conditions))
