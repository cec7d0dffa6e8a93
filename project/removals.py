"""What there is to remove of a project, in the order in which it can be removed.

A project's stack does not hold what its pipelines have made: endpoints, model packages, objects,
images, SageMaker pipelines, logs. Each kind has a module-level pair here: a function that finds
what there is, and one that removes one of it. Both can be run again after half of the work.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from project import stacks
from project.names import GONE, ID_TAG, Project

MakeClient = Callable[[str], Any]
_POLL_SECONDS = 2.0
# Source: DeleteObjects in the API reference, "a list of up to 1,000 keys".
_OBJECTS_AT_ONCE = 1000
# Source: PendingWindowInDays of ScheduleKeyDeletion, the shortest.
_KEY_DAYS = 7


@dataclass(frozen=True)
class Removal:
    """One thing that is there and shall not be: its kind, a key of KINDS, and its name.

    Attributes:
        note: What else to know of it, such as how many objects a bucket has.
    """

    kind: str
    name: str
    note: str = ""


@dataclass(frozen=True)
class Kind:
    """How removals of a kind are found and done."""

    find: Callable[[MakeClient, Project], Iterable[Removal]]
    remove: Callable[[MakeClient, str], None]


class RemovalFailed(Exception):
    """Something could not be removed."""


def find_all(make: MakeClient, project: Project) -> tuple[Removal, ...]:
    """All that there is to remove, in the order to do it in."""
    return tuple(removal for kind in KINDS.values() for removal in kind.find(make, project))


def remove(make: MakeClient, removal: Removal) -> None:
    """Remove one thing and wait until it is gone.

    Raises:
        RemovalFailed: AWS could not, with its reason.
        ClientError: AWS refuses.
    """
    KINDS[removal.kind].remove(make, removal.name)


def _find_stacks(make: MakeClient, project: Project) -> Iterator[Removal]:
    cloudformation = make("cloudformation")
    for name in project.endpoint_stacks:
        stack = stacks.find(cloudformation, name)
        if stack is not None:
            yield Removal("Stack", name, f"{stack['StackStatus']}, with its endpoint")


def _remove_stack(make: MakeClient, name: str) -> None:
    cloudformation = make("cloudformation")
    stack_id = (stacks.find(cloudformation, name) or {}).get("StackId", name)
    cloudformation.delete_stack(StackName=name)
    # By its id, because a stack that is gone has no name any more.
    while (stack := stacks.find(cloudformation, stack_id)) is not None:
        if stack["StackStatus"] == "DELETE_COMPLETE":
            return
        if stack["StackStatus"] == "DELETE_FAILED":
            raise RemovalFailed(
                f"stack {name}: {stack.get('StackStatusReason', 'no reason given')}"
            )
        time.sleep(_POLL_SECONDS)


def _find_packages(make: MakeClient, project: Project) -> Iterator[Removal]:
    try:
        pages = make("sagemaker").get_paginator("list_model_packages")
        for page in pages.paginate(ModelPackageGroupName=project.group):
            for entry in page["ModelPackageSummaryList"]:
                yield Removal(
                    "ModelPackage", entry["ModelPackageArn"], entry["ModelApprovalStatus"]
                )
    except ClientError as error:
        if "does not exist" not in error.response["Error"]["Message"]:
            raise


def _remove_package(make: MakeClient, name: str) -> None:
    make("sagemaker").delete_model_package(ModelPackageName=name)


def _find_sagemaker_pipelines(make: MakeClient, project: Project) -> Iterator[Removal]:
    sagemaker = make("sagemaker")
    pages = sagemaker.get_paginator("list_pipelines").paginate(PipelineNamePrefix=project.prefix)
    for page in pages:
        for entry in page["PipelineSummaries"]:
            yield Removal("SageMakerPipeline", entry["PipelineName"], "with its executions")


def _remove_sagemaker_pipeline(make: MakeClient, name: str) -> None:
    make("sagemaker").delete_pipeline(PipelineName=name)


def _find_buckets(make: MakeClient, project: Project) -> Iterator[Removal]:
    s3 = make("s3")
    for bucket in project.buckets:
        try:
            first = s3.list_object_versions(Bucket=bucket, MaxKeys=_OBJECTS_AT_ONCE)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise
            continue
        more = " or more" if first["IsTruncated"] else ""
        yield Removal("Bucket", bucket, f"{len(_versions(first))}{more} versions of objects")


def _remove_bucket(make: MakeClient, name: str) -> None:
    s3 = make("s3")
    while versions := _versions(s3.list_object_versions(Bucket=name, MaxKeys=_OBJECTS_AT_ONCE)):
        answer = s3.delete_objects(Bucket=name, Delete={"Objects": versions, "Quiet": True})
        if answer.get("Errors"):
            first = answer["Errors"][0]
            raise RemovalFailed(f"s3://{name}/{first['Key']}: {first['Message']}")
    s3.delete_bucket(Bucket=name)


def _versions(listed: Mapping[str, Any]) -> list[dict[str, str]]:
    found = [*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())]
    return [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]


def _find_group(make: MakeClient, project: Project) -> Iterator[Removal]:
    try:
        make("sagemaker").describe_model_package_group(ModelPackageGroupName=project.group)
    except ClientError as error:
        if "does not exist" not in error.response["Error"]["Message"]:
            raise
        return
    yield Removal("ModelPackageGroup", project.group)


def _remove_group(make: MakeClient, name: str) -> None:
    make("sagemaker").delete_model_package_group(ModelPackageGroupName=name)


def _find_repository(make: MakeClient, project: Project) -> Iterator[Removal]:
    found = make("codecommit").batch_get_repositories(repositoryNames=[project.repository])
    for repository in found["repositories"]:
        yield Removal("Repository", repository["repositoryName"], "with the code that was pushed")


def _remove_repository(make: MakeClient, name: str) -> None:
    make("codecommit").delete_repository(repositoryName=name)


def _find_keys(make: MakeClient, project: Project) -> Iterator[Removal]:
    """The keys with the project's tag: its alias goes with its stack, the key stays."""
    kms = make("kms")
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            tags = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
            if {"TagKey": ID_TAG, "TagValue": project.id} in tags:
                state = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
                if state != "PendingDeletion":
                    yield Removal("Key", key["KeyId"], f"deleted after {_KEY_DAYS} days")


