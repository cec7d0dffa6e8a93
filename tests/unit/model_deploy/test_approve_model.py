"""approve-model against a client in memory."""

from typing import Any

import pytest

from model_deploy import approve_model
from tests.unit.pipelines.aws_in_memory import Client, client_error

GIVEN = {"AWS_REGION": "us-east-1"}
PREFIX = "arn:aws:sagemaker:us-east-1:123456789012:model-package/book-ratings"


def summary(version: int, status: str) -> dict[str, Any]:
    return {
        "ModelPackageArn": f"{PREFIX}/{version}",
        "ModelPackageGroupName": "book-ratings",
        "ModelPackageVersion": version,
        "ModelApprovalStatus": status,
    }


def registry(*packages: dict[str, Any]) -> Client:
    return Client(
        "sagemaker",
        {
            "describe_model_package_group": {},
            "list_model_packages": {"ModelPackageSummaryList": list(packages)},
            "update_model_package": {"ModelPackageArn": f"{PREFIX}/0"},
        },
    )


def approve(sagemaker: Client, *words: str) -> int:
    return approve_model.main(words, GIVEN, lambda service, region: sagemaker)


def test_the_newest_version_is_approved_with_the_note() -> None:
    sagemaker = registry(summary(3, "PendingManualApproval"))
    assert approve(sagemaker, "book-ratings", "--note", "beats the baseline") == 0
    (listed,) = sagemaker.requests_of("list_model_packages")
    assert (listed["SortBy"], listed["SortOrder"]) == ("CreationTime", "Descending")
    assert sagemaker.requests_of("update_model_package") == [
        {
            "ModelPackageArn": f"{PREFIX}/3",
            "ModelApprovalStatus": "Approved",
            "ApprovalDescription": "beats the baseline",
        }
    ]


def test_a_named_version_is_rejected() -> None:
    sagemaker = registry(summary(2, "Approved"), summary(3, "PendingManualApproval"))
    assert approve(sagemaker, "book-ratings", "--version", "2", "--reject", "--note", "x") == 0
    (updated,) = sagemaker.requests_of("update_model_package")
    assert updated["ModelPackageArn"] == f"{PREFIX}/2"
    assert updated["ModelApprovalStatus"] == "Rejected"


def test_what_is_approved_already_is_not_told_to_aws_again() -> None:
    sagemaker = registry(summary(3, "Approved"))
    assert approve(sagemaker, "book-ratings", "--note", "x") == 0
    assert sagemaker.requests_of("update_model_package") == []


def test_a_version_that_does_not_exist_is_answered_with_those_that_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sagemaker = registry(summary(1, "Approved"), summary(2, "Rejected"))
    assert approve(sagemaker, "book-ratings", "--version", "7", "--note", "x") == 1
    assert "no version 7; it has: 1, 2" in capsys.readouterr().err


def test_a_missing_group_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    # AWS's words for it.
    message = "ModelPackageGroup arn:aws:sagemaker:...:model-package-group/films does not exist."
    missing = client_error("ValidationException", message, "DescribeModelPackageGroup")
    sagemaker = Client("sagemaker", {"describe_model_package_group": missing})
    assert approve(sagemaker, "films", "--note", "x") == 1
    assert "There is no model package group films" in capsys.readouterr().err


def test_a_group_without_versions_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert approve(registry(), "book-ratings", "--note", "x") == 1
    assert "Group book-ratings has no model package" in capsys.readouterr().err


def test_a_decision_needs_a_note() -> None:
    with pytest.raises(SystemExit) as raised:
        approve(registry(), "book-ratings")
    assert raised.value.code == 2


def test_neither_group_nor_package_is_a_wrong_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert approve(registry(), "--note", "x") == 2
    assert "--package-arn" in capsys.readouterr().err


def test_a_group_beside_a_package_of_any_group_is_a_wrong_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sagemaker = registry(summary(1, "PendingManualApproval"))
    words = ["book-ratings", "--package-arn", f"{PREFIX}/1", "--note", "x"]
    assert approve(sagemaker, *words) == 2
    assert "and not both" in capsys.readouterr().err
    assert sagemaker.requests == []
