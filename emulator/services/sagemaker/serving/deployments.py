"""Deployments: the work behind an endpoint's statuses, in worker threads.

A deployment is what an endpoint serves: its endpoint config with each variant's container, copied
into the endpoint's document so that the config and the models can be deleted meanwhile. A fleet is
a deployment that runs. A new fleet answers /ping before traffic goes to it, and the one before is
ended after its last request.
"""

import logging
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulator.context import Context
from emulator.services.runtime import async_work
from emulator.services.runtime.fleets import fleets_of
from emulator.services.runtime.instances import Instance, Server, stop_all
from emulator.services.runtime.traffic import Fleet, LiveVariant, Traffic
from emulator.services.sagemaker.serving import blue_green, policies, rolling, starts
from emulator.services.sagemaker.serving.fleets import (
    every_variant,
    fleet_of,
    limits_of,
    retire,
    start_fleet,
    start_instances,
)
from emulator.services.sagemaker.serving.instances import Cancelled, endpoints_directory
from emulator.services.sagemaker.serving.policies import Policy, Rolling
from emulator.services.sagemaker.serving.servers import ModelServerFailed
from emulator.services.sagemaker.serving.starts import Start
from emulator.services.sagemaker.serving.statuses import KIND, REASON_CHARACTERS, settle
from emulator.services.sagemaker.serving.updates import (
    Update,
    finish,
    give_up,
    instance_counts,
    reason_of,
)

logger = logging.getLogger(__name__)


def create(context: Context, name: str) -> None:
    """Start the fleet of an endpoint that is Creating."""
    start = starts.begin(context, name)
    document = context.store.get(KIND, name)
    if document is None:
        return
    deployment = document["_Deployment"]
    try:
        fleet = start_fleet(context, name, deployment, start)
        finish(_update(context, name, deployment, start, Policy()), fleet)
    except Cancelled:
        return
    except ModelServerFailed as error:
        settle(context, name, "Failed", FailureReason=error.reason[:REASON_CHARACTERS])


def _update(
    context: Context, name: str, deployment: dict[str, Any], start: Start, policy: Policy
) -> Update:
    seconds = policy.timeout_seconds
    deadline = time.monotonic() + (float("inf") if seconds is None else seconds)
    return Update(context, name, deployment, policy, start, deadline)


def update(context: Context, name: str) -> None:
    """Bring an endpoint that is Updating to its next deployment, or keep the one it has.

    After a kill -9 in the middle, the endpoint serves the old fleet again and the update starts
    over from its first step: how far the traffic had been shifted tells nothing about new servers.
    """
    start = starts.begin(context, name)
    document = context.store.get(KIND, name)
    if document is None:
        return
    deployment = document["_NextDeployment"]
    counts = list(instance_counts(deployment).values())
    wait_at_most = context.settings.limits.traffic_wait_seconds
    policy = policies.read(document.get("_UpdatePolicy", {}), counts, wait_at_most)
    try:
        _shift(_update(context, name, deployment, start, policy), policy)
    except Cancelled:
        return
    except Exception as error:  # noqa: BLE001 - the endpoint has to come to a status
        give_up(context, name, reason_of(error))


def _shift(update: Update, policy: Policy) -> None:
    traffic = fleets_of(update.context).get(update.name)
    blue = None if traffic is None else traffic.fleets[0]
    if not isinstance(policy.shift, Rolling):
        blue_green.shift(update, blue, policy.shift)
    elif blue is None:
        blue_green.shift(update, blue, policies.BlueGreen())
    else:
        rolling.roll(update, blue, policy.shift)


def change_capacities(context: Context, name: str) -> None:
    """Start and end instances until each variant has as many as are wanted."""
    document = context.store.get(KIND, name)
    traffic = fleets_of(context).get(name)
    if document is None or traffic is None:
        return
    deployment = document["_NextDeployment"]
    start = starts.begin(context, name)
    added: list[Instance] = []
    try:
        fleet, surplus = _scaled(context, traffic.fleets[0], deployment, start, added)
        finish(_update(context, name, deployment, start, Policy()), fleet)
    except Cancelled:
        stop_all(added)
        return
    except Exception as error:  # noqa: BLE001 - the endpoint has to come to a status
        stop_all(added)
        give_up(context, name, reason_of(error))
        return
    retire(context, surplus)


def _scaled(
    context: Context,
    fleet: Fleet,
    deployment: Mapping[str, Any],
    start: Start,
    added: list[Instance],
) -> tuple[Fleet, list[Server]]:
    """The fleet with the wanted instances, and those without a place; adds to ``added``."""
    wanted = {variant["VariantName"]: variant for variant in every_variant(deployment)}
    surplus: list[Server] = []
    variants = []
    for live in (*fleet.variants, *fleet.shadows):
        variant = wanted[live.name]
        if live.on_demand is not None:
            live.on_demand.limits = limits_of(variant)
            if live.on_demand.limits.is_provisioned:
                live.on_demand.warm()
            variants.append(replace(live, weight=variant["InitialVariantWeight"]))
            continue
        count = variant["InitialInstanceCount"]
        missing = count - len(live.instances)
        new = start_instances(context, fleet.endpoint_name, variant, missing, start)
        added += new
        surplus += live.instances[count:]
        instances = (*live.instances[:count], *new)
        variants.append(LiveVariant(live.name, variant["InitialVariantWeight"], instances))
    return fleet_of(fleet.endpoint_name, deployment, variants), surplus


def delete(context: Context, name: str) -> None:
    """End the fleet of an endpoint that is Deleting, and then forget the endpoint."""
    start = starts.take_away(context, name)
    if start is not None:
        start.cancel()
    traffic = fleets_of(context).remove(name)
    if traffic is not None:
        stop_all(traffic.instances)
    async_work.forget(context, name)
    shutil.rmtree(endpoints_directory(context) / name, ignore_errors=True)
    context.store.delete(KIND, name)


def serve_again(context: Context, name: str) -> bool:
    """Start what an endpoint served before the emulator ended; False if it cannot be."""
    document = context.store.get(KIND, name)
    if document is None:
        return False
    deployment = document["_Deployment"]
    try:
        fleet = start_fleet(context, name, deployment, starts.begin(context, name), is_cold=True)
    except Cancelled:
        return False
    except ModelServerFailed as error:
        fleets_of(context).remove(name)
        reason = f"After a restart: {error.reason}"[:REASON_CHARACTERS]
        settle(context, name, "Failed", FailureReason=reason)
        return False
    traffic = Traffic((fleet,))
    fleets_of(context).put(traffic)
    if (context.store.get(KIND, name) or {}).get("EndpointStatus") in (None, "Deleting"):
        fleets_of(context).remove(name, traffic)
        fleet.stop()
        return False
    if fleet.async_concurrency is not None:
        async_work.begin(context, name)
    return True


def shut_down(context: Context) -> None:
    """End every server; the endpoints stay InService, to be served again after the next start."""
    for start in starts.every(context):
        start.is_cancelled.set()
    stop_all([i for traffic in fleets_of(context).all() for i in traffic.instances])
    for start in starts.every(context):
        start.cancel()
