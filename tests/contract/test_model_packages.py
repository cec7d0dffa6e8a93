"""Model packages: registered, approved, listed and deleted through boto3."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import EmulatorProcess

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
SPECIFICATION = {
    "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://books/model.tar.gz"}],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}


@pytest.fixture
def sagemaker(client: Callable[[str], Any]) -> Any:
    return client("sagemaker")


@pytest.fixture
def group(sagemaker: Any, unique: Callable[[str], str]) -> str:
    name = unique("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    return name


def register(sagemaker: Any, group: str, **members: Any) -> str:
    answer = sagemaker.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=SPECIFICATION, **members
    )
    return str(answer["ModelPackageArn"])


def listed(sagemaker: Any, group: str, **members: Any) -> list[int]:
    answer = sagemaker.list_model_packages(ModelPackageGroupName=group, **members)
    return [package["ModelPackageVersion"] for package in answer["ModelPackageSummaryList"]]


def test_a_version_is_described_with_what_it_was_registered_with(
    sagemaker: Any, group: str
) -> None:
    metrics = {
        "ModelQuality": {
            "Statistics": {"ContentType": "application/json", "S3Uri": "s3://books/evaluation.json"}
        }
    }
    arn = register(sagemaker, group, ModelMetrics=metrics, ModelPackageDescription="first")

    package = sagemaker.describe_model_package(ModelPackageName=arn)

    assert arn.endswith(f":model-package/{group}/1")
    assert package["ModelPackageGroupName"] == group
    assert package["ModelPackageVersion"] == 1
    assert package["ModelMetrics"] == metrics
    assert package["InferenceSpecification"] == SPECIFICATION
    assert package["ModelPackageStatus"] == "Completed"
    assert package["ModelPackageStatusDetails"] == {
        "ValidationStatuses": [],
        "ImageScanStatuses": [],
    }
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


def test_versions_count_on_and_a_deleted_number_is_not_given_again(
    sagemaker: Any, group: str
) -> None:
    register(sagemaker, group)
    second = register(sagemaker, group)
    sagemaker.delete_model_package(ModelPackageName=second)

    assert register(sagemaker, group).endswith("/3")
    with pytest.raises(ClientError, match="does not exist"):
        sagemaker.describe_model_package(ModelPackageName=second)


def test_a_group_made_anew_counts_from_one(sagemaker: Any, group: str) -> None:
    sagemaker.delete_model_package(ModelPackageName=register(sagemaker, group))
    sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    sagemaker.create_model_package_group(ModelPackageGroupName=group)

    assert register(sagemaker, group).endswith("/1")


def test_the_same_client_token_registers_once(sagemaker: Any, group: str) -> None:
    first = register(sagemaker, group, ClientToken="one-upload")
    second = register(sagemaker, group, ClientToken="one-upload")

    assert first == second
    assert listed(sagemaker, group) == [1]


def test_approval_keeps_its_note_and_the_time(sagemaker: Any, group: str) -> None:
    arn = register(sagemaker, group)

    answer = sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="beats the bias"
    )

    package = sagemaker.describe_model_package(ModelPackageName=arn)
    assert answer["ModelPackageArn"] == arn
    assert package["ModelApprovalStatus"] == "Approved"
    assert package["ApprovalDescription"] == "beats the bias"
    assert package["LastModifiedTime"] >= package["CreationTime"]


def test_customer_metadata_is_merged_and_removed(sagemaker: Any, group: str) -> None:
    arn = register(sagemaker, group, CustomerMetadataProperties={"rmse": "0.91", "owner": "a"})

    sagemaker.update_model_package(
        ModelPackageArn=arn,
        CustomerMetadataProperties={"owner": "b", "stage": "prod"},
        CustomerMetadataPropertiesToRemove=["rmse"],
    )

    package = sagemaker.describe_model_package(ModelPackageName=arn)
    assert package["CustomerMetadataProperties"] == {"owner": "b", "stage": "prod"}


def test_the_newest_approved_version_is_found_by_filter_and_order(
    sagemaker: Any, group: str
) -> None:
    for status in ("Approved", "Approved", "Rejected", "PendingManualApproval"):
        register(sagemaker, group, ModelApprovalStatus=status)

    newest = listed(
        sagemaker,
        group,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )

    assert newest == [2]
    assert listed(sagemaker, group, ModelApprovalStatus="Rejected") == [3]
    assert listed(sagemaker, group, SortOrder="Ascending") == [1, 2, 3, 4]


def test_a_group_lists_its_own_versions_only(
    sagemaker: Any, group: str, unique: Callable[[str], str]
) -> None:
    longer = f"{group}-2"
    sagemaker.create_model_package_group(ModelPackageGroupName=longer)
    register(sagemaker, group)
    register(sagemaker, longer)

    assert listed(sagemaker, group) == [1]


def test_summaries_of_versions_have_no_package_name(sagemaker: Any, group: str) -> None:
    # Source: https://github.com/aws/sagemaker-python-sdk/issues/5606
    register(sagemaker, group)

    (summary,) = sagemaker.list_model_packages(ModelPackageGroupName=group)[
        "ModelPackageSummaryList"
    ]

    assert "ModelPackageName" not in summary


def test_an_unversioned_package_has_a_name_and_is_listed_as_such(
    sagemaker: Any, unique: Callable[[str], str]
) -> None:
    name = unique("plain")
    specification = SPECIFICATION | {
        "SupportedTransformInstanceTypes": ["ml.m5.large"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
    }
    sagemaker.create_model_package(ModelPackageName=name, InferenceSpecification=specification)

    package = sagemaker.describe_model_package(ModelPackageName=name)
    found = sagemaker.list_model_packages(NameContains=name)["ModelPackageSummaryList"]

    assert package["ModelPackageName"] == name
    assert "ModelApprovalStatus" not in package
    assert [summary["ModelPackageName"] for summary in found] == [name]


def test_an_unversioned_package_must_say_where_it_can_run(
    sagemaker: Any, unique: Callable[[str], str]
) -> None:
    with pytest.raises(ClientError) as caught:
        sagemaker.create_model_package(
            ModelPackageName=unique("plain"), InferenceSpecification=SPECIFICATION
        )

    message = caught.value.response["Error"]["Message"]
    assert "SupportedTransformInstanceTypes, SupportedRealtimeInferenceInstanceTypes" in message


def test_batch_describe_tells_found_from_missing(sagemaker: Any, group: str) -> None:
    arn = register(sagemaker, group)
    missing = arn[: -len("1")] + "99"

    answer = sagemaker.batch_describe_model_package(ModelPackageArnList=[arn, missing])

    assert list(answer["ModelPackageSummaries"]) == [arn]
    assert answer["ModelPackageSummaries"][arn]["ModelPackageVersion"] == 1
    assert list(answer["BatchDescribeModelPackageErrorMap"]) == [missing]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "Missing ARN."),
        ({"ModelPackageName": "a", "ModelPackageGroupName": "b"}, "Cannot determine which one"),
        ({"ModelPackageGroupName": "no-such-group"}, "does not exist."),
    ],
)
def test_registering_without_a_place_to_register_is_refused(
    sagemaker: Any, members: dict[str, Any], said: str
) -> None:
    # Source: https://github.com/getmoto/moto/pull/7165, recorded from AWS.
    with pytest.raises(ClientError) as caught:
        sagemaker.create_model_package(InferenceSpecification=SPECIFICATION, **members)

    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert said in caught.value.response["Error"]["Message"]


def test_validation_jobs_are_named_as_not_emulated(sagemaker: Any, group: str) -> None:
    specification = {
        "ValidationRole": "arn:aws:iam::123456789012:role/x",
        "ValidationProfiles": [],
    }
    with pytest.raises(ClientError) as caught:
        register(sagemaker, group, ValidationSpecification=specification)

    assert caught.value.response["Error"]["Code"] == "UnsupportedByEmulator"
    assert "ValidationSpecification" in caught.value.response["Error"]["Message"]
    assert listed(sagemaker, group) == []


def test_a_registered_version_survives_kill_9_and_its_number_is_taken(
    own_emulator: EmulatorProcess,
) -> None:
    own_emulator.client("sagemaker").create_model_package_group(ModelPackageGroupName="books")
    arn = register(own_emulator.client("sagemaker"), "books", ModelApprovalStatus="Approved")

    own_emulator.kill()
    own_emulator.start()

    sagemaker = own_emulator.client("sagemaker")
    package = sagemaker.describe_model_package(ModelPackageName=arn)
    assert package["ModelApprovalStatus"] == "Approved"
    assert register(sagemaker, "books").endswith("/2")
