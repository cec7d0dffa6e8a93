"""A stack changed to another definition, resource by resource, by what is different of each."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.services.cloudformation.execution.changes import create, failure_of, update
from emulator.services.cloudformation.execution.graph import run
from emulator.services.cloudformation.execution.outputs import outputs_of
from emulator.services.cloudformation.execution.parameters import missing_values
from emulator.services.cloudformation.execution.removal import clean_up, forget, leave_over
from emulator.services.cloudformation.execution.rollback import roll_back
from emulator.services.cloudformation.execution.running import Operation
from emulator.services.cloudformation.execution.sites import Site, graph_of, resolved, site_of
from emulator.services.cloudformation.history import enter_stack
from emulator.services.cloudformation.records import RESOURCE, resource_name, resources_of
from emulator.services.cloudformation.replacement import needs_new_resource
from emulator.store import Document

_CANCELLED = "Resource update cancelled"
_REPLACING = (
    "Requested update requires the creation of a new physical resource; hence creating one."
)
_GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")
_ASKED = "User Initiated"


def update_stack(context: Context, stack_id: str, operation: Operation) -> None:
    """Change, make and replace what is different; then remove what is no more."""
    site = site_of(context, stack_id, operation)
    reason = missing_values(context, site.definition)
    if reason is not None:
        give_up(site, reason)
        return
    graph = graph_of(site)
    failed = run(
        context,
        graph,
        lambda logical_id: _update_one(site, logical_id, graph[logical_id]),
        may_start=lambda: not operation.cancelled.is_set(),
    ).failed
    if operation.asked.is_set():
        give_up(site, _ASKED)
    elif failed:
        give_up(site, _failure(site, failed))
    else:
        _complete(site, graph)


def _failure(site: Site, failed: Sequence[str]) -> str:
    resources = resources_of(site.context, site.stack["StackId"])
    told = []
    for verb, status in (("create", "CREATE_FAILED"), ("update", "UPDATE_FAILED")):
        names = [name for name in failed if resources[name]["ResourceStatus"] == status]
        if names:
            told.append(f"The following resource(s) failed to {verb}: [{', '.join(names)}].")
    return " ".join(told)


def give_up(site: Site, reason: str) -> None:
    """Take back an update that failed, unless it is not to be."""
    stack_id = site.stack["StackId"]
    if site.stack.get("DisableRollback"):
        enter_stack(site.context, stack_id, "UPDATE_FAILED", reason)
        return
    enter_stack(site.context, stack_id, "UPDATE_ROLLBACK_IN_PROGRESS", reason)
    roll_back(site.context, stack_id, Operation())


def _complete(site: Site, graph: Mapping[str, frozenset[str]]) -> None:
    members: Document = {}
    reason = failure_of(lambda: members.update(outputs_of(site)), _CANCELLED)
    if reason is not None:
        give_up(site, reason)
        return
    context, stack_id = site.context, site.stack["StackId"]
    with context.store.transaction():
        _settle(site, graph)
        members |= {"LastUpdatedTime": context.clock(), "_Previous": None}
        enter_stack(context, stack_id, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", **members)
    finish_update(context, stack_id, Operation())


def _settle(site: Site, graph: Mapping[str, frozenset[str]]) -> None:
    """From here on there is no way back: what was replaced or left out is left over."""
    for logical_id, resource in resources_of(site.context, site.stack["StackId"]).items():
        before = resource.pop("_Before", None)
        if resource["ResourceStatus"] in _GONE:
            continue
        if logical_id not in graph:
            leave_over(site, resource, resource["_DeletionPolicy"])
            forget(site, logical_id)
            continue
        if before and before.get("PhysicalResourceId") != resource["PhysicalResourceId"]:
            leave_over(site, before, before["_UpdateReplacePolicy"])
        site.put(resource)


def finish_update(context: Context, stack_id: str, operation: Operation) -> None:
    """Remove what is left over of an update that is done."""
    clean_up(site_of(context, stack_id, operation))
    enter_stack(context, stack_id, "UPDATE_COMPLETE")


def _update_one(site: Site, logical_id: str, needed: frozenset[str]) -> bool:
    name = resource_name(site.stack["StackId"], logical_id)
    before = site.context.store.get(RESOURCE, name)
    is_new = before is None or before["ResourceStatus"] in _GONE
    status = "CREATE" if is_new else "UPDATE"
    is_changed = [True]

    def change() -> None:
        wanted = resolved(site, logical_id, needed)
        if before is None or is_new:
            create(site, wanted | {"_Before": {}}, "CREATE_IN_PROGRESS")
        else:
            is_changed[0] = _change(site, before, wanted)

    reason = failure_of(change, f"Resource {status.lower()[:-1]}{_ENDINGS[status]} cancelled")
    if reason is None:
        if is_changed[0]:
            site.enter(logical_id, f"{status}_COMPLETE")
        return True
    site.fail(logical_id, needed, f"{status}_FAILED", reason)
    site.operation.cancelled.set()
    return False


_ENDINGS = {"CREATE": "ion", "UPDATE": "e"}


def _change(site: Site, before: Document, wanted: Document) -> bool:
    """Change the resource where it is different, and give whether it was."""
    original = before.get("_Before", before)
    has_failed = before["ResourceStatus"].endswith("_FAILED")
    was_made = before["ResourceStatus"] != "CREATE_FAILED"
    is_there = was_made and bool(before.get("PhysicalResourceId"))
    if not has_failed and _is_same(before, wanted):
        site.put(before | {key: wanted[key] for key in _UNSEEN})
        return False
    wanted["_Before"] = original if was_made else {}
    properties = before["_Properties"], wanted["_Properties"]
    if not is_there or needs_new_resource(wanted["ResourceType"], *properties):
        if before is not original or not is_there:
            _leave_intermediate(site, before, original)
        create(site, wanted, "UPDATE_IN_PROGRESS", _REPLACING)
    else:
        update(site, before, wanted)
    return True


def _leave_intermediate(site: Site, before: Document, original: Mapping[str, Any]) -> None:
    """What an update before, that failed and was not rolled back, has made and nobody needs."""
    physical_id = before.get("PhysicalResourceId")
    if physical_id and (physical_id != original.get("PhysicalResourceId") or before is original):
        leave_over(site, before, "Delete")


# Members that can change without the resource being touched.
_UNSEEN = ("_DependsOn", "_DeletionPolicy", "_UpdateReplacePolicy", "_Imports", "_Metadata")


def _is_same(before: Document, wanted: Document) -> bool:
    keys = ("_Properties", "_Tags", "_Metadata", "_Fingerprint")
    return all(before.get(key) == wanted[key] for key in keys)
