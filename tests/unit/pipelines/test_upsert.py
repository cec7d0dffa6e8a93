"""A definition into SageMaker."""

import pytest
from botocore.exceptions import ClientError

from pipelines.upsert import PipelineRequest, project_tags, start, upsert
from tests.unit.pipelines.aws_in_memory import Client, client_error

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/book-ratings"
ROLE_ARN = "arn:aws:iam::123456789012:role/name"
PIPELINE = PipelineRequest("book-ratings", '{"Version": "2020-12-01"}', ROLE_ARN, "It", {"a": "b"})
MISSING = client_error("ResourceNotFound", "Pipeline does not exist.", "DescribePipeline")


def test_a_new_pipeline_is_created_with_its_tags() -> None:
    sagemaker = Client(
        "sagemaker", {"describe_pipeline": MISSING, "create_pipeline": {"PipelineArn": ARN}}
    )
    upserted = upsert(sagemaker, PIPELINE)
    assert (upserted.arn, upserted.is_new) == (ARN, True)
    (request,) = sagemaker.requests_of("create_pipeline")
    assert request["PipelineDefinition"] == PIPELINE.definition
    assert request["RoleArn"] == ROLE_ARN
    assert request["Tags"] == [{"Key": "a", "Value": "b"}]


def test_an_existing_pipeline_is_updated_and_tagged() -> None:
    sagemaker = Client(
        "sagemaker",
        {"describe_pipeline": {}, "update_pipeline": {"PipelineArn": ARN}, "add_tags": {}},
    )
    upserted = upsert(sagemaker, PIPELINE)
    assert (upserted.arn, upserted.is_new) == (ARN, False)
    assert sagemaker.requests_of("update_pipeline")[0]["PipelineDefinition"] == PIPELINE.definition
    assert sagemaker.requests_of("add_tags") == [
        {"ResourceArn": ARN, "Tags": [{"Key": "a", "Value": "b"}]}
    ]


def test_a_refusal_is_not_taken_for_a_missing_pipeline() -> None:
    denied = client_error("AccessDeniedException", "not allowed", "DescribePipeline")
    sagemaker = Client("sagemaker", {"describe_pipeline": denied})
    with pytest.raises(ClientError, match="not allowed"):
        upsert(sagemaker, PIPELINE)


def test_an_execution_starts_with_the_parameters() -> None:
    execution_arn = f"{ARN}/execution/abcdefghijkl"
    sagemaker = Client(
        "sagemaker", {"start_pipeline_execution": {"PipelineExecutionArn": execution_arn}}
    )
    assert start(sagemaker, "book-ratings", {"RmseThreshold": "0.9"}) == execution_arn
    (request,) = sagemaker.requests_of("start_pipeline_execution")
    assert request["PipelineParameters"] == [{"Name": "RmseThreshold", "Value": "0.9"}]


def test_tags_of_the_project_come_along_without_those_of_aws() -> None:
    tags = [{"Key": "team", "Value": "books"}, {"Key": "aws:cloudformation:x", "Value": "y"}]
    sagemaker = Client("sagemaker", {"list_tags": {"Tags": tags}})
    environment = {
        "SAGEMAKER_PROJECT_NAME": "books",
        "SAGEMAKER_PROJECT_ID": "p-1",
        "SAGEMAKER_PROJECT_ARN": "arn:aws:sagemaker:us-east-1:123456789012:project/books",
    }
    assert project_tags(sagemaker, environment) == {
        "sagemaker:project-name": "books",
        "sagemaker:project-id": "p-1",
        "team": "books",
    }


def test_outside_a_project_there_are_no_tags_and_no_calls() -> None:
    assert project_tags(Client("sagemaker", {}), {}) == {}
