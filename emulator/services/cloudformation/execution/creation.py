"""A stack made, and taken down again where that fails."""

from emulator.context import Context
from emulator.services.cloudformation.execution.changes import create, failure_of
from emulator.services.cloudformation.execution.graph import run
from emulator.services.cloudformation.execution.outputs import outputs_of
from emulator.services.cloudformation.execution.parameters import missing_values
from emulator.services.cloudformation.execution.removal import remove_all
from emulator.services.cloudformation.execution.running import Operation
from emulator.services.cloudformation.execution.sites import Site, graph_of, resolved, site_of
from emulator.services.cloudformation.history import enter_stack
from emulator.services.cloudformation.records import STACK, resources_of
from emulator.store import Document

_TIME_IS_OVER = "Stack creation time exceeded the specified timeout."
_REQUESTED = {"ROLLBACK": " Rollback requested by user.", "DELETE": " Delete requested by user."}
_UNWANTED = "Stack creation cancelled."
_CANCELLED = "Resource creation cancelled"


def create_stack(context: Context, stack_id: str, operation: Operation) -> None:
    """Make all resources; on a failure do as OnFailure says."""
    site = site_of(context, stack_id, operation)
    reason = missing_values(context, site.definition)
    if reason is not None:
        fail_creation(site, reason)
        return
    graph = graph_of(site)
    failed = run(
        context,
        graph,
        lambda logical_id: _create_one(site, logical_id, graph[logical_id]),
        may_start=lambda: not operation.cancelled.is_set(),
    ).failed
    if _is_unwanted(site):
        fail_creation(site_of(context, stack_id, operation), _UNWANTED)
    elif operation.timed_out.is_set():
        fail_creation(site, _TIME_IS_OVER)
    elif failed:
        fail_creation(site, f"The following resource(s) failed to create: [{', '.join(failed)}].")
    else:
        _complete(site)


def _create_one(site: Site, logical_id: str, needed: frozenset[str]) -> bool:
    def make() -> None:
        create(site, resolved(site, logical_id, needed), "CREATE_IN_PROGRESS")

    reason = failure_of(make, _CANCELLED)
    if reason is None:
        site.enter(logical_id, "CREATE_COMPLETE")
        return True
    site.fail(logical_id, needed, "CREATE_FAILED", reason)
    site.operation.cancelled.set()
    return False


def _complete(site: Site) -> None:
    members: Document = {}
    reason = failure_of(lambda: members.update(outputs_of(site)), _CANCELLED)
    if reason is not None:
        fail_creation(site, reason)
        return
    stack_id = site.stack["StackId"]
    with site.context.store.transaction():
        is_unwanted = _is_unwanted(site)
        if not is_unwanted:
            enter_stack(site.context, stack_id, "CREATE_COMPLETE", **members)
    if is_unwanted:
        fail_creation(site_of(site.context, stack_id, site.operation), _UNWANTED)


def _is_unwanted(site: Site) -> bool:
    """Whether somebody has deleted the stack meanwhile."""
    stack = site.context.store.get(STACK, site.stack["StackId"]) or {}
    return bool(stack.get("_IsUnwanted"))


def fail_creation(site: Site, reason: str) -> None:
    """Do with a stack that could not be made as its OnFailure says."""
    stack_id, on_failure = site.stack["StackId"], site.stack["_OnFailure"]
    if on_failure == "DO_NOTHING":
        enter_stack(site.context, stack_id, "CREATE_FAILED", reason)
        return
    status = "DELETE" if on_failure == "DELETE" else "ROLLBACK"
    enter_stack(site.context, stack_id, f"{status}_IN_PROGRESS", reason + _REQUESTED[on_failure])
    take_down(site, status)


def take_down(site: Site, status: str) -> None:
    """Remove what there is of a stack that could not be made; ``status`` is ROLLBACK or DELETE."""
    stack_id = site.stack["StackId"]
    afresh = Site(site.context, site.stack, site.definition, Operation())
    failed = remove_all(afresh, resources_of(site.context, stack_id), is_rollback_of_creation=True)
    if failed:
        reason = f"The following resource(s) failed to delete: [{', '.join(failed)}]."
        enter_stack(site.context, stack_id, f"{status}_FAILED", reason)
        return
    deleted = site.context.clock()
    enter_stack(site.context, stack_id, f"{status}_COMPLETE", DeletionTime=deleted)
