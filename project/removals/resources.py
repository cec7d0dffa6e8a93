"""What a project holds: stacks, pipelines, packages, and what its own stack retains."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from pipelines.stacks import find_stack
from project.names import DELETING, GONE, ID_TAG, MAKING, Project
from project.removals.kind import Kind, MakeClient, Removal, RemovalFailed, wait_until
from project.removals.running import sagemaker_pipelines

# Source: DeleteObjects in the API reference, "a list of up to 1,000 keys".
_OBJECTS_AT_ONCE = 1000
# Source: PendingWindowInDays of ScheduleKeyDeletion, the shortest.
_KEY_DAYS = 7


def _find_stacks(make: MakeClient, project: Project) -> Iterator[Removal]:
    cloudformation = make("cloudformation")
    for name in project.endpoint_stacks:
        stack = find_stack(cloudformation, name)
        if stack is not None:
            yield Removal("Stack", name, f"{stack['StackStatus']}, with its endpoint")


def _remove_stack(make: MakeClient, name: str) -> None:
    cloudformation = make("cloudformation")
    stack_id = (find_stack(cloudformation, name) or {}).get("StackId", name)

    def status() -> str:
        # By its id, because a stack that is gone has no name any more.
        found = find_stack(cloudformation, stack_id) or {"StackStatus": "DELETE_COMPLETE"}
        return str(found["StackStatus"])

    # A stack may be deleted while it is made, and not while it is changed or rolled back.
    wait_until(lambda: status() == "CREATE_IN_PROGRESS" or not status().endswith("_IN_PROGRESS"))
    if status() != "DELETE_COMPLETE":
        cloudformation.delete_stack(StackName=stack_id)
    wait_until(lambda: status() in ("DELETE_COMPLETE", "DELETE_FAILED"))
    if status() == "DELETE_FAILED":
        found = find_stack(cloudformation, stack_id) or {}
        raise RemovalFailed(f"stack {name}: {found.get('StackStatusReason', 'no reason given')}")


def _find_packages(make: MakeClient, project: Project) -> Iterator[Removal]:
    sagemaker = make("sagemaker")
    if not _has_group(sagemaker, project):
        return
    pages = sagemaker.get_paginator("list_model_packages")
    for page in pages.paginate(ModelPackageGroupName=project.group):
        for entry in page["ModelPackageSummaryList"]:
            yield Removal("ModelPackage", entry["ModelPackageArn"], entry["ModelApprovalStatus"])


def _has_group(sagemaker: Any, project: Project) -> bool:
    """Whether the group is the project's: one of its name may have been there before."""
    try:
        group = sagemaker.describe_model_package_group(ModelPackageGroupName=project.group)
    except ClientError as error:
        if "does not exist" not in error.response["Error"]["Message"]:
            raise
        return False
    return _is_tagged(sagemaker, group["ModelPackageGroupArn"], project)


def _is_tagged(sagemaker: Any, arn: str, project: Project) -> bool:
    pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
    return {"Key": ID_TAG, "Value": project.id} in [tag for page in pages for tag in page["Tags"]]


def _remove_package(make: MakeClient, name: str) -> None:
    make("sagemaker").delete_model_package(ModelPackageName=name)


def _find_sagemaker_pipelines(make: MakeClient, project: Project) -> Iterator[Removal]:
    for name in sagemaker_pipelines(make("sagemaker"), project):
        yield Removal("SageMakerPipeline", name, "with its executions")


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
    if _has_group(make("sagemaker"), project):
        yield Removal("ModelPackageGroup", project.group)


def _remove_group(make: MakeClient, name: str) -> None:
    make("sagemaker").delete_model_package_group(ModelPackageGroupName=name)


def _find_repository(make: MakeClient, project: Project) -> Iterator[Removal]:
    found = make("codecommit").batch_get_repositories(repositoryNames=[project.repository])
    for repository in found["repositories"]:
        yield Removal("Repository", repository["repositoryName"], "with the code that was pushed")


def _remove_repository(make: MakeClient, name: str) -> None:
    make("codecommit").delete_repository(repositoryName=name)


def _find_image_repositories(make: MakeClient, project: Project) -> Iterator[Removal]:
    """Those with the project's tag: their names are the account's, and no project's."""
    ecr = make("ecr")
    for page in ecr.get_paginator("describe_repositories").paginate():
        for repository in page["repositories"]:
            tags = ecr.list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
            if {"Key": ID_TAG, "Value": project.id} in tags:
                yield Removal("ImageRepository", repository["repositoryName"], "with its images")


def _remove_image_repository(make: MakeClient, name: str) -> None:
    make("ecr").delete_repository(repositoryName=name, force=True)


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


def wait_until_made(make: MakeClient, project: Project) -> None:
    """Wait while a project is made or changed: its pipelines begin to run meanwhile."""
    wait_until(lambda: _described(make, project.name).status not in MAKING)


def _remove_project(make: MakeClient, name: str) -> None:
    if _described(make, name).status not in (GONE, DELETING):
        make("sagemaker").delete_project(ProjectName=name)
    wait_until(lambda: _described(make, name).status != DELETING)
    left = _described(make, name)
    if left.status != GONE:
        raise RemovalFailed(f"it is {left.status}: {left.reason or 'no reason given'}")


def _described(make: MakeClient, name: str) -> Project:
    try:
        return Project.of(make("sagemaker").describe_project(ProjectName=name))
    except ClientError as error:
        if "does not exist" not in error.response["Error"]["Message"]:
            raise
        return Project(name, "", "", GONE)


def _find_log_groups(make: MakeClient, project: Project) -> Iterator[Removal]:
    pages = make("logs").get_paginator("describe_log_groups")
    for prefix in project.log_group_prefixes:
        for page in pages.paginate(logGroupNamePrefix=prefix):
            for group in page["logGroups"]:
                yield Removal("LogGroup", group["logGroupName"])
    sagemaker = make("sagemaker")
    for endpoint in project.endpoints:
        name = f"/aws/sagemaker/Endpoints/{endpoint}"
        for page in pages.paginate(logGroupNamePrefix=name):
            for group in page["logGroups"]:
                if group["logGroupName"] == name and not _is_others(sagemaker, endpoint, project):
                    yield Removal("LogGroup", name)


def _is_others(sagemaker: Any, endpoint: str, project: Project) -> bool:
    """Whether a later project of the same name has an endpoint of this name."""
    try:
        arn = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointArn"]
    except ClientError as error:
        if "Could not find" not in error.response["Error"]["Message"]:
            raise
        return False
    return not _is_tagged(sagemaker, arn, project)


def _remove_log_group(make: MakeClient, name: str) -> None:
    try:
        make("logs").delete_log_group(logGroupName=name)
    except ClientError as error:  # one that the project's stack held has gone with it
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise


STACKS = {"Stack": Kind(_find_stacks, _remove_stack)}
PIPELINES = {
    "SageMakerPipeline": Kind(_find_sagemaker_pipelines, _remove_sagemaker_pipeline),
    "Project": Kind(_find_project, _remove_project),
}
RETAINED = {
    "ModelPackage": Kind(_find_packages, _remove_package),
    "ModelPackageGroup": Kind(_find_group, _remove_group),
    "Repository": Kind(_find_repository, _remove_repository),
    "ImageRepository": Kind(_find_image_repositories, _remove_image_repository),
    "Bucket": Kind(_find_buckets, _remove_bucket),
    "Key": Kind(_find_keys, _remove_key),
    "LogGroup": Kind(_find_log_groups, _remove_log_group),
}
