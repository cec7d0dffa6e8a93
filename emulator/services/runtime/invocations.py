"""InvokeEndpoint: to a variant, to one of its instances, and back."""

import asyncio
import random
import time
from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError, unsupported
from emulator.services.runtime.capture import Captured, Payload
from emulator.services.runtime.connections import (
    ConnectionPool,
    NoAnswer,
    NoConnection,
    Response,
    TooLarge,
)
from emulator.services.runtime.fleets import Fleets, fleets_of
from emulator.services.runtime.traffic import Fleet, LiveVariant, Traffic

# Source: the API reference of InvokeEndpoint: "must respond to requests within 60 seconds".
ANSWER_SECONDS_AT_MOST = 60.0
# How long an invocation waits for servers that are being started again.
READY_SECONDS_AT_MOST = 60.0
_SHOWN_CHARACTERS = 4096

_UNSUPPORTED = {
    "TargetModel": "multi-model endpoints",
    "TargetContainerHostname": "multi-container endpoints",
    "InferenceComponentName": "inference components",
    "EnableExplanations": "online explanations",
    "SessionId": "stateful sessions",
}
_SENT_HEADERS = {
    "ContentType": "content-type",
    "Accept": "accept",
    "CustomAttributes": "x-amzn-sagemaker-custom-attributes",
    "InferenceId": "x-amzn-sagemaker-inference-id",
}


async def invoke_endpoint(context: Context, request: Request) -> Answer:
    """Give the body to a model server and its answer back.

    Raises:
        AwsError: ValidationError: no such endpoint or variant, or it does not serve; ModelError:
            the container answered with an error, not in time, or not at all.
    """
    _refuse_unsupported(request)
    fleets = fleets_of(context)
    began = time.time()
    fleet, variant, response = await _answered(context, fleets, request)
    if not 200 <= response.status < 300:
        raise _model_error(context, fleet, response.status, _text(response.body))
    if fleet.capture is not None:
        _capture(context, fleets, fleet, variant, request, response, began)
    return {
        "Body": response.body,
        "ContentType": response.headers.get("content-type", "application/octet-stream"),
        "InvokedProductionVariant": variant.name,
        "CustomAttributes": response.headers.get("x-amzn-sagemaker-custom-attributes"),
    }


async def _answered(
    context: Context, fleets: Fleets, request: Request
) -> tuple[Fleet, LiveVariant, Response]:
    """An instance's answer, from where the traffic goes when there is an instance to ask."""
    loop = asyncio.get_running_loop()
    fleets.serve_on(loop)
    deadline = loop.time() + READY_SECONDS_AT_MOST
    dead: set[ConnectionPool] = set()
    while True:
        traffic = fleets.get(request["EndpointName"])
        if traffic is None:
            traffic = await _expected_traffic(context, fleets, request["EndpointName"])
        fleet, variant, pool = _chosen(traffic, request.get("TargetVariant"), dead)
        if pool is None:
            await _change_of(context, fleets, traffic, variant, dead, deadline)
            continue
        try:
            return fleet, variant, await _post(context, fleet, pool, request)
        except NoConnection:
            dead.add(pool)  # its server has died, which its keeper will see in a moment


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


def _refuse_unsupported(request: Request) -> None:
    for member, what in _UNSUPPORTED.items():
        if member in request:
            raise unsupported(f"InvokeEndpoint with {member} ({what}) is not emulated.")


def _validation_error(message: str) -> AwsError:
    return AwsError("ValidationError", message)


async def _expected_traffic(context: Context, fleets: Fleets, name: str) -> Traffic:
    """The way to an endpoint that is being started again after the emulator was."""
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
    raise _validation_error(message)


def _variant(fleet: Fleet, target: str | None) -> LiveVariant:
    if target is None:
        return fleet.choose()
    variant = fleet.variant(target)
    if variant is None:
        names = ", ".join(known.name for known in fleet.variants)
        raise _validation_error(
            f"Variant {target} not found for Request. Endpoint {fleet.endpoint_name} has: {names}."
        )
    return variant


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
    raise _model_error(context, fleet, 503, message)


async def _post(context: Context, fleet: Fleet, pool: ConnectionPool, request: Request) -> Response:
    headers = [(name, request[key]) for key, name in _SENT_HEADERS.items() if key in request]
    for name, value in headers:
        if "\r" in value or "\n" in value or not value.isascii():
            raise _validation_error(f"The header {name} must be visible ASCII characters.")
    try:
        return await pool.post("/invocations", headers, request["Body"], ANSWER_SECONDS_AT_MOST)
    except TimeoutError as error:
        message = (
            "Your invocation timed out while waiting for a response from container primary."
            " Review the latency metrics for each container in Amazon CloudWatch, resolve the"
            " issue, and try again."
        )
        raise _model_error(context, fleet, 0, message) from error
    except NoConnection:
        raise
    except (NoAnswer, TooLarge) as error:
        raise _model_error(context, fleet, 0, f"{error}") from error


def _model_error(context: Context, fleet: Fleet, status: int, message: str) -> AwsError:
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


def _capture(
    context: Context,
    fleets: Fleets,
    fleet: Fleet,
    variant: LiveVariant,
    request: Mapping[str, Any],
    response: Response,
    began: float,
) -> None:
    config = fleet.capture
    if config is None or random.random() * 100 >= config["InitialSamplingPercentage"]:
        return
    record = Captured(
        endpoint_name=fleet.endpoint_name,
        variant_name=variant.name,
        config=config,
        inference_time=began,
        request=Payload(request.get("ContentType", ""), request["Body"]),
        response=Payload(response.headers.get("content-type", ""), response.body),
        inference_id=request.get("InferenceId"),
        custom_attributes=request.get("CustomAttributes"),
    )
    fleets.captures.append(context, record)


OPERATIONS: Mapping[str, Handler] = {"InvokeEndpoint": invoke_endpoint}
