"""Blue/green deployments: a whole new fleet, to which the traffic goes at once or in steps.

No request is lost: a fleet that leaves gets no new ones before it is ended, and those under way are
answered. The old fleet runs until the last step has baked, so all traffic can go back at once.

Source: "Blue/Green Deployments", "Use canary traffic shifting" and "Use linear traffic shifting" in
the developer guide: the whole green fleet is provisioned before any traffic goes to it;
WaitIntervalInSeconds is the baking period between steps and TerminationWaitInSeconds the one after
the last, with the green fleet fully active.
"""

from emulator.services.runtime.traffic import Fleet, Traffic
from emulator.services.sagemaker.serving.fleets import retire, start_fleet
from emulator.services.sagemaker.serving.instances import Cancelled
from emulator.services.sagemaker.serving.policies import WHOLE, BlueGreen, Capacity
from emulator.services.sagemaker.serving.servers import ModelServerFailed
from emulator.services.sagemaker.serving.statuses import settle
from emulator.services.sagemaker.serving.updates import (
    Update,
    begin_rollback,
    finish,
    give_up,
    reason_of,
)


def shift(update: Update, blue: Fleet | None, policy: BlueGreen) -> None:
    """Put a new fleet in the old one's place; where there is none, all at once.

    Raises:
        Cancelled: The endpoint is being deleted; nothing of the new fleet runs.
    """
    update.tell("Creating", "Launching {count} instance(s).", None)
    try:
        green = start_fleet(update.context, update.name, update.deployment, update.start)
    except ModelServerFailed as error:
        give_up(update.context, update.name, error.reason)
        return
    if blue is not None and not _is_shifted(update, blue, green, policy):
        return
    finish(update, green)
    if blue is not None:
        retire(update.context, blue.instances)


def _is_shifted(update: Update, blue: Fleet, green: Fleet, policy: BlueGreen) -> bool:
    """Go through all steps; False when the traffic is on the old fleet again."""
    try:
        update.check()
        for step in policy.steps:
            _activate(update, blue, green, step, policy)
    except Cancelled:
        green.stop()
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the old fleet serves on
        _back(update, blue, green, reason_of(error))
        return False
    return True


def _activate(update: Update, blue: Fleet, green: Fleet, step: Capacity, policy: BlueGreen) -> None:
    """Send a part of the requests, or all, to as much of the green fleet; and let it bake."""
    share = step.share_of(list(update.counts.values()))
    is_whole = step == WHOLE
    capacity = f"{'full' if is_whole else policy.part} capacity of {{count}} instance(s)."
    update.tell("ActivatingTraffic", f"Activating traffic on {capacity}", step)
    update.route(Traffic((green.part(step.instances_of), blue), (share, 1 - share)))
    seconds = policy.termination_wait_seconds if is_whole else policy.wait_seconds
    member = "TerminationWaitInSeconds" if is_whole else "WaitIntervalInSeconds"
    if seconds:
        message = f"Baking for {seconds:g} seconds ({member}) with traffic enabled on {capacity}"
        update.tell("Baking", message, step)
    update.bake(seconds)


def _back(update: Update, blue: Fleet, green: Fleet, reason: str) -> None:
    try:
        update.route(Traffic((blue,)))
        begin_rollback(update, reason)
    finally:
        retire(update.context, green.instances)
    settle(update.context, update.name, "InService")
