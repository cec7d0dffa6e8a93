"""Deployments: the work behind an endpoint's statuses, in worker threads.

A deployment is what an endpoint serves: its endpoint config with each variant's container, copied
into the endpoint's document so that the config and the models can be deleted meanwhile. A fleet is
a deployment that runs. A new fleet answers /ping before traffic goes to it, and the one before is
ended after its last request.
"""

import shutil
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from emulator.containers import end_leftovers
from emulator.context import Context
from emulator.services.runtime.fleets import Fleet, Instance, LiveVariant, fleets_of, stop_all
from emulator.services.sagemaker.serving.fleets import (
    Start,
    capture_of,
    described,
    drain,
    start_fleet,
    start_instances,
)
from emulator.services.sagemaker.serving.instances import Cancelled, endpoints_directory
from emulator.services.sagemaker.serving.servers import ModelServerFailed, stop_grace_seconds
from emulator.store import Missing, Store

KIND = "Endpoint"
# Source: EndpointStatus of DescribeEndpoint in the API reference.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "Creating": frozenset({"InService", "Failed", "Deleting"}),
    "InService": frozenset({"Updating", "Failed", "Deleting"}),
    "Updating": frozenset({"InService", "RollingBack", "Failed", "Deleting"}),
    "RollingBack": frozenset({"InService", "Failed", "Deleting"}),
    "Failed": frozenset({"Updating", "Deleting"}),
    "Deleting": frozenset(),
}
_REASON_CHARACTERS = 1024


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


_STARTS: weakref.WeakKeyDictionary[Store, dict[str, Start]] = weakref.WeakKeyDictionary()


def _begin(context: Context, name: str) -> Start:
    start = Start(stop_grace_seconds(context))
    _STARTS.setdefault(context.store, {})[name] = start
    return start


def create(context: Context, name: str) -> None:
    """Start the fleet of an endpoint that is Creating."""
    _deploy(context, name, "_Deployment", _fail)


def _fail(context: Context, name: str, reason: str) -> None:
    _settle(context, name, "Failed", FailureReason=reason)


def update(context: Context, name: str) -> None:
    """Start the next fleet of an endpoint that is Updating, or keep the one it has."""
    before = _deploy(context, name, "_NextDeployment", _roll_back)
    if before is not None:
        drain(before)
        before.stop()


def _deploy(
    context: Context, name: str, key: str, give_up: Callable[[Context, str, str], None]
) -> Fleet | None:
    """Start a fleet and send it the traffic, or give up; gives the fleet before."""
    start = _begin(context, name)
    document = context.store.get(KIND, name)
    if document is None:
        return None
    deployment = document[key]
    try:
        fleet = start_fleet(context, name, deployment, start)
    except Cancelled:
        return None
    except ModelServerFailed as error:
        give_up(context, name, error.reason[:_REASON_CHARACTERS])
        return None
    return _go_live(context, name, fleet, deployment)


def _go_live(
    context: Context, name: str, fleet: Fleet, deployment: Mapping[str, Any]
) -> Fleet | None:
    """Send the traffic to the fleet and say so; gives the fleet before."""
    before = fleets_of(context).put(fleet)
    members = {"_NextDeployment": None, "FailureReason": None} | described(context, deployment)
    if not _settle(context, name, "InService", **members):
        fleets_of(context).remove(name, fleet)
        fleet.stop()
    return before


def _settle(context: Context, name: str, status: str, **members: Any) -> bool:
    """Enter the status, unless the endpoint is being deleted."""
    try:
        enter(context, name, status, **members)
    except (NotAllowed, Missing):
        return False
    return True


def _roll_back(context: Context, name: str, reason: str) -> None:
    """Stay with the old fleet, which never stopped serving, if there is one."""
    if not _settle(context, name, "RollingBack", FailureReason=reason, _NextDeployment=None):
        return
    has_fleet = fleets_of(context).get(name) is not None
    _settle(context, name, "InService" if has_fleet else "Failed")


def change_capacities(context: Context, name: str) -> None:
    """Start and end instances until each variant has as many as are wanted."""
    document = context.store.get(KIND, name)
    fleet = fleets_of(context).get(name)
    if document is None or fleet is None:
        return
    deployment = document["_NextDeployment"]
    start = _begin(context, name)
    wanted = {variant["VariantName"]: variant for variant in deployment["ProductionVariants"]}
    surplus: list[Instance] = []
    variants = []
    added: list[Instance] = []
    try:
        for live in fleet.variants:
            variant = wanted[live.name]
            count = variant["InitialInstanceCount"]
            new = start_instances(context, name, variant, count - len(live.instances), start)
            added += new
            surplus += live.instances[count:]
            instances = (*live.instances[:count], *new)
            variants.append(LiveVariant(live.name, variant["InitialVariantWeight"], instances))
    except Cancelled:
        stop_all(added)
        return
    except ModelServerFailed as error:
        stop_all(added)
        _roll_back(context, name, error.reason[:_REASON_CHARACTERS])
        return
    _go_live(context, name, Fleet(name, tuple(variants), capture_of(deployment)), deployment)
    drain(Fleet(name, (LiveVariant("", 0, tuple(surplus)),)))
    stop_all(surplus)


def delete(context: Context, name: str) -> None:
    """End the fleet of an endpoint that is Deleting, and then forget the endpoint."""
    start = _STARTS.get(context.store, {}).pop(name, None)
    if start is not None:
        start.cancel()
    fleet = fleets_of(context).remove(name)
    if fleet is not None:
        fleet.stop()
    shutil.rmtree(endpoints_directory(context) / name, ignore_errors=True)
    context.store.delete(KIND, name)


def recover(context: Context) -> None:
    """End what a killed emulator left running, and serve the endpoints again."""
    directory = endpoints_directory(context)
    end_leftovers(directory)
    shutil.rmtree(directory, ignore_errors=True)
    for document in context.store.list(KIND):
        name, status = document["EndpointName"], document["EndpointStatus"]
        if status in ("InService", "Updating", "RollingBack"):
            fleets_of(context).expect(name)
        context.workers.start(f"endpoint-{name}", _resume, context, name, status)


def _resume(context: Context, name: str, status: str) -> None:
    """Go on where the endpoint was when the emulator ended."""
    if status == "Creating":
        create(context, name)
    elif status == "Deleting":
        delete(context, name)
    elif status != "Failed":
        is_served = _serve_again(context, name)
        if is_served and status == "Updating":
            update(context, name)
        elif is_served and status == "RollingBack":
            _settle(context, name, "InService")


def _serve_again(context: Context, name: str) -> bool:
    document = context.store.get(KIND, name)
    if document is None:
        return False
    deployment = document["_Deployment"]
    try:
        fleet = start_fleet(context, name, deployment, _begin(context, name))
    except Cancelled:
        return False
    except ModelServerFailed as error:
        fleets_of(context).remove(name)
        reason = f"After a restart: {error.reason}"[:_REASON_CHARACTERS]
        _settle(context, name, "Failed", FailureReason=reason)
        return False
    fleets_of(context).put(fleet)
    if (context.store.get(KIND, name) or {}).get("EndpointStatus") in (None, "Deleting"):
        fleets_of(context).remove(name, fleet)
        fleet.stop()
        return False
    return True


def shut_down(context: Context) -> None:
    """End every server; the endpoints stay InService, to be served again after the next start."""
    for start in _STARTS.get(context.store, {}).values():
        start.is_cancelled.set()
    fleets = fleets_of(context)
    stop_all([i for fleet in fleets.all() for v in fleet.variants for i in v.instances])
    for start in _STARTS.get(context.store, {}).values():
        start.cancel()
