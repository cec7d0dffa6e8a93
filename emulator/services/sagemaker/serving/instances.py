"""Endpoint instances: one model server each, kept running until it is told to stop."""

import logging
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emulator.containers import ContainerProcess
from emulator.context import Context
from emulator.services.runtime.connections import ConnectionPool
from emulator.services.runtime.fleets import fleets_of
from emulator.services.runtime.instances import PAYLOAD_BYTES_AT_MOST, Instance
from emulator.services.runtime.utilization import watch
from emulator.services.sagemaker.serving.servers import (
    ModelServer,
    ModelServerFailed,
    ServerPlan,
    start_model_server,
    stop_grace_seconds,
)

logger = logging.getLogger(__name__)

LOG_GROUP = "aws/sagemaker/Endpoints"
_FIRST_PAUSE_SECONDS = 0.5
_PAUSE_SECONDS_AT_MOST = 30.0


class Cancelled(Exception):
    """The endpoint is being deleted: what was being started is ended."""


def endpoints_directory(context: Context) -> Path:
    """Where the files of running endpoints lie."""
    return context.settings.data_dir / "endpoints"


def start_instance(
    context: Context,
    endpoint_name: str,
    variant: dict[str, Any],
    on_process: Callable[[ContainerProcess], None],
) -> Instance:
    """Start a server of a variant and keep it running.

    Args:
        context: The emulator.
        endpoint_name: The endpoint.
        variant: The production variant, with its model's container under ``_Container``.
        on_process: Gets the process as soon as there is one; stopping it ends the start.

    Raises:
        ModelServerFailed: The server did not come up.
    """
    server = start_model_server(context, _plan(context, endpoint_name, variant), on_process)
    pool = ConnectionPool(server.port, PAYLOAD_BYTES_AT_MOST)
    instance = Instance(server.stop, pool, server.process.process_group)
    watch(context)
    context.workers.start(
        f"endpoint-{endpoint_name}", _keep, context, endpoint_name, variant, instance, server
    )
    return instance


def _plan(context: Context, endpoint_name: str, variant: dict[str, Any]) -> ServerPlan:
    name = variant["VariantName"]
    instance_id = f"i-{uuid.uuid4().hex[:17]}"
    logs = context.settings.data_dir / "logs" / LOG_GROUP
    return ServerPlan(
        model={"PrimaryContainer": variant["_Container"]},
        name=f"{endpoint_name}/{name}/{instance_id}",
        root=endpoints_directory(context) / endpoint_name / name / instance_id,
        log_path=logs / endpoint_name / name / f"{instance_id}.log",
        variables={},
        startup_timeout_seconds=variant.get("ContainerStartupHealthCheckTimeoutInSeconds"),
    )


def _keep(
    context: Context,
    endpoint_name: str,
    variant: dict[str, Any],
    instance: Instance,
    server: ModelServer,
) -> None:
    """Start the server anew whenever it ends by itself, as SageMaker replaces a dead container."""
    while True:
        exit_code = server.process.wait()
        if instance.is_stopping.is_set():
            return
        instance.pool = None
        logger.warning(
            "endpoint %s: a server of variant %s ended with exit code %s and is started again",
            endpoint_name, variant["VariantName"], exit_code,
        )  # fmt: skip
        server.stop()
        started = _start_again(context, endpoint_name, variant, instance)
        if started is None:
            return
        server = started
        instance.stop_server = server.stop
        if instance.is_stopping.is_set():  # it came between the start and the line above
            server.stop()
            return
        instance.process_group = server.process.process_group
        instance.pool = ConnectionPool(server.port, PAYLOAD_BYTES_AT_MOST)
        fleets_of(context).announce()


def _start_again(
    context: Context, endpoint_name: str, variant: dict[str, Any], instance: Instance
) -> ModelServer | None:
    """Try until the server is up, with growing pauses; None when the instance is to stop."""
    pause_seconds = _FIRST_PAUSE_SECONDS
    while not instance.is_stopping.wait(pause_seconds):
        pause_seconds = min(pause_seconds * 2, _PAUSE_SECONDS_AT_MOST)
        try:
            return start_model_server(
                context,
                _plan(context, endpoint_name, variant),
                lambda process: _take(instance, process, stop_grace_seconds(context)),
            )
        except ModelServerFailed as error:
            where = f"endpoint {endpoint_name}: variant {variant['VariantName']}"
            logger.warning("%s: %s", where, error.reason)
    return None


def _take(instance: Instance, process: ContainerProcess, grace_seconds: float) -> None:
    def stop() -> None:
        process.stop(grace_seconds)

    instance.stop_server = stop
    if instance.is_stopping.is_set():
        stop()
