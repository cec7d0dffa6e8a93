"""Where a question goes: to a fleet by share, a variant by weight, and the least busy instance."""

import asyncio
import time

from emulator.context import Context
from emulator.services.runtime.connections import ConnectionPool, NoConnection
from emulator.services.runtime.fleets import Fleets, fleets_of
from emulator.services.runtime.questions import Question, Reply, validation_error
from emulator.services.runtime.sending import checked, model_error, send
from emulator.services.runtime.serverless import ask_on_demand
from emulator.services.runtime.shadows import mirror
from emulator.services.runtime.traffic import Fleet, LiveVariant, Traffic

# How long a request waits for servers that are being started again.
READY_SECONDS_AT_MOST = 60.0


async def ask(context: Context, endpoint_name: str, question: Question) -> Reply:
    """Get an instance's answer, from where the traffic goes when there is an instance to ask.

    Raises:
        AwsError: ValidationError: no such endpoint or variant, or it does not serve; ModelError:
            the container answered with an error, not in time, or not at all.
    """
    loop = asyncio.get_running_loop()
    fleets = fleets_of(context)
    fleets.serve_on(loop)
    began = time.perf_counter()
    deadline = loop.time() + READY_SECONDS_AT_MOST
    dead: set[ConnectionPool] = set()
    while True:
        traffic = fleets.get(endpoint_name)
        if traffic is None:
            traffic = await expected_traffic(context, fleets, endpoint_name)
        if traffic.fleets[0].async_concurrency is not None:
            raise validation_error(
                f"Endpoint {endpoint_name} is asynchronous: use InvokeEndpointAsync."
            )
        fleet, variant, pool = _chosen(traffic, question.target, dead)
        if variant.on_demand is not None:
            response = await ask_on_demand(context, fleet, variant, variant.on_demand, question)
            return Reply(fleet, variant, checked(context, fleet, response))
        if pool is None:
            await _change_of(context, fleets, traffic, variant, dead, deadline)
            continue
        if fleet.shadows and not dead:
            mirror(context, fleet, variant, question)
        try:
            response = await send(context, fleet, variant, pool, question, began)
        except NoConnection:
            dead.add(pool)  # its server has died, which its keeper will see in a moment
            continue
        return Reply(fleet, variant, checked(context, fleet, response))


def _chosen(
    traffic: Traffic, target: str | None, dead: set[ConnectionPool]
) -> tuple[Fleet, LiveVariant, ConnectionPool | None]:
    """A fleet by share and a variant by weight; another fleet if no server of these is alive."""
    fleet = traffic.choose()
    variant = _variant(fleet, target)
    pool = variant.least_busy(dead)
    if pool is None:
        for other in traffic.fleets:
            same = other.variant(variant.name)
            spare = same.least_busy(dead) if same is not None else None
            if same is not None and spare is not None:
                return other, same, spare
    return fleet, variant, pool


def _variant(fleet: Fleet, target: str | None) -> LiveVariant:
    if target is None:
        return fleet.choose()
    variant = fleet.variant(target)
    if variant is None:
        names = ", ".join(known.name for known in fleet.variants)
        raise validation_error(
            f"Variant {target} not found for Request. Endpoint {fleet.endpoint_name} has: {names}."
        )
    return variant


async def expected_traffic(context: Context, fleets: Fleets, name: str) -> Traffic:
    """The way to an endpoint that is being started again after the emulator was.

    Raises:
        AwsError: ValidationError: the endpoint is not there, or does not serve.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READY_SECONDS_AT_MOST
    while fleets.is_expected(name) and loop.time() < deadline:
        change = fleets.change()
        if (traffic := fleets.get(name)) is not None:
            return traffic
        await asyncio.wait([change], timeout=deadline - loop.time())
    traffic = fleets.get(name)
    if traffic is not None:
        return traffic
    message = f"Endpoint {name} of account {context.settings.account_id} not found."
    document = context.store.get("Endpoint", name)
    if document is not None:
        message += f" Its status is {document['EndpointStatus']}: it serves when it is InService."
    raise validation_error(message)


async def _change_of(
    context: Context,
    fleets: Fleets,
    traffic: Traffic,
    variant: LiveVariant,
    dead: set[ConnectionPool],
    deadline: float,
) -> None:
    """Wait while all of a variant's servers have died and are being started again."""
    fleet = traffic.fleets[0]
    seconds = deadline - asyncio.get_running_loop().time()
    change = fleets.change()
    is_changed = variant.least_busy(dead) is not None or (
        fleets.get(fleet.endpoint_name) is not traffic
    )
    if is_changed or (await asyncio.wait([change], timeout=max(seconds, 0)))[0]:
        return
    message = f"No instance of variant {variant.name} is ready: its container ends again and again."
    raise model_error(context, fleet, 503, message)
