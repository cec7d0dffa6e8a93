"""The statuses of an endpoint, and what may follow what."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.store import Missing

KIND = "Endpoint"
# Source: EndpointStatus of DescribeEndpoint in the API reference.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "Creating": frozenset({"InService", "Failed", "Deleting"}),
    "InService": frozenset({"Updating", "Failed", "Deleting"}),
    "Updating": frozenset({"InService", "RollingBack", "Failed", "Deleting"}),
    "RollingBack": frozenset({"InService", "UpdateRollbackFailed", "Failed", "Deleting"}),
    "UpdateRollbackFailed": frozenset({"Updating", "Failed", "Deleting"}),
    "Failed": frozenset({"Updating", "Deleting"}),
    "Deleting": frozenset(),
}
REASON_CHARACTERS = 1024


class NotAllowed(Exception):
    """The endpoint's status does not let it go to another.

    Attributes:
        status: The status that it has.
    """

    def __init__(self, status: str, wanted: str) -> None:
        super().__init__(f"an endpoint cannot go from {status} to {wanted}")
        self.status = status


def enter(context: Context, name: str, status: str, **members: Any) -> dict[str, Any]:
    """Write the endpoint's next status, and members with it; None removes a member.

    Raises:
        NotAllowed: That status cannot follow.
        Missing: The endpoint is gone.
    """

    def change(document: dict[str, Any]) -> None:
        if status not in TRANSITIONS[document["EndpointStatus"]]:
            raise NotAllowed(document["EndpointStatus"], status)
        document |= {"EndpointStatus": status, "LastModifiedTime": context.clock()} | members
        for key in [key for key, value in document.items() if value is None]:
            del document[key]

    return context.store.update(KIND, name, change)


def settle(context: Context, name: str, status: str, **members: Any) -> bool:
    """Enter the status, unless the endpoint is being deleted."""
    try:
        enter(context, name, status, **members)
    except (NotAllowed, Missing):
        return False
    return True
