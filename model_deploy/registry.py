"""Model packages of a group in the Model Registry."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pipelines.endpoint.deployment import PIPELINE_PROPERTY

_APPROVED = "Approved"


@dataclass(frozen=True)
class ModelPackage:
    """One version of a model."""

    arn: str
    group: str
    version: int
    approval_status: str


class NoModelPackageError(Exception):
    """The group does not hold the model package that is asked for."""


class NothingApprovedError(NoModelPackageError):
    """The group is there, and none of its model packages is approved."""


def newest(sagemaker: Any, group: str, approval_status: str | None = None) -> ModelPackage | None:
    """The newest version of a group, or the newest with this approval status.

    Raises:
        NoModelPackageError: there is no such group.
    """
    filters = {"ModelApprovalStatus": approval_status} if approval_status else {}
    _require_group(sagemaker, group)
    listed = sagemaker.list_model_packages(
        ModelPackageGroupName=group,
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
        **filters,
    )["ModelPackageSummaryList"]
    return _package(listed[0]) if listed else None


def version(sagemaker: Any, group: str, number: int) -> ModelPackage:
    """One version of a group.

    Raises:
        NoModelPackageError: the group has no such version; the message lists those it has.
    """
    _require_group(sagemaker, group)
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    packages = [_package(entry) for page in pages for entry in page["ModelPackageSummaryList"]]
    for package in packages:
        if package.version == number:
            return package
    known = ", ".join(str(package.version) for package in packages) or "none"
    raise NoModelPackageError(f"Group {group} has no version {number}; it has: {known}.")


def by_arn(sagemaker: Any, arn: str) -> ModelPackage:
    """The model package of this ARN."""
    return _package(sagemaker.describe_model_package(ModelPackageName=arn))


def newest_approved(sagemaker: Any, group: str) -> ModelPackage:
    """The newest approved version of a group.

    Raises:
        NoModelPackageError: there is no such group.
        NothingApprovedError: nothing is approved; the message says what could be.
    """
    approved = newest(sagemaker, group, _APPROVED)
    if approved is not None:
        return approved
    package = newest(sagemaker, group)
    if package is None:
        raise NothingApprovedError(f"Group {group} has no model package: run-pipeline makes one.")
    # It was approved between the two calls, or the first one did not know it yet.
    if package.approval_status == _APPROVED:
        return package
    raise NothingApprovedError(
        f"Group {group} has no approved model package. The newest, version {package.version}, is "
        f"{package.approval_status}. To approve it: "
        f"approve-model {group} --version {package.version} --note TEXT"
    )


def approved_before(sagemaker: Any, package: ModelPackage) -> ModelPackage | None:
    """The newest approved version of a package's group that is older than it."""
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=package.group,
        ModelApprovalStatus=_APPROVED,
        SortBy="CreationTime",
        SortOrder="Descending",
    )
    found = (_package(entry) for page in pages for entry in page["ModelPackageSummaryList"])
    return next((each for each in found if each.version < package.version), None)


def pipeline_of(sagemaker: Any, package: ModelPackage) -> str:
    """The folder of pipelines/ that made a model package, "" if it does not say."""
    described = sagemaker.describe_model_package(ModelPackageName=package.arn)
    properties: dict[str, str] = described.get("CustomerMetadataProperties", {})
    return properties.get(PIPELINE_PROPERTY, "")


def decide(sagemaker: Any, package: ModelPackage, approval_status: str, note: str) -> bool:
    """Sets the approval status and the note; False if the status was that already.

    An update that changes nothing would tell EventBridge, and deploy, once more.
    """
    if package.approval_status == approval_status:
        return False
    sagemaker.update_model_package(
        ModelPackageArn=package.arn, ModelApprovalStatus=approval_status, ApprovalDescription=note
    )
    return True


def _require_group(sagemaker: Any, group: str) -> None:
    try:
        sagemaker.describe_model_package_group(ModelPackageGroupName=group)
    except ClientError as error:
        # AWS answers ValidationException here, "... does not exist".
        if "does not exist" not in error.response["Error"]["Message"]:
            raise
        raise NoModelPackageError(
            f"There is no model package group {group}: run-pipeline makes it with its first model."
        ) from error


def _package(entry: dict[str, Any]) -> ModelPackage:
    return ModelPackage(
        arn=entry["ModelPackageArn"],
        group=entry.get("ModelPackageGroupName", ""),
        version=entry.get("ModelPackageVersion", 0),
        approval_status=entry["ModelApprovalStatus"],
    )
