"""An update taken back: each resource that it touched as it was before."""

from collections.abc import Collection

from emulator.context import Context
from emulator.services.cloudformation.definitions import from_document
from emulator.services.cloudformation.execution.changes import failure_of, update
from emulator.services.cloudformation.execution.graph import run
from emulator.services.cloudformation.execution.removal import (
    clean_up,
    forget,
    leave_over,
    outlives_its_creation,
)
from emulator.services.cloudformation.execution.running import Operation
from emulator.services.cloudformation.execution.sites import Site
from emulator.services.cloudformation.history import enter_stack
from emulator.services.cloudformation.records import STACK, resources_of
from emulator.store import Document

_CANCELLED = "Resource update cancelled"
_CLEANING = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"


def roll_back(
    context: Context, stack_id: str, operation: Operation, skipped: Collection[str] = ()
) -> None:
    """Restore what the update has touched, then remove what it has made."""
    stack = context.store.get(STACK, stack_id) or {}
    site = Site(context, stack, from_document(stack["_Previous"]["_Definition"]), operation)
    touched = {
        logical_id: resource
        for logical_id, resource in resources_of(context, stack_id).items()
        if "_Before" in resource or resource["ResourceStatus"] == "UPDATE_FAILED"
    }
    graph = {
        logical_id: (resource.get("_Before") or resource)["_DependsOn"]
        for logical_id, resource in touched.items()
    }

    def work(logical_id: str) -> bool:
        return _restore(site, touched[logical_id], is_skipped=logical_id in skipped)

    outcome = run(context, graph, work)
    if len(outcome.done) < len(graph):
        reason = f"The following resource(s) failed to update: [{', '.join(outcome.failed)}]."
        enter_stack(context, stack_id, "UPDATE_ROLLBACK_FAILED", reason)
        return
    with context.store.transaction():
        members = {**stack["_Previous"], "LastUpdatedTime": context.clock(), "_Previous": None}
        enter_stack(context, stack_id, _CLEANING, **members)
    finish_rollback(context, stack_id, operation)


def finish_rollback(context: Context, stack_id: str, operation: Operation) -> None:
    """Remove what is left over of an update that was taken back."""
    stack = context.store.get(STACK, stack_id) or {}
    clean_up(Site(context, stack, from_document(stack["_Definition"]), operation))
    enter_stack(context, stack_id, "UPDATE_ROLLBACK_COMPLETE")


def _restore(site: Site, resource: Document, *, is_skipped: bool) -> bool:
    logical_id, before = resource["LogicalResourceId"], resource.get("_Before", resource)
    if not before:
        _give_back(site, resource)
        return True
    if is_skipped or before is resource:
        site.put(before)
        site.enter(logical_id, "UPDATE_COMPLETE")
        return True
    if resource.get("PhysicalResourceId") != before.get("PhysicalResourceId"):
        _put_back(site, resource, before)
        return True
    reason = failure_of(lambda: update(site, resource, _with_memory(before)), _CANCELLED)
    if reason is not None:
        site.enter(logical_id, "UPDATE_FAILED", reason)
        return False
    site.put({key: value for key, value in _now(site, before).items() if key != "_Before"})
    site.enter(logical_id, "UPDATE_COMPLETE")
    return True


def _with_memory(before: Document) -> Document:
    """The former state to be restored, which still knows what it was, should that fail."""
    return {**before, "_Before": before}


def _now(site: Site, before: Document) -> Document:
    return site.find(before["LogicalResourceId"]) or before


def _give_back(site: Site, resource: Document) -> None:
    """What the update has made goes in the clean-up."""
    with site.context.store.transaction():
        if resource.get("PhysicalResourceId") or resource.get("_Expected"):
            kept = outlives_its_creation(site, resource)
            leave_over(site, resource, "Retain" if kept else "Delete")
        forget(site, resource["LogicalResourceId"])


def _put_back(site: Site, resource: Document, before: Document) -> None:
    """The former resource is still there; the new one goes in the clean-up."""
    with site.context.store.transaction():
        if resource.get("PhysicalResourceId") or resource.get("_Expected"):
            leave_over(site, {**resource, "_Before": None}, "Delete")
        site.put(before)
        site.enter(resource["LogicalResourceId"], "UPDATE_COMPLETE")
