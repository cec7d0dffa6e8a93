"""Pipelines, through boto3 against a running emulator."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE_ARN = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole"


def failing(call: Any, **parameters: Any) -> tuple[str, str]:
    """The code and the message of a call's error."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_pipeline_is_described_as_it_was_created(lab: Any) -> None:
    name, text = lab.unique("Pipeline"), lab.definition(lab.processing("A"))

    created = lab.sagemaker.create_pipeline(
        PipelineName=name,
        PipelineDisplayName="shown",
        PipelineDescription="said",
        PipelineDefinition=text,
        RoleArn=ROLE_ARN,
        ParallelismConfiguration={"MaxParallelExecutionSteps": 2},
        Tags=[{"Key": "team", "Value": "blue"}],
    )

    described = lab.sagemaker.describe_pipeline(PipelineName=name)
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/{name}"
    assert created["PipelineArn"] == described["PipelineArn"] == arn
    assert described["PipelineName"] == name
    assert described["PipelineDisplayName"] == "shown"
    assert described["PipelineDescription"] == "said"
    assert described["PipelineDefinition"] == text
    assert described["PipelineStatus"] == "Active"
    assert described["RoleArn"] == ROLE_ARN
    assert described["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 2}
    assert lab.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert lab.sagemaker.describe_pipeline(PipelineName=arn)["PipelineName"] == name


def test_a_name_that_is_taken_is_refused_in_the_words_that_upsert_looks_for(lab: Any) -> None:
    name = lab.create(lab.processing("A"))

    code, message = failing(
        lab.sagemaker.create_pipeline,
        PipelineName=name,
        PipelineDefinition=lab.definition(lab.processing("B")),
        RoleArn=ROLE_ARN,
    )

    # Source: _ALREADY_EXISTS_MSG_PATTERNS of SageMaker SDK v3's common_utils.
    assert (code, "already exists" in message) == ("ValidationException", True)
    assert message.startswith("Pipeline names must be unique within an AWS account and region.")
    assert '"Name": "A"' in lab.sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"]


def test_the_same_request_token_creates_one_pipeline(lab: Any) -> None:
    request = {
        "PipelineName": lab.unique("Pipeline"),
        "PipelineDefinition": lab.definition(lab.processing("A")),
        "RoleArn": ROLE_ARN,
        "ClientRequestToken": uuid.uuid4().hex,
    }

    first = lab.sagemaker.create_pipeline(**request)
    second = lab.sagemaker.create_pipeline(**request)

    assert first["PipelineArn"] == second["PipelineArn"]


def test_an_update_makes_a_new_version_and_the_old_one_can_still_be_seen(lab: Any) -> None:
    name = lab.create(lab.processing("A"))
    text = lab.definition(lab.processing("B"))

    answer = lab.sagemaker.update_pipeline(
        PipelineName=name, PipelineDefinition=text, PipelineDescription="second"
    )

    assert answer["PipelineVersionId"] == 2
    described = lab.sagemaker.describe_pipeline(PipelineName=name)
    assert described["PipelineDefinition"] == text
    assert described["PipelineDescription"] == "second"
    assert described["LastModifiedTime"] > described["CreationTime"]
    first = lab.sagemaker.describe_pipeline(PipelineName=name, PipelineVersionId=1)
    assert '"Name": "A"' in first["PipelineDefinition"]
    versions = lab.sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
    assert [version["PipelineVersionId"] for version in versions] == [2, 1]


def test_an_update_with_a_bad_definition_changes_nothing(lab: Any) -> None:
    name = lab.create(lab.processing("A"))

    code, _ = failing(
        lab.sagemaker.update_pipeline,
        PipelineName=name,
        PipelineDefinition="{}",
        PipelineDescription="lost",
    )

    assert code == "ValidationException"
    assert "PipelineDescription" not in lab.sagemaker.describe_pipeline(PipelineName=name)


def test_a_definition_may_lie_in_s3(lab: Any) -> None:
    name, text = lab.unique("Pipeline"), lab.definition(lab.processing("A"))
    lab.s3.put_object(Bucket=lab.bucket, Key="definition.json", Body=text.encode())

    lab.sagemaker.create_pipeline(
        PipelineName=name,
        PipelineDefinitionS3Location={"Bucket": lab.bucket, "ObjectKey": "definition.json"},
        RoleArn=ROLE_ARN,
    )

    assert lab.sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"] == text


def test_a_definition_that_is_missing_in_s3_is_refused_with_its_address(lab: Any) -> None:
    code, message = failing(
        lab.sagemaker.create_pipeline,
        PipelineName=lab.unique("Pipeline"),
        PipelineDefinitionS3Location={"Bucket": lab.bucket, "ObjectKey": "none.json"},
        RoleArn=ROLE_ARN,
    )

    assert code == "ValidationException"
    assert f"s3://{lab.bucket}/none.json" in message


def test_a_role_that_does_not_exist_is_refused(lab: Any) -> None:
    code, message = failing(
        lab.sagemaker.create_pipeline,
        PipelineName=lab.unique("Pipeline"),
        PipelineDefinition=lab.definition(lab.processing("A")),
        RoleArn="arn:aws:iam::123456789012:role/nobody",
    )

    assert code == "ValidationException"
    assert "Could not assume role arn:aws:iam::123456789012:role/nobody" in message
    assert f"The emulator has the role {ROLE_ARN} from the start" in message
    assert "aws iam create-role" in message


def test_the_definition_and_its_place_in_s3_exclude_each_other(lab: Any) -> None:
    code, message = failing(
        lab.sagemaker.create_pipeline, PipelineName=lab.unique("Pipeline"), RoleArn=ROLE_ARN
    )

    assert code == "ValidationException"
    assert "PipelineDefinitionS3Location" in message


def test_pipelines_are_listed_by_prefix_and_in_pages(lab: Any) -> None:
    prefix = lab.unique("Listed")
    for number in range(3):
        lab.sagemaker.create_pipeline(
            PipelineName=f"{prefix}-{number}",
            PipelineDefinition=lab.definition(lab.processing("A")),
            RoleArn=ROLE_ARN,
        )
    pages = lab.sagemaker.get_paginator("list_pipelines").paginate(
        PipelineNamePrefix=prefix,
        SortBy="Name",
        SortOrder="Ascending",
        PaginationConfig={"PageSize": 2},
    )

    names = [[summary["PipelineName"] for summary in page["PipelineSummaries"]] for page in pages]

    assert names == [[f"{prefix}-0", f"{prefix}-1"], [f"{prefix}-2"]]


def test_a_deleted_pipeline_takes_its_executions_with_it(lab: Any) -> None:
    name = lab.create(lab.processing("A"))
    execution_arn = lab.run(name)["PipelineExecutionArn"]

    lab.sagemaker.delete_pipeline(PipelineName=name)

    code, message = failing(lab.sagemaker.describe_pipeline, PipelineName=name)
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/{name}"
    assert (code, message) == ("ResourceNotFound", f"Pipeline '{arn}' does not exist.")
    code, _ = failing(lab.sagemaker.describe_pipeline_execution, PipelineExecutionArn=execution_arn)
    assert code == "ResourceNotFound"


def test_a_pipeline_that_is_executing_cannot_be_deleted(lab: Any) -> None:
    name = lab.create(lab.processing("Slow", "import time; time.sleep(60)"))
    execution_arn = lab.start(name)

    code, _ = failing(lab.sagemaker.delete_pipeline, PipelineName=name)

    assert code == "ConflictException"
    lab.sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution_arn)
    lab.finished(execution_arn)
    lab.sagemaker.delete_pipeline(PipelineName=name)


