"""Steps on endpoints: configuration, endpoint, and a Lambda function that looks at the result."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.sdk.session import Build


def endpoint_config_step(
    build: Build,
    name: str,
    *,
    config_name: Any,
    variant: Mapping[str, Any],
    data_capture: Mapping[str, Any],
) -> Any:
    """A step that creates an endpoint configuration of one production variant."""
    from sagemaker.mlops.workflow.endpoint_step import EndpointConfigStep

    arguments = build.session.create_endpoint_config(
        name=config_name,
        production_variants=[dict(variant)],
        data_capture_config_dict=dict(data_capture),
    )
    return EndpointConfigStep(name, step_args=arguments)


def endpoint_step(build: Build, name: str, *, endpoint_name: Any, config_name: Any) -> Any:
    """A step that creates the endpoint or, when it exists, updates it to the configuration."""
    from sagemaker.mlops.workflow.endpoint_step import EndpointStep

    arguments = build.session.create_endpoint(endpoint_name=endpoint_name, config_name=config_name)
    return EndpointStep(name, step_args=arguments)


def lambda_step(
    build: Build,
    name: str,
    *,
    function_arn: str,
    inputs: Mapping[str, Any],
    outputs: Sequence[str],
) -> Any:
    """A step that calls a function that exists already; its inputs are text or numbers."""
    from sagemaker.core.lambda_helper import Lambda
    from sagemaker.mlops.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep

    return LambdaStep(
        name,
        lambda_func=Lambda(function_arn=function_arn, session=build.session),
        inputs=dict(inputs),
        outputs=[LambdaOutput(output, LambdaOutputTypeEnum.String) for output in outputs],
    )