def _remove_key(make: MakeClient, name: str) -> None:
    make("kms").schedule_key_deletion(KeyId=name, PendingWindowInDays=_KEY_DAYS)


def _find_project(make: MakeClient, project: Project) -> Iterator[Removal]:
    if project.status != GONE:
        yield Removal("Project", project.name, f"{project.status}, with its stack")


def _remove_project(make: MakeClient, name: str) -> None:
    sagemaker = make("sagemaker")
    sagemaker.delete_project(ProjectName=name)
    while True:
        try:
            described = sagemaker.describe_project(ProjectName=name)
        except ClientError as error:
            if "does not exist" not in error.response["Error"]["Message"]:
                raise
            return
        if described["ProjectStatus"] == GONE:
            return
        if described["ProjectStatus"] == "DeleteFailed":
            details = described.get("ServiceCatalogProvisionedProductDetails", {})
            reason = details.get("ProvisionedProductStatusMessage", "no reason given")
            raise RemovalFailed(f"project {name}: {reason}")
        time.sleep(_POLL_SECONDS)


def _find_log_groups(make: MakeClient, project: Project) -> Iterator[Removal]:
    logs = make("logs")
    endpoints = [
        f"/aws/sagemaker/Endpoints/{project.name}-{stage}" for stage in ("staging", "prod")
    ]
    prefixes = [f"/aws/codebuild/{project.prefix}-", f"/aws/lambda/{project.prefix}-", *endpoints]
    for prefix in prefixes:
        for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix):
            for group in page["logGroups"]:
                if prefix not in endpoints or group["logGroupName"] == prefix:
                    yield Removal("LogGroup", group["logGroupName"])


def _remove_log_group(make: MakeClient, name: str) -> None:
    try:
        make("logs").delete_log_group(logGroupName=name)
    except ClientError as error:  # one that the project's stack held has gone with it
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise


# In this order: an endpoint's stack needs the project's roles to be deleted, the pipelines of the
# project's stack write to its bucket as long as they are there, and what that stack retains goes
# last, because it has somebody's work in it.
KINDS: Mapping[str, Kind] = {
    "Stack": Kind(_find_stacks, _remove_stack),
    "SageMakerPipeline": Kind(_find_sagemaker_pipelines, _remove_sagemaker_pipeline),
    "Project": Kind(_find_project, _remove_project),
    "ModelPackage": Kind(_find_packages, _remove_package),
    "ModelPackageGroup": Kind(_find_group, _remove_group),
    "Repository": Kind(_find_repository, _remove_repository),
    "Bucket": Kind(_find_buckets, _remove_bucket),
    "Key": Kind(_find_keys, _remove_key),
    "LogGroup": Kind(_find_log_groups, _remove_log_group),
}
