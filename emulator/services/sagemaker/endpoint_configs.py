"""Endpoint configs: which models an endpoint serves, on how many instances, with what share."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError, unsupported, validation_error
from emulator.services.sagemaker import async_inference, named_resources, serverless
from emulator.services.sagemaker.models import bucket_and_key, existing_model
from emulator.services.sagemaker.named_resources import ENDPOINT_CONFIG
from emulator.services.sagemaker.networks import vpc_faults

_CARRIED_OVER = (
    "AsyncInferenceConfig",
    "DataCaptureConfig",
    "KmsKeyId",
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
    "MetricsConfig",
)
_UNSUPPORTED_MEMBERS = {
    "ExplainerConfig": "online explanations",
}
_UNSUPPORTED_OF_VARIANT = {
    "InstancePools": "instance pools",
    "AcceleratorType": "elastic inference",
    "ManagedInstanceScaling": "managed instance scaling",
    "CapacityReservationConfig": "capacity reservations",
    "CoreDumpConfig": "core dumps",
}
_VARIANTS = ("ProductionVariants", "ShadowProductionVariants")
# A laptop runs one server process an instance; more than this would only swap.
INSTANCES_AT_MOST = 8


def existing_endpoint_config(context: Context, name: str) -> dict[str, Any]:
    """The endpoint config's document.

    Raises:
        AwsError: ValidationException, as AWS answers for a config that is not there.
    """
    return named_resources.existing(context, ENDPOINT_CONFIG, name)


@blocking
def create_endpoint_config(context: Context, request: Request) -> Answer:
    """Keep a config for endpoints to be made from.

    Raises:
        AwsError: ValidationException with every fault found; UnsupportedByEmulator naming each
            member that the emulator does not serve.
    """
    _refuse_unsupported(request)
    faults = [
        *_variant_faults(context, request),
        *_capture_faults(context, request),
        *async_inference.faults(context, request),
        *vpc_faults(context, request.get("VpcConfig")),
    ]
    if faults:
        raise validation_error(" ".join(faults))
    members: dict[str, Any] = {"EnableNetworkIsolation": False}
    members |= {key: request[key] for key in _CARRIED_OVER if key in request}
    for kind in _VARIANTS:
        if kind in request:
            members[kind] = [{"InitialVariantWeight": 1.0} | variant for variant in request[kind]]
    return named_resources.create(context, ENDPOINT_CONFIG, request, members)


def _refuse_unsupported(request: Request) -> None:
    found = [
        f"{member} ({what})" for member, what in _UNSUPPORTED_MEMBERS.items() if request.get(member)
    ]
    found += async_inference.unsupported_paths(request)
    for number, variant in enumerate(_every_variant(request), 1):
        found += [
            f"{member} of variant {number} ({what})"
            for member, what in _UNSUPPORTED_OF_VARIANT.items()
            if variant.get(member)
        ]
        if variant.get("InitialInstanceCount", 1) > INSTANCES_AT_MOST:
            found.append(
                f"InitialInstanceCount {variant['InitialInstanceCount']} of variant"
                f" {number} (one server process an instance, at most {INSTANCES_AT_MOST})"
            )
    if found:
        raise unsupported(
            f"CreateEndpointConfig with {', '.join(found)} is not emulated;"
            " give InstanceType and InitialInstanceCount, or ServerlessConfig."
        )


def _every_variant(request: Request) -> list[dict[str, Any]]:
    return [variant for kind in _VARIANTS for variant in request.get(kind, [])]


def _variant_faults(context: Context, request: Request) -> list[str]:
    variants = _every_variant(request)
    counts = Counter(variant["VariantName"] for variant in variants)
    faults = [f'Duplicate variant name "{name}".' for name, count in counts.items() if count > 1]
    for variant in variants:
        where = f'production variant "{variant["VariantName"]}"'
        needed = ["ModelName"]
        if "ServerlessConfig" in variant:
            faults += serverless.variant_faults(variant, where)
        else:
            needed += ["InstanceType", "InitialInstanceCount"]
        faults += [f"{name} is required for {where}." for name in needed if name not in variant]
        if "ModelName" in variant:
            faults += _model_faults(context, variant["ModelName"])
    production = request["ProductionVariants"]
    if sum(variant.get("InitialVariantWeight", 1.0) for variant in production) <= 0:
        faults.append("At least one production variant must have a weight greater than 0.")
    faults += serverless.config_faults(request)
    shadows = request.get("ShadowProductionVariants", [])
    if shadows and (len(production), len(shadows)) != (1, 1):
        faults.append(
            "With ShadowProductionVariants there can be only one production variant and one shadow"
            f" variant; got {len(production)} and {len(shadows)}."
        )
    return faults


def _model_faults(context: Context, model_name: str) -> list[str]:
    try:
        existing_model(context, model_name)
    except AwsError as error:
        return [error.message]
    return []


def _capture_faults(context: Context, request: Request) -> list[str]:
    capture = request.get("DataCaptureConfig")
    if capture is None:
        return []
    try:
        bucket, _ = bucket_and_key(capture["DestinationS3Uri"])
    except AwsError as error:
        return [f"DataCaptureConfig.DestinationS3Uri: {error.message}"]
    if not context.objects.bucket_exists(bucket):
        return [f'DataCaptureConfig.DestinationS3Uri: the bucket "{bucket}" does not exist.']
    return []


def describe_endpoint_config(context: Context, request: Request) -> Answer:
    """The config as it was created."""
    return existing_endpoint_config(context, request["EndpointConfigName"])


def list_endpoint_configs(context: Context, request: Request) -> Answer:
    """The endpoint configs of this account."""
    return named_resources.list_page(context, ENDPOINT_CONFIG, request)


def delete_endpoint_config(context: Context, request: Request) -> Answer:
    """Forget the config; endpoints made from it keep a copy of their own."""
    return named_resources.delete(context, ENDPOINT_CONFIG, request["EndpointConfigName"])


OPERATIONS: Mapping[str, Handler] = {
    "CreateEndpointConfig": create_endpoint_config,
    "DescribeEndpointConfig": describe_endpoint_config,
    "ListEndpointConfigs": list_endpoint_configs,
    "DeleteEndpointConfig": delete_endpoint_config,
}
