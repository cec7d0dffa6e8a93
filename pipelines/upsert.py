"""A definition into SageMaker: create or update the pipeline, tag it, start it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError


@dataclass(frozen=True)
class PipelineRequest:
    """What a pipeline is to be."""

    name: str
    definition: str
    role_arn: str
    description: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class UpsertedPipeline:
    """The pipeline that now exists, and whether it did before."""

    arn: str
    is_new: bool


def upsert(sagemaker: Any, pipeline: PipelineRequest) -> UpsertedPipeline:
    """Creates the pipeline or, when there is one of this name, updates it and adds the tags."""
    members = {
        "PipelineName": pipeline.name,
        "PipelineDefinition": pipeline.definition,
        "PipelineDescription": pipeline.description,
        "RoleArn": pipeline.role_arn,
    }
    tags = [{"Key": key, "Value": value} for key, value in sorted(pipeline.tags.items())]
    if not _exists(sagemaker, pipeline.name):
        created = sagemaker.create_pipeline(**members, Tags=tags)
        return UpsertedPipeline(created["PipelineArn"], is_new=True)
    arn = sagemaker.update_pipeline(**members)["PipelineArn"]
    if tags:
        sagemaker.add_tags(ResourceArn=arn, Tags=tags)
    return UpsertedPipeline(arn, is_new=False)


def start(sagemaker: Any, name: str, parameters: Mapping[str, str], description: str = "") -> str:
    """Starts an execution of the pipeline; its ARN."""
    described = {"PipelineExecutionDescription": description} if description else {}
    started = sagemaker.start_pipeline_execution(
        PipelineName=name,
        PipelineParameters=[
            {"Name": parameter, "Value": value} for parameter, value in parameters.items()
        ],
        **described,
    )
    arn: str = started["PipelineExecutionArn"]
    return arn


def project_tags(sagemaker: Any, environment: Mapping[str, str]) -> dict[str, str]:
    """The tags that a SageMaker project's resources carry, from the build environment.

    With SAGEMAKER_PROJECT_ARN, the project's own tags come along.
    """
    variables = {
        "sagemaker:project-name": "SAGEMAKER_PROJECT_NAME",
        "sagemaker:project-id": "SAGEMAKER_PROJECT_ID",
    }
    tags = {tag: environment[name] for tag, name in variables.items() if environment.get(name)}
    project_arn = environment.get("SAGEMAKER_PROJECT_ARN")
    if project_arn:
        pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=project_arn)
        # AWS reserves aws: for itself and refuses it in requests.
        own = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
        tags |= {key: value for key, value in own.items() if not key.startswith("aws:")}
    return tags


def _exists(sagemaker: Any, name: str) -> bool:
    try:
        sagemaker.describe_pipeline(PipelineName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFound":
            raise
        return False
    return True
