"""The graph of the deployment pipeline.

    Model -> EndpointConfig -> Endpoint -> one step for each check

One definition serves every stage: what differs between them are the parameters.
"""

from dataclasses import dataclass
from typing import Any

from pipelines.endpoint.deployment import FUNCTION_NAME, Check, Deployment, Stage
from pipelines.sdk import endpoints, models, session, values
from pipelines.sdk.session import Build
from pipelines.target import Target


@dataclass(frozen=True)
class Parameters:
    """What an execution may choose; the model package has no default, so it must give it."""

    model_package_arn: Any
    endpoint_name: Any
    instance_type: Any
    instance_count: Any
    data_capture_percentage: Any

    def in_order(self) -> list[Any]:
        """The parameters in the order that the definition lists them."""
        return list(vars(self).values())


def definition(target: Target, deployment: Deployment) -> str:
    """Builds the definition; the function of the checks is named in it, not created."""
    with session.building(target) as build:
        parameters = _parameters(next(iter(deployment.stages.values())))
        model = models.create_model_step(build, "Model", parameters.model_package_arn)
        config = _endpoint_config(build, parameters, model)
        endpoint = endpoints.endpoint_step(
            build,
            "Endpoint",
            endpoint_name=parameters.endpoint_name,
            config_name=config.properties.EndpointConfigName,
        )
        checks = [
            _check(build, name, check, config, endpoint)
            for name, check in deployment.checks.items()
        ]
        steps = [model, config, endpoint, *checks]
        return session.definition(build, parameters.in_order(), steps)


def _parameters(stage: Stage) -> Parameters:
    return Parameters(
        model_package_arn=values.string_parameter("ModelPackageArn"),
        endpoint_name=values.string_parameter("EndpointName", stage.endpoint_name),
        instance_type=values.string_parameter("InstanceType", stage.instance_type),
        instance_count=values.integer_parameter("InstanceCount", stage.instance_count),
        data_capture_percentage=values.integer_parameter(
            "DataCapturePercentage", stage.data_capture_percentage
        ),
    )


def _endpoint_config(build: Build, parameters: Parameters, model: Any) -> Any:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": model.properties.ModelName,
        "InstanceType": parameters.instance_type,
        "InitialInstanceCount": parameters.instance_count,
        "InitialVariantWeight": 1.0,
    }
    data_capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": parameters.data_capture_percentage,
        "DestinationS3Uri": f"s3://{build.target.bucket}/data-capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json"],
        },
    }
    return endpoints.endpoint_config_step(
        build,
        "EndpointConfig",
        # An endpoint is updated only to a configuration with another name.
        config_name=values.execution_name(parameters.endpoint_name),
        variant=variant,
        data_capture=data_capture,
    )


def _check(build: Build, name: str, check: Check, config: Any, endpoint: Any) -> Any:
    return endpoints.lambda_step(
        build,
        name,
        function_arn=build.target.lambda_arn(FUNCTION_NAME),
        inputs=check.question(
            endpoint.properties.EndpointName, config.properties.EndpointConfigName
        ),
        outputs=["Answer"],
    )