@pytest.mark.parametrize(
    "operation",
    ["describe_pipeline", "delete_pipeline", "update_pipeline", "start_pipeline_execution"],
)
def test_a_pipeline_that_does_not_exist_is_not_found(lab: Any, operation: str) -> None:
    code, message = failing(getattr(lab.sagemaker, operation), PipelineName="No-Such")

    arn = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/No-Such"
    assert (code, message) == ("ResourceNotFound", f"Pipeline '{arn}' does not exist.")


def test_every_fault_of_a_definition_is_in_one_message(lab: Any) -> None:
    name = lab.unique("Pipeline")
    bad = {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "Rate", "Type": "Decimal"}],
        "Steps": [
            lab.processing("Prep"),
            lab.processing("Prep"),
            {"Name": "Watch", "Type": "QualityCheck", "Arguments": {}},
            {
                "Name": "Train",
                "Type": "Training",
                "Arguments": {
                    "RoleArn": ROLE_ARN,
                    "OutputDataConfig": {"S3OutputPath": {"Get": "Steps.Prep.Output"}},
                    "HyperParameters": {"eta": {"Std:Sum": [1, 2]}, "depth": 6},
                },
            },
        ],
    }

    code, message = failing(
        lab.sagemaker.create_pipeline,
        PipelineName=name,
        PipelineDefinition=json.dumps(bad),
        RoleArn=ROLE_ARN,
    )

    assert code == "ValidationException"
    assert message.startswith("Unable to parse pipeline definition. ")
    for part in (
        "Parameter 'Rate': unknown Type 'Decimal'",
        "Step names must be unique: 'Prep' occurs 2 times",
        "Step 'Watch': Type 'QualityCheck' is not emulated",
        "Step 'Train': Get 'Steps.Prep.Output' not found; step 'Prep' offers: ProcessingInputs, ",
        "Step 'Train': unknown function 'Std:Sum'",
        "Step 'Train': Value '6' at 'hyperParameters.depth.member' failed to satisfy constraint:"
        " Member must be a string",
    ):
        assert part in message
    assert failing(lab.sagemaker.describe_pipeline, PipelineName=name)[0] == "ResourceNotFound"
