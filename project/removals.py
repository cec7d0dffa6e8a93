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
from project.names import Project

MakeClient = Callable[[str], Any]
_POLL_SECONDS = 2.0
# Source: DeleteObjects in the API reference, "a list of up to 1,000 keys".
_OBJECTS_AT_ONCE = 1000


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


def _find_images(make: MakeClient, project: Project) -> Iterator[Removal]:
    ecr = make("ecr")
    for page in ecr.get_paginator("describe_repositories").paginate():
        for repository in page["repositories"]:
            name = repository["repositoryName"]
            if name.startswith(project.prefix):
                images = ecr.list_images(repositoryName=name)["imageIds"]
                if images:
                    yield Removal("Images", name, f"{len(images)} or more images")


def _remove_images(make: MakeClient, name: str) -> None:
    ecr = make("ecr")
    while images := ecr.list_images(repositoryName=name)["imageIds"]:
        ecr.batch_delete_image(repositoryName=name, imageIds=images)


def _find_objects(make: MakeClient, project: Project) -> Iterator[Removal]:
    s3 = make("s3")
    for bucket in project.buckets:
        try:
            first = s3.list_object_versions(Bucket=bucket, MaxKeys=_OBJECTS_AT_ONCE)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise
            continue
        count = len(_versions(first))
        if count:
            more = " or more" if first["IsTruncated"] else ""
            yield Removal("Objects", bucket, f"{count}{more} versions of objects")


def _remove_objects(make: MakeClient, name: str) -> None:
    s3 = make("s3")
    while versions := _versions(s3.list_object_versions(Bucket=name, MaxKeys=_OBJECTS_AT_ONCE)):
        answer = s3.delete_objects(Bucket=name, Delete={"Objects": versions, "Quiet": True})
        if answer.get("Errors"):
            first = answer["Errors"][0]
            raise RemovalFailed(f"s3://{name}/{first['Key']}: {first['Message']}")


def _versions(listed: Mapping[str, Any]) -> list[dict[str, str]]:
    found = [*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())]
    return [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]


def _find_project(make: MakeClient, project: Project) -> Iterator[Removal]:
    if project.status != "DeleteCompleted":
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
        if described["ProjectStatus"] == "DeleteCompleted":
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


# In this order: an endpoint's stack needs the project's roles to be deleted, and the project's
# stack can only delete a group without packages, a repository without images, an empty bucket.
KINDS: Mapping[str, Kind] = {
    "Stack": Kind(_find_stacks, _remove_stack),
    "ModelPackage": Kind(_find_packages, _remove_package),
    "SageMakerPipeline": Kind(_find_sagemaker_pipelines, _remove_sagemaker_pipeline),
    "Images": Kind(_find_images, _remove_images),
    "Objects": Kind(_find_objects, _remove_objects),
    "Project": Kind(_find_project, _remove_project),
    "LogGroup": Kind(_find_log_groups, _remove_log_group),
}
