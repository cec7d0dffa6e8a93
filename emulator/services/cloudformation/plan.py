"""What an update would do, known before anything is done: frozen data, and no change to anything.

Source: DescribeChangeSet, ResourceChange and ResourceChangeDetail in the API reference; "Example
change sets" in the CloudFormation User Guide.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.context import Context
from emulator.services.cloudformation.definitions import Definition
from emulator.services.cloudformation.planned_changes import Change, Detail
from emulator.services.cloudformation.records import resources_of, stack_error
from emulator.services.cloudformation.replacement import (
    ALWAYS,
    CONDITIONALLY,
    NEVER,
    changed_properties,
    requires_recreation,
)
from emulator.services.cloudformation.resources import is_tagged, provider_of
from emulator.services.cloudformation.schemas import coerced
from emulator.services.cloudformation.scopes import MAY_CHANGE, scope_of
from emulator.services.cloudformation.template.document import Resource
from emulator.services.cloudformation.template.graph import creation_order, dependencies
from emulator.services.cloudformation.template.references import references, taken_branch
from emulator.services.cloudformation.template.resolving import resolve, unknowns
from emulator.services.cloudformation.template.scope import Scope
from emulator.store import Document

_GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")


def plan(
    context: Context,
    stack: Mapping[str, Any],
    previous: Definition | None,
    wanted: Definition,
) -> tuple[Change, ...]:
    """The changes of resources that the definition would make, those that are made first first.

    Raises:
        AwsError: ValidationError: a resource would be of another type.
    """
    resources = {
        logical_id: resource
        for logical_id, resource in resources_of(context, stack["StackId"]).items()
        if resource["ResourceStatus"] not in _GONE
    }
    planned: dict[str, Change] = {}
    scope = scope_of(context, stack, wanted, lambda name: _known(name, resources, planned))
    graph = dependencies(wanted.template, scope.conditions)
    _check_types(wanted, resources, graph)
    for logical_id in creation_order(graph):
        change = _change_of(context, logical_id, resources, previous, wanted, scope, planned)
        if change is not None:
            planned[logical_id] = change
    removed = [_removal(each) for name, each in resources.items() if name not in graph]
    return (*planned.values(), *removed)


def _known(
    logical_id: str, resources: Mapping[str, Document], planned: Mapping[str, Change]
) -> Document | None:
    """The resource where it would stay; one that is changed has attributes that are not known."""
    change = planned.get(logical_id)
    resource = resources.get(logical_id)
    if resource is None or not resource.get("PhysicalResourceId"):
        return None
    if change is not None and change.replacement != "False":
        return None
    return resource if change is None else resource | {MAY_CHANGE: True}


def _check_types(
    wanted: Definition, resources: Mapping[str, Document], graph: Mapping[str, object]
) -> None:
    changed = [
        logical_id
        for logical_id in graph
        if logical_id in resources
        and resources[logical_id]["ResourceType"] != wanted.template.resources[logical_id].type
    ]
    if changed:
        raise stack_error(
            "Update of resource type is not permitted. The new template modifies resource type of"
            f" the following resources: [{', '.join(changed)}]"
        )


def _change_of(
    context: Context,
    logical_id: str,
    resources: Mapping[str, Document],
    previous: Definition | None,
    wanted: Definition,
    scope: Scope,
    planned: Mapping[str, Change],
) -> Change | None:
    template = wanted.template.resources[logical_id]
    resource = resources.get(logical_id)
    if resource is None:
        return Change("Add", logical_id, template.type)
    details = (
        *_property_details(template, resource, previous, wanted, scope, planned),
        *_named_details(context, template, resource, scope),
        *_other_details(template, resource, previous, wanted, scope),
    )
    has_failed = resource["ResourceStatus"].endswith("_FAILED")
    if not details and not has_failed:
        return None
    replacement = _replacement(details)
    return Change(
        "Modify",
        logical_id,
        template.type,
        physical_id=resource.get("PhysicalResourceId"),
        replacement=replacement,
        policy_action=_policy_action(resource, replacement),
        details=details,
    )


def _policy_action(resource: Document, replacement: str) -> str | None:
    if replacement != "True":
        return None
    is_kept = resource["_UpdateReplacePolicy"] == "Retain"
    return "ReplaceAndRetain" if is_kept else "ReplaceAndDelete"


def _removal(resource: Document) -> Change:
    is_kept = resource["_DeletionPolicy"] in ("Retain", "RetainExceptOnCreate")
    return Change(
        "Remove",
        resource["LogicalResourceId"],
        resource["ResourceType"],
        physical_id=resource.get("PhysicalResourceId"),
        policy_action="Retain" if is_kept else "Delete",
    )


def _property_details(
    template: Resource,
    resource: Document,
    previous: Definition | None,
    wanted: Definition,
    scope: Scope,
    planned: Mapping[str, Change],
) -> Iterator[Detail]:
    before = resource["_Properties"]
    after = coerced(template.type, resolve(template.properties, scope))
    candidates = set(changed_properties(before, after))
    for name in dict.fromkeys([*template.properties, *before]):
        value = template.properties.get(name)
        causes = list(_causes(value, previous, wanted, scope, planned))
        if name not in candidates and not any(unknowns(after.get(name))) and not _maybe(causes):
            continue
        recreation = requires_recreation(template.type, name, before.get(name), after.get(name))
        attribute, shown = ("Tags", None) if name == "Tags" else ("Properties", name)
        for evaluation, source, entity in causes or [("Static", "DirectModification", None)]:
            yield Detail(attribute, shown, recreation, evaluation, source, entity)


_Cause = tuple[str, str, str | None]


def _maybe(causes: list[_Cause]) -> bool:
    """Whether something that the property uses may be another once it has been changed."""
    return any(source == "ResourceAttribute" for _, source, _ in causes)


def _causes(
    value: Any,
    previous: Definition | None,
    wanted: Definition,
    scope: Scope,
    planned: Mapping[str, Change],
) -> Iterator[_Cause]:
    found: dict[_Cause, None] = {}
    for each in references(value, taken_branch(scope.conditions)):
        if each.name in wanted.parameters:
            if _is_other_parameter(each.name, previous, wanted):
                found["Static", "ParameterReference", each.name] = None
                found["Dynamic", "DirectModification", None] = None
            continue
        change = planned.get(each.name)
        if change is None:
            continue
        if each.attribute is not None:
            found["Dynamic", "ResourceAttribute", f"{each.name}.{each.attribute}"] = None
        elif change.replacement != "False":
            is_sure = change.replacement == "True" or change.action == "Add"
            evaluation = "Static" if is_sure else "Dynamic"
            found[evaluation, "ResourceReference", each.name] = None
    yield from found


def _is_other_parameter(name: str, previous: Definition | None, wanted: Definition) -> bool:
    before = previous.parameters.get(name) if previous is not None else None
    return before is None or before.resolved != wanted.parameters[name].resolved


def _named_details(
    context: Context, template: Resource, resource: Document, scope: Scope
) -> Iterator[Detail]:
    """The template of a stack within may be another at the same address."""
    take = provider_of(template.type).fingerprint
    properties = resolve(template.properties, scope)
    if take is None or any(unknowns(properties)) or properties != resource["_Properties"]:
        return
    if take(context, properties) != resource.get("_Fingerprint"):
        yield Detail("Properties", "TemplateURL", NEVER, "Dynamic", "Automatic")


def _other_details(
    template: Resource,
    resource: Document,
    previous: Definition | None,
    wanted: Definition,
    scope: Scope,
) -> Iterator[Detail]:
    tags_before = previous.tags if previous is not None else {}
    if is_tagged(template.type) and dict(tags_before) != dict(wanted.tags):
        yield Detail("Tags", None, NEVER, "Static", "DirectModification")
    if resource.get("_Metadata", {}) != resolve(template.metadata, scope):
        yield Detail("Metadata", None, NEVER, "Static", "DirectModification")


def _replacement(details: tuple[Detail, ...]) -> str:
    """True only where a new resource is certain: what is Dynamic may turn out not to change."""
    needed = [detail for detail in details if detail.requires_recreation == ALWAYS]
    if any(detail.evaluation == "Static" for detail in needed):
        return "True"
    is_possible = bool(needed) or any(d.requires_recreation == CONDITIONALLY for d in details)
    return "Conditional" if is_possible else "False"


def has_changes(
    context: Context, stack: Mapping[str, Any], previous: Definition, wanted: Definition
) -> bool:
    """Whether an update would do anything: to a resource, to the outputs or to the tags."""
    if plan(context, stack, previous, wanted):
        return True
    if dict(previous.tags) != dict(wanted.tags):
        return True
    if previous.template.outputs != wanted.template.outputs:
        return True
    return _outputs(context, stack, previous) != _outputs(context, stack, wanted)


def _outputs(context: Context, stack: Mapping[str, Any], definition: Definition) -> dict[str, Any]:
    resources = resources_of(context, stack["StackId"])
    scope = scope_of(context, stack, definition, lambda name: _known(name, resources, {}))
    return {
        name: (resolve(output.value, scope), resolve(output.export_name, scope))
        for name, output in definition.template.outputs.items()
        if output.condition is None or scope.conditions[output.condition]
    }
