"""SageMaker: models and endpoint configs, which are replaced, and groups of model packages."""

from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.resources.provider import Naming, Provider, Work
from emulator.services.cloudformation.resources.sagemaker_endpoints import ENDPOINT, name_of, retag

_MODEL = (
    "ExecutionRoleArn",
    "PrimaryContainer",
    "Containers",
    "InferenceExecutionConfig",
    "VpcConfig",
    "EnableNetworkIsolation",
)
_CONFIG = (
    "ProductionVariants",
    "DataCaptureConfig",
    "KmsKeyId",
    "AsyncInferenceConfig",
    "ExplainerConfig",
    "ShadowProductionVariants",
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
)
_GROUP_DESCRIPTION = "ModelPackageGroupDescription"


def _create_model(work: Work) -> str:
    answer = work.call(
        "sagemaker",
        "CreateModel",
        ModelName=work.name,
        **work.given(*_MODEL),
        Tags=work.tag_list(),
    )
    return str(answer["ModelArn"])


def _delete_model(work: Work) -> None:
    work.call("sagemaker", "DeleteModel", ModelName=name_of(work))


def _model_attributes(work: Work) -> Mapping[str, Any]:
    found = work.call("sagemaker", "DescribeModel", ModelName=name_of(work))
    return {"ModelName": found["ModelName"], "ModelArn": found["ModelArn"]}


def _create_config(work: Work) -> str:
    answer = work.call(
        "sagemaker",
        "CreateEndpointConfig",
        EndpointConfigName=work.name,
        **work.given(*_CONFIG),
        Tags=work.tag_list(),
    )
    return str(answer["EndpointConfigArn"])


def _delete_config(work: Work) -> None:
    work.call("sagemaker", "DeleteEndpointConfig", EndpointConfigName=name_of(work))


def _config_attributes(work: Work) -> Mapping[str, Any]:
    found = work.call("sagemaker", "DescribeEndpointConfig", EndpointConfigName=name_of(work))
    return {
        "EndpointConfigName": found["EndpointConfigName"],
        "EndpointConfigArn": found["EndpointConfigArn"],
    }


def _create_group(work: Work) -> str:
    answer = work.call(
        "sagemaker",
        "CreateModelPackageGroup",
        ModelPackageGroupName=work.name,
        **work.given(_GROUP_DESCRIPTION),
        Tags=work.tag_list(),
    )
    arn = str(answer["ModelPackageGroupArn"])
    work.made(arn)
    _put_group_policy(work, work.name)
    return arn


def _put_group_policy(work: Work, name: str) -> None:
    if "ModelPackageGroupPolicy" in work.properties:
        work.call(
            "sagemaker",
            "PutModelPackageGroupPolicy",
            ModelPackageGroupName=name,
            ResourcePolicy=work.properties["ModelPackageGroupPolicy"],
        )
    elif "ModelPackageGroupPolicy" in work.before:
        work.call("sagemaker", "DeleteModelPackageGroupPolicy", ModelPackageGroupName=name)


def _update_group(work: Work) -> None:
    if work.has_changed("ModelPackageGroupPolicy"):
        _put_group_policy(work, name_of(work))
    retag(work)


def _delete_group(work: Work) -> None:
    work.call("sagemaker", "DeleteModelPackageGroup", ModelPackageGroupName=name_of(work))


def _group_attributes(work: Work) -> Mapping[str, Any]:
    found = work.call("sagemaker", "DescribeModelPackageGroup", ModelPackageGroupName=name_of(work))
    return {
        "ModelPackageGroupArn": found["ModelPackageGroupArn"],
        "ModelPackageGroupStatus": found["ModelPackageGroupStatus"],
        "CreationTime": found["CreationTime"].isoformat(),
    }


PROVIDERS: Mapping[str, Provider] = {
    "AWS::SageMaker::Model": Provider(
        properties=frozenset({"ModelName", "Tags", *_MODEL}),
        create=_create_model,
        update=retag,
        delete=_delete_model,
        attributes=_model_attributes,
        naming=Naming("ModelName", 63),
        identity=lambda work: work.arn("sagemaker", f"model/{work.name}"),
    ),
    "AWS::SageMaker::EndpointConfig": Provider(
        properties=frozenset({"EndpointConfigName", "Tags", *_CONFIG}),
        create=_create_config,
        update=retag,
        delete=_delete_config,
        attributes=_config_attributes,
        naming=Naming("EndpointConfigName", 63),
        identity=lambda work: work.arn("sagemaker", f"endpoint-config/{work.name}"),
    ),
    "AWS::SageMaker::ModelPackageGroup": Provider(
        properties=frozenset(
            {
                "ModelPackageGroupName",
                "ModelPackageGroupPolicy",
                "Tags",
                _GROUP_DESCRIPTION,
            }
        ),
        create=_create_group,
        update=_update_group,
        delete=_delete_group,
        attributes=_group_attributes,
        naming=Naming("ModelPackageGroupName", 63),
        identity=lambda work: work.arn("sagemaker", f"model-package-group/{work.name}"),
    ),
    "AWS::SageMaker::Endpoint": ENDPOINT,
}
