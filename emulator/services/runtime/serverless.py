"""Questions to serverless variants: throttled, small enough, and after a cold start if need be.

Source: "Deploy models with Amazon SageMaker Serverless Inference" and "Invoke a serverless
endpoint" in the developer guide: at most 4 MB; ModelNotReadyException of InvokeEndpoint in the API
reference; ModelSetupTime in "Monitor a serverless endpoint".
"""

import asyncio
import time

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.runtime.connections import ConnectionPool, NoConnection, Response
from emulator.services.runtime.metrics import INVOCATIONS, metrics_of
from emulator.services.runtime.on_demand import Ended, OnDemand, Throttled
from emulator.services.runtime.questions import Question, validation_error
from emulator.services.runtime.sending import model_error, send
from emulator.services.runtime.traffic import Fleet, LiveVariant

PAYLOAD_BYTES_AT_MOST = 4 * 1024 * 1024
READY_SECONDS_AT_MOST = 60.0
_LOOK_AGAIN_SECONDS = 0.02


async def ask_on_demand(
    context: Context, fleet: Fleet, variant: LiveVariant, server: OnDemand, question: Question
) -> Response:
    """The answer of a serverless variant's server, which is started if there is none.

    Raises:
        AwsError: ValidationError: the body is too large; ThrottlingException: more requests than
            MaxConcurrency; ModelNotReadyException: the server takes too long to start; ModelError:
            it cannot be started, or gave no answer.
    """
    if len(question.body) > PAYLOAD_BYTES_AT_MOST:
        raise validation_error(
            f"The body has {len(question.body)} bytes; a serverless endpoint takes at most"
            f" {PAYLOAD_BYTES_AT_MOST}."
        )
    began = time.perf_counter()
    try:
        server.enter()
    except Throttled as error:
        raise AwsError(
            "ThrottlingException",
            f"Endpoint {fleet.endpoint_name} processes {server.limits.max_concurrency} requests"
            " already, its MaxConcurrency.",
        ) from error
    try:
        while True:
            pool = server.pool or await _cold_start(context, fleet, variant, server, began)
            try:
                return await send(context, fleet, variant, pool, question, began)
            except NoConnection:  # it has died, and its keeper starts it again
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    finally:
        server.leave()


async def _cold_start(
    context: Context, fleet: Fleet, variant: LiveVariant, server: OnDemand, began: float
) -> ConnectionPool:
    try:
        await asyncio.wait_for(
            asyncio.shield(_warming(context, fleet, variant, server)), READY_SECONDS_AT_MOST
        )
    except TimeoutError as error:
        raise _not_ready(variant) from error
    except Ended as error:
        raise validation_error(f"Endpoint {fleet.endpoint_name} is being deleted.") from error
    except Exception as error:
        raise model_error(context, fleet, 0, f"{error}") from error
    while (pool := server.pool) is None:
        if time.perf_counter() - began > READY_SECONDS_AT_MOST:
            raise _not_ready(variant)
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    return pool


def _warming(
    context: Context, fleet: Fleet, variant: LiveVariant, server: OnDemand
) -> "asyncio.Task[None]":
    """The one start that all requests wait for: each in a thread would leave none for others."""

    async def warm() -> None:
        seconds = await asyncio.to_thread(server.warm)
        if seconds:
            where = (fleet.endpoint_name, variant.name, "")
            values = (("ModelSetupTime", seconds * 1e6),)
            metrics_of(context).append((int(time.time()), INVOCATIONS, *where, values))

    if server.warming is None or server.warming.done():
        server.warming = asyncio.get_running_loop().create_task(warm())
    return server.warming


def _not_ready(variant: LiveVariant) -> AwsError:
    return AwsError(
        "ModelNotReadyException",
        f"The resources of serverless variant {variant.name} are still being provisioned.",
        429,
    )
