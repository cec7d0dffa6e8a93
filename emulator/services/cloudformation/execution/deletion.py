"""A stack deleted."""

from collections.abc import Collection

from emulator.context import Context
from emulator.services.cloudformation.change_set_records import change_sets_of
from emulator.services.cloudformation.execution.removal import clean_up, remove_all
from emulator.services.cloudformation.execution.running import Operation
from emulator.services.cloudformation.execution.sites import site_of
from emulator.services.cloudformation.exports import used_exports
from emulator.services.cloudformation.history import enter_stack
from emulator.services.cloudformation.records import CHANGE_SET, resources_of


def delete_stack(
    context: Context, stack_id: str, operation: Operation, retained: Collection[str] = ()
) -> None:
    """Remove all resources in the reverse order; what fails leaves the stack DELETE_FAILED."""
    site = site_of(context, stack_id, operation)
    used = used_exports(context, site.stack.get("Outputs", []))
    if used:
        reason = " ".join(
            f"Delete canceled. Cannot delete export {name} as it is in use by {', '.join(users)}."
            for name, users in used.items()
        )
        enter_stack(context, stack_id, site.stack["_StatusBefore"], reason)
        return
    clean_up(site)
    failed = remove_all(site, resources_of(context, stack_id), retained=retained)
    if failed:
        reason = f"The following resource(s) failed to delete: [{', '.join(failed)}]. "
        enter_stack(context, stack_id, "DELETE_FAILED", reason)
        return
    with context.store.transaction():
        for change_set in change_sets_of(context, stack_id):
            context.store.delete(CHANGE_SET, change_set["ChangeSetId"])
        enter_stack(context, stack_id, "DELETE_COMPLETE", DeletionTime=context.clock())
