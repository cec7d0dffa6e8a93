"""Endpoint fleets: the servers of all the variants of a deployment, and what is said of them."""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.services.runtime.fleets import fleets_of
from emulator.services.runtime.instances import Instance, Server, stop_all
from emulator.services.runtime.on_demand import Ended, Limits, OnDemand
from emulator.services.runtime.traffic import Fleet, LiveVariant
from emulator.services.sagemaker.serving.instances import Cancelled, start_instance
from emulator.services.sagemaker.serving.progress import SHADOWS
from emulator.services.sagemaker.serving.servers import (
    ModelServerFailed,
    PingFailed,
    stop_grace_seconds,
)
from emulator.services.sagemaker.serving.starts import Start

logger = logging.getLogger(__name__)

_DRAIN_SECONDS = 60.0
_ASYNC_CONCURRENCY = 4
_DRAIN_LOOK_SECONDS = 0.02


def start_fleet(
    context: Context,
    name: str,
    deployment: Mapping[str, Any],
    start: Start,
    is_cold: bool = False,
) -> Fleet:
    """Start every instance of every variant; serverless ones only if they are not to be cold.

    Raises:
        Cancelled: The start was cancelled; nothing runs.
        ModelServerFailed: An instance did not come up; nothing runs.
    """
    variants: list[LiveVariant] = []
    try:
        for variant in every_variant(deployment):
            servers: Sequence[Server] = (
                [start_on_demand(context, name, variant, start, is_cold)]
                if "ServerlessConfig" in variant
                else start_instances(context, name, variant, variant["InitialInstanceCount"], start)
            )
            weight = variant["InitialVariantWeight"]
            variants.append(LiveVariant(variant["VariantName"], weight, tuple(servers)))
    except BaseException:
        stop_all([instance for variant in variants for instance in variant.instances])
        raise
    return fleet_of(name, deployment, variants)


def every_variant(deployment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A deployment's production variants, and then its shadow variants."""
    return [*deployment["ProductionVariants"], *deployment.get(SHADOWS, [])]


def fleet_of(name: str, deployment: Mapping[str, Any], variants: Sequence[LiveVariant]) -> Fleet:
    """The fleet of a deployment, all of whose variants run."""
    production = len(deployment["ProductionVariants"])
    return Fleet(
        name,
        tuple(variants[:production]),
        capture_of(deployment),
        deployment["EndpointConfigName"],
        tuple(variants[production:]),
        _async_concurrency(deployment),
    )


def _async_concurrency(deployment: Mapping[str, Any]) -> int | None:
    """Source: MaxConcurrentInvocationsPerInstance, for which SageMaker chooses if it is absent."""
    config = deployment.get("AsyncInferenceConfig")
    if config is None:
        return None
    member = "MaxConcurrentInvocationsPerInstance"
    return int(config.get("ClientConfig", {}).get(member, _ASYNC_CONCURRENCY))


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
        raise _told(name, variant, start, error) from error
    return instances


def _told(name: str, variant: dict[str, Any], start: Start, error: Exception) -> Exception:
    """The error of a start, with the reason that the endpoint gives."""
    if start.is_cancelled.is_set():
        return Cancelled()
    if isinstance(error, PingFailed):
        return _ping_failed(variant["VariantName"], error)
    if isinstance(error, ModelServerFailed):
        return error
    logger.error("endpoint %s: variant %s", name, variant["VariantName"], exc_info=error)
    return ModelServerFailed(f"InternalServerError: {type(error).__name__}: {error}")


def start_on_demand(
    context: Context, name: str, variant: dict[str, Any], start: Start, is_cold: bool
) -> OnDemand:
    """The server of a serverless variant, which has answered /ping unless it is to be cold.

    Raises:
        Cancelled: The start was cancelled.
        ModelServerFailed: The server did not come up.
    """
    own = Start(stop_grace_seconds(context))

    def launch() -> Instance:
        try:
            return start_instance(context, name, variant, own.take)
        except Exception as error:
            raise _told(name, variant, own, error) from error

    limits = limits_of(variant)
    server = OnDemand(launch, own.cancel, limits, context.settings.limits.serverless_idle_seconds)
    if not is_cold or limits.is_provisioned:
        start.on_cancel(server.stop)
        try:
            server.warm()
        except Ended as error:
            raise Cancelled from error
    return server


def limits_of(variant: Mapping[str, Any]) -> Limits:
    """What a serverless variant's ServerlessConfig says."""
    config = variant["ServerlessConfig"]
    return Limits(config["MaxConcurrency"], "ProvisionedConcurrency" in config)


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
        SHADOWS: [_described_variant(context, variant) for variant in deployment.get(SHADOWS, [])]
        or None,
        "DataCaptureConfig": None,
        "AsyncInferenceConfig": deployment.get("AsyncInferenceConfig"),
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
    summary = {
        "VariantName": variant["VariantName"],
        "DeployedImages": [resolved],
        "CurrentWeight": variant["InitialVariantWeight"],
        "DesiredWeight": variant["InitialVariantWeight"],
    }
    if "ServerlessConfig" in variant:
        config = variant["ServerlessConfig"]
        return summary | {
            "CurrentInstanceCount": 0,
            "CurrentServerlessConfig": config,
            "DesiredServerlessConfig": config,
        }
    count = variant["InitialInstanceCount"]
    return summary | {"CurrentInstanceCount": count, "DesiredInstanceCount": count}


def retire(context: Context, servers: Sequence[Server]) -> None:
    """End servers that get no more requests, once those under way are answered."""
    fleets_of(context).settle()
    deadline = time.monotonic() + _DRAIN_SECONDS
    while any(server.is_busy for server in servers) and time.monotonic() < deadline:
        time.sleep(_DRAIN_LOOK_SECONDS)
    stop_all(servers)
