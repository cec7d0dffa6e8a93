"""Model package groups, as boto3 sees them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/"


@pytest.fixture
def sagemaker(client: Callable[[str], Any]) -> Any:
    return client("sagemaker")


def test_a_group_is_described_by_name_and_by_arn(
    sagemaker: Any, unique: Callable[[str], str]
) -> None:
    name = unique("Books")
    arn = sagemaker.create_model_package_group(
        ModelPackageGroupName=name, ModelPackageGroupDescription="ratings"
    )["ModelPackageGroupArn"]

    by_name = sagemaker.describe_model_package_group(ModelPackageGroupName=name)
    by_arn = sagemaker.describe_model_package_group(ModelPackageGroupName=arn)
    by_old_arn = sagemaker.describe_model_package_group(ModelPackageGroupName=ARN + name.lower())

    # Names keep their case in ARNs since 2022. Source: aws/sagemaker-experiments#172 and
    # prometheus-community/yet-another-cloudwatch-exporter#1793.
    assert arn == ARN + name
    assert by_name["ModelPackageGroupName"] == by_arn["ModelPackageGroupName"] == name
    assert by_old_arn["ModelPackageGroupArn"] == arn
    assert by_name["ModelPackageGroupStatus"] == "Completed"
    assert by_name["ModelPackageGroupDescription"] == "ratings"


def test_a_missing_group_is_a_validation_exception_in_awss_words(sagemaker: Any) -> None:
    # Source: https://github.com/getmoto/moto/pull/7246, recorded from AWS.
    with pytest.raises(ClientError) as caught:
        sagemaker.describe_model_package_group(ModelPackageGroupName="hello")

    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert (
        caught.value.response["Error"]["Message"] == f"ModelPackageGroup {ARN}hello does not exist."
    )


@pytest.mark.parametrize("change", [str, str.upper])
def test_a_taken_name_is_refused_whatever_its_case(
    sagemaker: Any, unique: Callable[[str], str], change: Callable[[str], str]
) -> None:
    name = unique("taken")
    sagemaker.create_model_package_group(ModelPackageGroupName=name)

    with pytest.raises(ClientError) as caught:
        sagemaker.create_model_package_group(ModelPackageGroupName=change(name))

    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert "Model Package Group already exists" in caught.value.response["Error"]["Message"]


def test_groups_are_listed_by_name_in_pages(sagemaker: Any, unique: Callable[[str], str]) -> None:
    stem = unique("listed")
    for letter in "bca":
        sagemaker.create_model_package_group(ModelPackageGroupName=f"{stem}-{letter}")

    pages = sagemaker.get_paginator("list_model_package_groups").paginate(
        NameContains=stem, SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    found = [[g["ModelPackageGroupName"] for g in p["ModelPackageGroupSummaryList"]] for p in pages]

    assert found == [[f"{stem}-a", f"{stem}-b"], [f"{stem}-c"]]


def test_groups_of_other_accounts_are_none_of_this_ones(
    sagemaker: Any, unique: Callable[[str], str]
) -> None:
    name = unique("own")
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    for option, expected in (("SameAccount", [name]), ("CrossAccount", [])):
        groups = sagemaker.list_model_package_groups(
            NameContains=name, CrossAccountFilterOption=option
        )["ModelPackageGroupSummaryList"]
        assert [group["ModelPackageGroupName"] for group in groups] == expected


def test_groups_deleted_page_by_page_are_all_deleted(
    sagemaker: Any, unique: Callable[[str], str]
) -> None:
    stem = unique("old")
    for number in range(7):
        sagemaker.create_model_package_group(ModelPackageGroupName=f"{stem}-{number}")
    find = {"NameContains": stem, "PaginationConfig": {"PageSize": 2}}
    for page in sagemaker.get_paginator("list_model_package_groups").paginate(**find):
        for group in page["ModelPackageGroupSummaryList"]:
            sagemaker.delete_model_package_group(
                ModelPackageGroupName=group["ModelPackageGroupName"]
            )
    left = sagemaker.list_model_package_groups(NameContains=stem)
    assert left["ModelPackageGroupSummaryList"] == []


def test_a_group_with_packages_cannot_be_deleted_until_they_are(
    sagemaker: Any, unique: Callable[[str], str]
) -> None:
    name = unique("full")
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    package = sagemaker.create_model_package(ModelPackageGroupName=name)["ModelPackageArn"]

    with pytest.raises(sagemaker.exceptions.ConflictException):
        sagemaker.delete_model_package_group(ModelPackageGroupName=name)
    sagemaker.delete_model_package(ModelPackageName=package)
    sagemaker.delete_model_package_group(ModelPackageGroupName=name)

    with pytest.raises(ClientError, match="does not exist"):
        sagemaker.describe_model_package_group(ModelPackageGroupName=name)


def test_a_policy_is_kept_given_back_and_removed(
    sagemaker: Any, unique: Callable[[str], str]
) -> None:
    name = unique("policy")
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})

    sagemaker.put_model_package_group_policy(ModelPackageGroupName=name, ResourcePolicy=policy)
    kept = sagemaker.get_model_package_group_policy(ModelPackageGroupName=name)
    sagemaker.delete_model_package_group_policy(ModelPackageGroupName=name)

    assert kept["ResourcePolicy"] == policy
    with pytest.raises(ClientError, match="Cannot find resource policy"):
        sagemaker.get_model_package_group_policy(ModelPackageGroupName=name)


def test_a_policy_that_is_not_json_is_refused(sagemaker: Any, unique: Callable[[str], str]) -> None:
    name = unique("policy")
    sagemaker.create_model_package_group(ModelPackageGroupName=name)

    with pytest.raises(ClientError) as caught:
        sagemaker.put_model_package_group_policy(ModelPackageGroupName=name, ResourcePolicy="{")

    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_tags_given_at_creation_are_listed(sagemaker: Any, unique: Callable[[str], str]) -> None:
    tag = {"Key": "sagemaker:project-name", "Value": "books"}
    arn = sagemaker.create_model_package_group(ModelPackageGroupName=unique("tagged"), Tags=[tag])[
        "ModelPackageGroupArn"
    ]

    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [tag]
