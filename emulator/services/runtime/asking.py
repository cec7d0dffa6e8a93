"""One request to a model server: where it goes, the answer, and how long that took."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.runtime import metrics
from emulator.services.runtime.connections import (
    ConnectionPool,
    NoAnswer,
    NoConnection,
    Response,
    TooLarge,
)
from emulator.services.runtime.fleets import Fleets, fleets_of
from emulator.services.runtime.metrics import Invocation, metrics_of
from emulator.services.runtime.traffic import Fleet, LiveVariant, Traffic

# How long a request waits for servers that are being started again.
READY_SECONDS_AT_MOST = 60.0
_SHOWN_CHARACTERS = 4096


@dataclass(frozen=True)
class Question:
    """What a model server is sent.

    Attributes:
        target: The variant that is asked; None for one by weight.
        timeout_seconds: The time that it has to answer.
    """

    headers: Sequence[tuple[str, str]]
    body: bytes
    timeout_seconds: float
    target: str | None = None


@dataclass(frozen=True)
class Reply:
    """Who answered, and what."""

    fleet: Fleet
    variant: LiveVariant
    response: Response


def validation_error(message: str) -> AwsError:
    """The runtime's answer to a request that is not acceptable."""
    return AwsError("ValidationError", message)


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
        fleet, variant, pool = _chosen(traffic, question.target, dead)
        if pool is None:
            await _change_of(context, fleets, traffic, variant, dead, deadline)
            continue
        try:
            response = await _answer(context, fleet, variant, pool, question, began)
        except NoConnection:
            dead.add(pool)  # its server has died, which its keeper will see in a moment
            continue
        if not 200 <= response.status < 300:
            raise model_error(context, fleet, response.status, _text(response.body))
        return Reply(fleet, variant, response)


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


async def _answer(
    context: Context,
    fleet: Fleet,
    variant: LiveVariant,
    pool: ConnectionPool,
    question: Question,
    began: float,
) -> Response:
    """The server's answer, which is counted whether there is one or not."""
    sent = time.perf_counter()
    status = 0
    try:
        response = await pool.post(
            "/invocations", question.headers, question.body, question.timeout_seconds
        )
        status = response.status
    except NoConnection:
        status = -1  # nothing was asked
        raise
    except TimeoutError as error:
        message = (
            "Your invocation timed out while waiting for a response from container primary."
            " Review the latency metrics for each container in Amazon CloudWatch, resolve the"
            " issue, and try again."
        )
        raise model_error(context, fleet, 0, message) from error
    except (NoAnswer, TooLarge) as error:
        raise model_error(context, fleet, 0, f"{error}") from error
    finally:
        if status >= 0:
            invocation = Invocation(
                endpoint_name=fleet.endpoint_name,
                variant_name=variant.name,
                config_name=fleet.config_name,
                status=status,
                model_seconds=time.perf_counter() - sent,
                overhead_seconds=sent - began,
                instance_count=len(variant.instances),
            )
            metrics.count(metrics_of(context), invocation)
    return response


def model_error(context: Context, fleet: Fleet, status: int, message: str) -> AwsError:
    """Source: ModelError as AWS words it, e.g. aws/amazon-sagemaker-examples issue 235."""
    region, account_id = context.settings.region, context.settings.account_id
    group = f"/aws/sagemaker/Endpoints/{fleet.endpoint_name}"
    whose = "client" if 400 <= status < 500 else "server"
    shown = message[:_SHOWN_CHARACTERS]
    return AwsError(
        "ModelError",
        f'Received {whose} error ({status}) from primary with message "{shown}". See'
        f" https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        f"#logEventViewer:group={group} in account {account_id} for more information.",
        424,
        OriginalStatusCode=status,
        OriginalMessage=shown,
        LogStreamArn=f"arn:aws:logs:{region}:{account_id}:log-group:{group}",
    )


def _text(body: bytes) -> str:
    return body[: 4 * _SHOWN_CHARACTERS].decode(errors="replace")
