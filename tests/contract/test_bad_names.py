"""Names that are taken, also by many at once, and resources that are deleted while in use."""

import io
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.model_images import (
    IMAGE,
    add_recipe,
    create_model,
    deploy,
    invoke,
    variant,
    wait,
)

Client = Callable[[str], Any]
Unique = Callable[[str], str]
CALLERS = 8
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
DEFINITION = (
    '{"Version": "2020-12-01",'
    ' "Steps": [{"Name": "A", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}]}'
)


@pytest.fixture(autouse=True)
def recipe(emulator: EmulatorProcess) -> None:
    add_recipe(emulator)


def outcomes(call: Callable[[], Any]) -> Counter[str]:
    """What becomes of the same call, made by many at the same time."""
    barrier = threading.Barrier(CALLERS)

    def one(_: int) -> str:
        barrier.wait()
        try:
            call()
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "done"

    with ThreadPoolExecutor(CALLERS) as callers:
        return Counter(callers.map(one, range(CALLERS)))


def training(bucket: str) -> dict[str, Any]:
    algorithm = {"TrainingImage": IMAGE, "TrainingInputMode": "File"}
    return {
        "RoleArn": ROLE_ARN,
        "AlgorithmSpecification": {
            **algorithm,
            "ContainerEntrypoint": ["true"],
        },
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/out"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }


def processing(bucket: str) -> dict[str, Any]:
    return {
        "RoleArn": ROLE_ARN,
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["true"]},
    }


