"""What an endpoint serves now."""

from typing import Any

from botocore.exceptions import ClientError

from pipelines.endpoint.deployment import Stage


def is_deployed(sagemaker: Any, stage: Stage, package_arn: str) -> bool:
    """Whether the endpoint of a stage serves this model package with the stage's settings."""
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=stage.endpoint_name)
    except ClientError as error:
        # AWS answers ValidationException "Could not find endpoint ..." here.
        if "Could not find endpoint" not in error.response["Error"]["Message"]:
            raise
        return False
    if endpoint["EndpointStatus"] != "InService":
        return False
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    return _settings(config) == _wanted(stage) and package_arn in _packages(sagemaker, config)


def _settings(config: dict[str, Any]) -> list[Any]:
    sizes = [
        (variant.get("InstanceType"), variant.get("InitialInstanceCount"))
        for variant in config["ProductionVariants"]
    ]
    return [*sizes, config.get("DataCaptureConfig", {}).get("InitialSamplingPercentage")]


def _wanted(stage: Stage) -> list[Any]:
    return [(stage.instance_type, stage.instance_count), stage.data_capture_percentage]


def _packages(sagemaker: Any, config: dict[str, Any]) -> list[str]:
    packages = []
    for variant in config["ProductionVariants"]:
        model = sagemaker.describe_model(ModelName=variant["ModelName"])
        containers = [model.get("PrimaryContainer", {}), *model.get("Containers", [])]
        packages += [container.get("ModelPackageName", "") for container in containers]
    return packages
