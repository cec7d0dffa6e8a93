"""What an endpoint serves now, and how its last deployment ended."""

from typing import Any

from botocore.exceptions import ClientError

from pipelines.endpoint.deployment import Stage


def is_deployed(sagemaker: Any, pipeline_name: str, stage: Stage, package_arn: str) -> bool:
    """Whether a stage serves this model package, with its settings and after all its checks.

    The checks come behind the endpoint's update, so an endpoint may serve what failed them: only
    the last execution of the deploy pipeline for this endpoint tells.
    """
    config = _config_in_service(sagemaker, stage)
    return (
        config is not None
        and _settings(config) == _wanted(stage)
        and package_arn in _packages(sagemaker, config)
        and _last_deployed(sagemaker, pipeline_name, stage) == package_arn
    )


def is_serving(sagemaker: Any, stage: Stage, package_arn: str) -> bool:
    """Whether the endpoint of a stage serves this model package, checked or not."""
    config = _config_in_service(sagemaker, stage)
    return config is not None and package_arn in _packages(sagemaker, config)


def _last_deployed(sagemaker: Any, pipeline_name: str, stage: Stage) -> str:
    """The model package of the newest execution for this endpoint; "" if that did not succeed."""
    pages = sagemaker.get_paginator("list_pipeline_executions").paginate(
        PipelineName=pipeline_name, SortBy="CreationTime", SortOrder="Descending"
    )
    try:
        for summary in (entry for page in pages for entry in page["PipelineExecutionSummaries"]):
            given = _parameters(sagemaker, summary["PipelineExecutionArn"])
            if given.get("EndpointName") == stage.endpoint_name:
                has_succeeded = summary["PipelineExecutionStatus"] == "Succeeded"
                return given.get("ModelPackageArn", "") if has_succeeded else ""
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFound":
            raise
    return ""


def _parameters(sagemaker: Any, execution_arn: str) -> dict[str, str]:
    pages = sagemaker.get_paginator("list_pipeline_parameters_for_execution").paginate(
        PipelineExecutionArn=execution_arn
    )
    return {entry["Name"]: entry["Value"] for page in pages for entry in page["PipelineParameters"]}


def _config_in_service(sagemaker: Any, stage: Stage) -> dict[str, Any] | None:
    """The configuration that an endpoint serves; None while there is none in service."""
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=stage.endpoint_name)
    except ClientError as error:
        # AWS answers ValidationException "Could not find endpoint ..." here.
        if "Could not find endpoint" not in error.response["Error"]["Message"]:
            raise
        return None
    if endpoint["EndpointStatus"] != "InService":
        return None
    config: dict[str, Any] = sagemaker.describe_endpoint_config(
        EndpointConfigName=endpoint["EndpointConfigName"]
    )
    return config


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
