"""Rolling deployments: batches of new instances take the place of old ones.

The instances that a batch replaces get no more requests, and are ended when the batch has baked.
An alarm sends all traffic back to what is left of the old fleet at once, and the old instances that
have ended are started again, in batches too.

Source: "Use rolling deployments" in the developer guide; RollingUpdatePolicy and EndpointStatus
(UpdateRollbackFailed: "in service with a mix of the old and new") in the API reference.
"""

from dataclasses import replace

from emulator.services.runtime.instances import Instance, Server, stop_all
from emulator.services.runtime.traffic import Fleet, LiveVariant, Traffic
from emulator.services.sagemaker.serving.fleets import fleet_of, retire, start_instances
from emulator.services.sagemaker.serving.instances import Cancelled
from emulator.services.sagemaker.serving.policies import Capacity, Rolling
from emulator.services.sagemaker.serving.servers import ModelServerFailed
from emulator.services.sagemaker.serving.statuses import KIND, REASON_CHARACTERS, settle
from emulator.services.sagemaker.serving.updates import (
    Update,
    begin_rollback,
    finish,
    reason_of,
)


def roll(update: Update, blue: Fleet, policy: Rolling) -> None:
    """Replace the one variant's instances batch by batch."""
    (variant,) = update.deployment["ProductionVariants"]
    count = variant["InitialInstanceCount"]
    green: list[Instance] = []
    old = list(blue.instances)
    try:
        update.check()
        while len(green) < count:
            size = min(max(policy.batch.instances_of(count), 1), count - len(green))
            _start(update, variant, size, green)
            kept = -(-len(blue.instances) * (count - len(green)) // count)  # rounded up
            _shift(update, green, blue, old[:kept], policy)
            retire(update.context, old[kept:])
            del old[kept:]
    except Cancelled:
        stop_all([*green, *old])
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the old fleet serves again
        _back(update, blue, old, green, policy, reason_of(error))
    else:
        finish(update, _fleet(update, green))


def _start(update: Update, variant: dict[str, object], size: int, green: list[Instance]) -> None:
    update.tell("Creating", f"Launching {size} instance(s).", _so_many(green))
    green += start_instances(update.context, update.name, variant, size, update.start)


def _shift(
    update: Update, green: list[Instance], blue: Fleet, kept: list[Server], policy: Rolling
) -> None:
    """Let as large a part of the traffic go to green as green has of its instances, and bake."""
    share = len(green) / sum(update.counts.values())
    capacity = f"{'partial' if kept else 'full'} capacity of {len(green)} instance(s)."
    update.tell("ActivatingTraffic", f"Activating traffic on {capacity}", _so_many(green))
    update.route(
        Traffic((_fleet(update, green), _with(blue, kept or blue.instances)), (share, 1 - share))
        if kept
        else Traffic((_fleet(update, green),))
    )
    if policy.wait_seconds:
        member = f"{policy.wait_seconds:g} seconds (WaitIntervalInSeconds)"
        message = f"Baking for {member} with traffic enabled on {capacity}"
        update.tell("Baking", message, _so_many(green))
    update.bake(policy.wait_seconds)


def _so_many(green: list[Instance]) -> Capacity | None:
    return Capacity("INSTANCE_COUNT", len(green)) if green else None


def _fleet(update: Update, green: list[Instance]) -> Fleet:
    (variant,) = update.deployment["ProductionVariants"]
    live = LiveVariant(variant["VariantName"], variant["InitialVariantWeight"], tuple(green))
    return fleet_of(update.name, update.deployment, [live])


def _with(blue: Fleet, instances: list[Server]) -> Fleet:
    """The blue fleet with these instances of its one variant."""
    return replace(blue, variants=(replace(blue.variants[0], instances=tuple(instances)),))


def _back(
    update: Update,
    blue: Fleet,
    old: list[Server],
    green: list[Instance],
    policy: Rolling,
    reason: str,
) -> None:
    update.route(Traffic((_with(blue, old),)))
    begin_rollback(update, reason)
    document = update.context.store.get(KIND, update.name) or {}
    (variant,) = document["_Deployment"]["ProductionVariants"]
    wanted = len(blue.instances)
    batch = max(policy.rollback_batch.instances_of(wanted), 1)
    try:
        while len(old) < wanted:
            size = min(batch, wanted - len(old))
            old += start_instances(update.context, update.name, variant, size, update.start)
            update.route(Traffic((_with(blue, old),)))
            retire(update.context, green[:size])
            del green[:size]
    except ModelServerFailed as error:
        both = f"{reason} The rollback failed: {error.reason}"[:REASON_CHARACTERS]
        settle(update.context, update.name, "UpdateRollbackFailed", FailureReason=both)
    else:
        settle(update.context, update.name, "InService")
    finally:
        retire(update.context, green)
