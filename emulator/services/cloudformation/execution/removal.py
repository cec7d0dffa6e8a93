"""Resources taken down in the reverse of the order in which they were made."""

from collections.abc import Collection, Mapping

from emulator.services.cloudformation.execution.changes import delete, failure_of, tell
from emulator.services.cloudformation.execution.graph import reversed_graph, run
from emulator.services.cloudformation.execution.sites import Site
from emulator.services.cloudformation.records import RESOURCE
from emulator.store import Document

LEFTOVER = "CloudFormationLeftover"
_GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")
_CANCELLED = "Resource deletion cancelled"


def remove_all(
    site: Site,
    resources: Mapping[str, Document],
    *,
    retained: Collection[str] = (),
    is_rollback_of_creation: bool = False,
) -> list[str]:
    """Remove the stack's resources, and give those that could not be removed.

    What another resource that is still there needs is not touched.
    """
    left = {
        logical_id: resource
        for logical_id, resource in resources.items()
        if resource["ResourceStatus"] not in _GONE
    }

    def work(logical_id: str) -> bool:
        resource = left[logical_id]
        if _is_kept(site, resource, logical_id in retained, is_rollback_of_creation):
            site.enter(logical_id, "DELETE_SKIPPED")
            return True
        return _remove(site, resource)

    graph = reversed_graph({name: each["_DependsOn"] for name, each in left.items()})
    return run(site.context, graph, work).failed


def _is_kept(
    site: Site, resource: Document, is_retained: bool, is_rollback_of_creation: bool
) -> bool:
    if is_rollback_of_creation:
        return outlives_its_creation(site, resource)
    return is_retained or resource["_DeletionPolicy"] in ("Retain", "RetainExceptOnCreate")


def outlives_its_creation(site: Site, resource: Document) -> bool:
    """Whether a new resource stays when the operation that made it is rolled back.

    Source: RetainExceptOnCreate of CreateStack and of DeletionPolicy.
    """
    is_excepted = bool(site.stack.get("RetainExceptOnCreate"))
    return resource["_DeletionPolicy"] == "Retain" and not is_excepted


def _remove(site: Site, resource: Document) -> bool:
    logical_id = resource["LogicalResourceId"]
    if resource.get("PhysicalResourceId"):
        site.enter(logical_id, "DELETE_IN_PROGRESS")
    reason = failure_of(lambda: delete(site, resource), _CANCELLED)
    if reason is not None:
        site.enter(logical_id, "DELETE_FAILED", reason)
        return False
    site.enter(logical_id, "DELETE_COMPLETE")
    return True


def leave_over(site: Site, resource: Document, policy: str) -> None:
    """Keep in mind what the stack has no more, so that the clean-up removes it."""
    number = site.context.store.next_number(LEFTOVER)
    document = {**resource, "_DeletionPolicy": policy, "_Number": number}
    site.context.store.insert(LEFTOVER, _leftover_name(site, document), document)


def _leftover_name(site: Site, leftover: Document) -> str:
    return f"{site.stack['StackId']}|{leftover['_Number']:08d}"


def clean_up(site: Site) -> None:
    """Remove what was left over; what cannot be removed is told of and stays, as on AWS."""
    found = site.context.store.list(LEFTOVER, f"{site.stack['StackId']}|")
    left = {_leftover_name(site, each): each for each in found}
    names: dict[str, list[str]] = {}
    for name, each in left.items():
        names.setdefault(each["LogicalResourceId"], []).append(name)
    graph = reversed_graph(
        {
            name: [other for needed in each["_DependsOn"] for other in names.get(needed, [])]
            for name, each in left.items()
        }
    )

    def work(name: str) -> bool:
        _remove_leftover(site, left[name])
        site.context.store.delete(LEFTOVER, name)
        return True

    run(site.context, graph, work)


def _remove_leftover(site: Site, leftover: Document) -> None:
    if leftover["_DeletionPolicy"] in ("Retain", "RetainExceptOnCreate"):
        tell(site, leftover, "DELETE_SKIPPED")
        return
    tell(site, leftover, "DELETE_IN_PROGRESS")
    reason = failure_of(lambda: delete(site, leftover), _CANCELLED)
    tell(site, leftover, "DELETE_COMPLETE" if reason is None else "DELETE_FAILED", reason)


def forget(site: Site, logical_id: str) -> None:
    """The stack has the resource no more."""
    site.context.store.delete(RESOURCE, f"{site.stack['StackId']}|{logical_id}")