def transform(bucket: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/empty.csv"}
    return {
        "ModelName": f"model-{bucket}",
        "TransformInput": {"DataSource": {"S3DataSource": source}},
        "TransformOutput": {"S3OutputPath": f"s3://{bucket}/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }


def tuning(bucket: str) -> dict[str, Any]:
    definition = training(bucket)
    del definition["AlgorithmSpecification"]["ContainerEntrypoint"]
    definition["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "m", "Regex": "m=(.*)"}]
    ranges = {"CategoricalParameterRanges": [{"Name": "k", "Values": ["a"]}]}
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "m"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": ranges,
        },
        "TrainingJobDefinition": definition,
    }


def model(bucket: str) -> dict[str, Any]:
    return {"ExecutionRoleArn": ROLE_ARN, "PrimaryContainer": {"Image": IMAGE}}


def endpoint_config(bucket: str) -> dict[str, Any]:
    return {"ProductionVariants": [variant(f"model-{bucket}")]}


def package_group(bucket: str) -> dict[str, Any]:
    return {}


CREATES: Mapping[str, tuple[str, Callable[[str], dict[str, Any]], str, str | None]] = {
    "training_job": ("TrainingJobName", training, "ResourceInUse", None),
    "processing_job": ("ProcessingJobName", processing, "ResourceInUse", None),
    "transform_job": ("TransformJobName", transform, "ResourceInUse", None),
    "hyper_parameter_tuning_job": (
        *("HyperParameterTuningJobName", tuning, "ResourceInUse"),
        None,
    ),
    "model": ("ModelName", model, "ValidationException", "ValidationException"),
    "endpoint_config": (
        *("EndpointConfigName", endpoint_config, "ValidationException"),
        "ValidationException",
    ),
    "model_package_group": (
        *("ModelPackageGroupName", package_group, "ValidationException"),
        "ValidationException",
    ),
}


@pytest.mark.parametrize("noun", CREATES)
def test_of_many_who_create_or_delete_one_name_exactly_one_succeeds(
    client: Client, unique: Unique, bucket: str, noun: str
) -> None:
    name_member, members_for, taken, missing = CREATES[noun]
    sagemaker = client("sagemaker")
    client("s3").put_object(Bucket=bucket, Key="empty.csv", Body=b"")
    create_model(client, f"model-{bucket}")
    named = {name_member: unique("x")[-32:].strip("-")}
    members = members_for(bucket)

    created = outcomes(lambda: getattr(sagemaker, f"create_{noun}")(**named, **members))
    assert created == {"done": 1, taken: CALLERS - 1}
    getattr(sagemaker, f"describe_{noun}")(**named)
    if missing is not None:
        deleted = outcomes(lambda: getattr(sagemaker, f"delete_{noun}")(**named))
        assert deleted == {"done": 1, missing: CALLERS - 1}


def test_a_pipelines_name_is_taken_once_whoever_asks(client: Client, unique: Unique) -> None:
    """Each call has a ClientRequestToken of its own, which boto3 makes up."""
    sagemaker, name = client("sagemaker"), unique("Pipeline")
    members = {"PipelineName": name, "PipelineDefinition": DEFINITION, "RoleArn": ROLE_ARN}

    created = outcomes(lambda: sagemaker.create_pipeline(**members))

    assert created == {"done": 1, "ValidationException": CALLERS - 1}
    assert [version["PipelineVersionId"] for version in versions(sagemaker, name)] == [1]
    deleted = outcomes(lambda: sagemaker.delete_pipeline(PipelineName=name))
    assert deleted == {"done": 1, "ResourceNotFound": CALLERS - 1}


def versions(sagemaker: Any, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sagemaker.list_pipeline_versions(PipelineName=name)[
        "PipelineVersionSummaries"
    ]
    return found


def test_one_start_of_many_with_the_same_token_runs(client: Client, unique: Unique) -> None:
    sagemaker, name = client("sagemaker"), unique("Pipeline")
    sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=DEFINITION, RoleArn=ROLE_ARN)
    token = "t" * 32

    started = outcomes(
        lambda: sagemaker.start_pipeline_execution(PipelineName=name, ClientRequestToken=token)
    )

    assert started == {"done": CALLERS}
    executions = sagemaker.list_pipeline_executions(PipelineName=name)
    assert len(executions["PipelineExecutionSummaries"]) == 1


def test_versions_of_a_package_that_many_register_are_all_kept(
    client: Client, unique: Unique
) -> None:
    sagemaker, group = client("sagemaker"), unique("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)

    made = outcomes(lambda: sagemaker.create_model_package(ModelPackageGroupName=group))

    assert made == {"done": CALLERS}
    listed = sagemaker.list_model_packages(ModelPackageGroupName=group, MaxResults=100)
    found = sorted(item["ModelPackageVersion"] for item in listed["ModelPackageSummaryList"])
    assert found == list(range(1, CALLERS + 1))
    with pytest.raises(ClientError, match="it contains model packages") as caught:
        sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    assert caught.value.response["Error"]["Code"] == "ConflictException"
    sagemaker.describe_model_package_group(ModelPackageGroupName=group)


def test_of_many_functions_and_log_groups_of_one_name_one_is_made(
    client: Client, unique: Unique
) -> None:
    functions, logs, name = client("lambda"), client("logs"), unique("one")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return event")
    members = {
        "Runtime": "python3.13",
        "Role": ROLE_ARN,
        "Handler": "app.handler",
        "Code": {"ZipFile": content.getvalue()},
    }

    made = outcomes(lambda: functions.create_function(FunctionName=name, **members))
    assert made == {"done": 1, "ResourceConflictException": CALLERS - 1}
    gone = outcomes(lambda: functions.delete_function(FunctionName=name))
    assert gone == {"done": 1, "ResourceNotFoundException": CALLERS - 1}
    made = outcomes(lambda: logs.create_log_group(logGroupName=name))
    assert made == {"done": 1, "ResourceAlreadyExistsException": CALLERS - 1}


def test_an_endpoint_outlives_its_config_and_its_model(
    own_emulator: EmulatorProcess, unique: Unique
) -> None:
    """AWS lets both be deleted while an endpoint uses them, and the endpoint serves on.

    Source: DeleteModel, "DeleteModel deletes only the model entry that was created in SageMaker";
    DeleteEndpointConfig, "If you delete the EndpointConfig of an endpoint that is active ... you
    may lose visibility into the instance type the endpoint is using".
    """
    add_recipe(own_emulator)
    client, name = own_emulator.client, unique("kept")
    sagemaker = client("sagemaker")
    deploy(client, name, variant(create_model(client, name)))
    sagemaker.delete_model(ModelName=name)
    sagemaker.delete_endpoint_config(EndpointConfigName=name)

    again = outcomes(lambda: sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name))
    assert again == {"ValidationException": CALLERS}
    assert invoke(client, name, "still there")["body"] == '"still there"'
    deleted = outcomes(lambda: sagemaker.delete_endpoint(EndpointName=name))
    assert deleted == {"done": 1, "ValidationException": CALLERS - 1}
    wait(client, name, "deleted")
