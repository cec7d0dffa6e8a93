"""Endpoint fleets: the servers of all the variants of a deployment, and what is said of them."""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from emulator.containers import ContainerProcess
from emulator.context import Context
from emulator.services.runtime.fleets import Fleet, Instance, LiveVariant, stop_all
from emulator.services.sagemaker.serving.instances import Cancelled, start_instance
from emulator.services.sagemaker.serving.servers import ModelServerFailed, PingFailed

logger = logging.getLogger(__name__)

_DRAIN_SECONDS = 60.0
_DRAIN_LOOK_SECONDS = 0.02


class Start:
    """Servers that are being started, which a deletion ends."""

    def __init__(self, stop_grace_seconds: float) -> None:
        self._stop_grace_seconds = stop_grace_seconds
        self.is_cancelled = threading.Event()
        self._processes: list[ContainerProcess] = []
        self._lock = threading.Lock()

    def take(self, process: ContainerProcess) -> None:
        """Remember a process, or end it if it comes too late."""
        with self._lock:
            self._processes.append(process)
        if self.is_cancelled.is_set():
            process.stop(self._stop_grace_seconds)

    def cancel(self) -> None:
        """End what has been started, and what will be."""
        self.is_cancelled.set()
        with self._lock:
            processes = list(self._processes)
        for process in processes:
            process.stop(self._stop_grace_seconds)


def start_fleet(context: Context, name: str, deployment: Mapping[str, Any], start: Start) -> Fleet:
    """Start every instance of every variant.

    Raises:
        Cancelled: The start was cancelled; nothing runs.
        ModelServerFailed: An instance did not come up; nothing runs.
    """
    variants: list[LiveVariant] = []
    try:
        for variant in deployment["ProductionVariants"]:
            count = variant["InitialInstanceCount"]
            instances = start_instances(context, name, variant, count, start)
            weight = variant["InitialVariantWeight"]
            variants.append(LiveVariant(variant["VariantName"], weight, tuple(instances)))
    except BaseException:
        stop_all([instance for variant in variants for instance in variant.instances])
        raise
    return Fleet(name, tuple(variants), capture_of(deployment))


def start_instances(
    context: Context, name: str, variant: dict[str, Any], count: int, start: Start
) -> list[Instance]:
    """Start some instances of a variant.

    Raises:
        Cancelled: The start was cancelled; none of them runs.
        ModelServerFailed: One did not come up; none of them runs.
    """
    instances: list[Instance] = []
    try:
        for _ in range(count):
            instances.append(start_instance(context, name, variant, start.take))
            if start.is_cancelled.is_set():
                raise Cancelled
    except Exception as error:  # the worker's boundary: the endpoint has to come to a status
        stop_all(instances)
        if start.is_cancelled.is_set():
            raise Cancelled from error
        if isinstance(error, PingFailed):
            raise _ping_failed(variant["VariantName"], error) from error
        if isinstance(error, ModelServerFailed):
            raise
        logger.exception("endpoint %s: variant %s", name, variant["VariantName"])
        reason = f"InternalServerError: {type(error).__name__}: {error}"
        raise ModelServerFailed(reason) from error
    return instances


def _ping_failed(variant_name: str, error: PingFailed) -> ModelServerFailed:
    """Source: awslabs/llm-hosting-container issue 18, for the first two sentences."""
    how = "" if error.exit_code is None else f" The container exited with code {error.exit_code}."
    return ModelServerFailed(
        f"The primary container for production variant {variant_name} did not pass the ping"
        f" health check. Please check CloudWatch logs for this endpoint.{how}"
    )


def capture_of(deployment: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The deployment's DataCaptureConfig, if capture is on."""
    config: Mapping[str, Any] | None = deployment.get("DataCaptureConfig")
    return config if config is not None and config.get("EnableCapture", True) else None


def described(context: Context, deployment: Mapping[str, Any]) -> dict[str, Any]:
    """What DescribeEndpoint says of a deployment that serves."""
    members: dict[str, Any] = {
        "EndpointConfigName": deployment["EndpointConfigName"],
        "ProductionVariants": [
            _described_variant(context, variant) for variant in deployment["ProductionVariants"]
        ],
        "DataCaptureConfig": None,
        "_Deployment": deployment,
    }
    capture = deployment.get("DataCaptureConfig")
    if capture is not None:
        is_on = capture.get("EnableCapture", True)
        members["DataCaptureConfig"] = {
            "EnableCapture": is_on,
            "CaptureStatus": "Started" if is_on else "Stopped",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": capture.get("KmsKeyId", ""),
        }
    return members


def _described_variant(context: Context, variant: Mapping[str, Any]) -> dict[str, Any]:
    image = variant["_Container"]["Image"]
    resolved = {"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": context.clock()}
    return {
        "VariantName": variant["VariantName"],
        "DeployedImages": [resolved],
        "CurrentWeight": variant["InitialVariantWeight"],
        "DesiredWeight": variant["InitialVariantWeight"],
        "CurrentInstanceCount": variant["InitialInstanceCount"],
        "DesiredInstanceCount": variant["InitialInstanceCount"],
    }


def drain(fleet: Fleet) -> None:
    """Wait for the requests under way to be answered."""
    deadline = time.monotonic() + _DRAIN_SECONDS
    pools = [i.pool for v in fleet.variants for i in v.instances if i.pool is not None]
    while any(pool.in_flight for pool in pools) and time.monotonic() < deadline:
        time.sleep(_DRAIN_LOOK_SECONDS)
