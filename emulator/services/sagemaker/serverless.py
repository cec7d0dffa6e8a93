"""What AWS does not take of serverless variants.

Source: ProductionVariantServerlessConfig in the API reference; "Feature exclusions" of Serverless
Inference in the developer guide; "Exclusions" of shadow tests there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_CONFIG = "ServerlessConfig"
_STEP_MB = 1024
_OF_INSTANCES = (
    "InstanceType",
    "InitialInstanceCount",
    "VolumeSizeInGB",
    "ModelDataDownloadTimeoutInSeconds",
    "ManagedInstanceScaling",
    "RoutingConfig",
    "EnableSSMAccess",
)
_NOT_WITH = {
    "DataCaptureConfig": "data capture",
    "AsyncInferenceConfig": "asynchronous inference",
    "ShadowProductionVariants": "shadow variants",
    "VpcConfig": "VPC configuration",
    "EnableNetworkIsolation": "network isolation",
}


def is_serverless(config: Mapping[str, Any]) -> bool:
    """Whether any production variant of an endpoint config, or of a deployment, is serverless."""
    return any(_CONFIG in variant for variant in config["ProductionVariants"])


def variant_faults(variant: Mapping[str, Any], where: str) -> Iterator[str]:
    """The faults of one serverless variant."""
    for member in _OF_INSTANCES:
        if member in variant:
            yield f"{member} cannot be given with ServerlessConfig for {where}."
    config = variant[_CONFIG]
    if config["MemorySizeInMB"] % _STEP_MB:
        yield (
            f"MemorySizeInMB must be in steps of {_STEP_MB} for {where}; got"
            f" {config['MemorySizeInMB']}."
        )
    yield from concurrency_faults(config, where)


def concurrency_faults(config: Mapping[str, Any], where: str) -> Iterator[str]:
    """The faults of a ServerlessConfig as it is, or as an update would leave it."""
    provisioned = config.get("ProvisionedConcurrency", 0)
    if provisioned > config["MaxConcurrency"]:
        yield (
            f"ProvisionedConcurrency must be at most MaxConcurrency for {where}; got {provisioned}"
            f" and {config['MaxConcurrency']}."
        )


def config_faults(request: Mapping[str, Any]) -> Iterator[str]:
    """The faults of an endpoint config with serverless variants."""
    if any(_CONFIG in variant for variant in request.get("ShadowProductionVariants", [])):
        yield "A shadow variant cannot be serverless."
    if not is_serverless(request):
        return
    if len(request["ProductionVariants"]) > 1:
        yield "Multiple production variants are not supported for serverless inference."
    for member, what in _NOT_WITH.items():
        if request.get(member):
            yield f"{member} ({what}) is not supported for serverless inference."
