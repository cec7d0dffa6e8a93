"""Model package groups: the names under which versions of a model are registered."""

import uuid
from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError, validation_error
from emulator.json_text import read_json
from emulator.services.sagemaker import listing, names, tags
from emulator.store import AlreadyExists

KIND = "ModelPackageGroup"

_SUMMARY_KEYS = (
    "ModelPackageGroupName",
    "ModelPackageGroupArn",
    "ModelPackageGroupDescription",
    "CreationTime",
    "ModelPackageGroupStatus",
)


def existing_group(context: Context, name_or_arn: str) -> dict[str, Any]:
    """The group's document.

    Raises:
        AwsError: ValidationException, as AWS answers for a group that is not there.
    """
    name = names.name_of(name_or_arn)
    arn = names.arn(context, "model-package-group", name)
    group = context.store.get(KIND, name)
    if group is None or name_or_arn not in (name, arn):
        raise validation_error(f"ModelPackageGroup {arn} does not exist.")
    return group


def create_model_package_group(context: Context, request: Request) -> Answer:
    """Make an empty group.

    Raises:
        AwsError: ValidationException when the name is taken.
    """
    name = request["ModelPackageGroupName"]
    arn = names.arn(context, "model-package-group", name)
    document: dict[str, Any] = {
        "ModelPackageGroupName": name,
        "ModelPackageGroupArn": arn,
        "CreationTime": context.clock(),
        "CreatedBy": {},
        "ModelPackageGroupStatus": "Completed",
        # A group made anew under an old name counts its versions from 1 again.
        "_VersionCounter": f"{KIND}/{name}/{uuid.uuid4().hex}",
    }
    if "ModelPackageGroupDescription" in request:
        document["ModelPackageGroupDescription"] = request["ModelPackageGroupDescription"]
    try:
        with context.store.transaction():
            context.store.insert(KIND, name, document)
            tags.save(context, arn, request.get("Tags", []))
    except AlreadyExists as error:
        raise validation_error(f"Model Package Group already exists: {arn}") from error
    return {"ModelPackageGroupArn": arn}


def describe_model_package_group(context: Context, request: Request) -> Answer:
    """The group, by name or ARN."""
    return existing_group(context, request["ModelPackageGroupName"])


def list_model_package_groups(context: Context, request: Request) -> Answer:
    """The groups of this account; no other account shares any."""
    is_own = request.get("CrossAccountFilterOption", "SameAccount") == "SameAccount"
    summaries, next_token = listing.page(
        context.store.list(KIND) if is_own else [],
        request,
        name_key="ModelPackageGroupName",
        summary_keys=_SUMMARY_KEYS,
    )
    return {"ModelPackageGroupSummaryList": summaries, "NextToken": next_token}


def delete_model_package_group(context: Context, request: Request) -> Answer:
    """Remove an empty group.

    Raises:
        AwsError: ConflictException while model packages are in it.
    """
    with context.store.transaction():
        group = existing_group(context, request["ModelPackageGroupName"])
        name, arn = group["ModelPackageGroupName"], group["ModelPackageGroupArn"]
        if context.store.list("ModelPackage", names.arn(context, "model-package", f"{name}/")):
            raise AwsError(
                "ConflictException",
                f"Model Package Group {arn} cannot be deleted because it contains model packages."
                " Delete its model packages first.",
            )
        context.store.delete(KIND, name)
        tags.forget(context, arn)
    return {}


def put_model_package_group_policy(context: Context, request: Request) -> Answer:
    """Keep the group's resource policy; the emulator has one account and does not enforce it.

    Raises:
        AwsError: ValidationException when the policy is not a JSON object.
    """
    try:
        is_policy = isinstance(read_json(request["ResourcePolicy"]), dict)
    except ValueError:
        is_policy = False
    if not is_policy:
        raise validation_error("ResourcePolicy is not a valid JSON policy document.")
    group = existing_group(context, request["ModelPackageGroupName"])
    context.store.update(
        KIND,
        group["ModelPackageGroupName"],
        lambda document: {**document, "_ResourcePolicy": request["ResourcePolicy"]},
    )
    return {"ModelPackageGroupArn": group["ModelPackageGroupArn"]}


def get_model_package_group_policy(context: Context, request: Request) -> Answer:
    """The group's resource policy.

    Raises:
        AwsError: ValidationException when it has none.
    """
    group = existing_group(context, request["ModelPackageGroupName"])
    if "_ResourcePolicy" not in group:
        raise validation_error(f"Cannot find resource policy for: {group['ModelPackageGroupArn']}")
    return {"ResourcePolicy": group["_ResourcePolicy"]}


def delete_model_package_group_policy(context: Context, request: Request) -> Answer:
    """Remove the group's resource policy, if it has one."""
    group = existing_group(context, request["ModelPackageGroupName"])

    def without_policy(document: dict[str, Any]) -> None:
        document.pop("_ResourcePolicy", None)

    context.store.update(KIND, group["ModelPackageGroupName"], without_policy)
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "CreateModelPackageGroup": create_model_package_group,
    "DescribeModelPackageGroup": describe_model_package_group,
    "ListModelPackageGroups": list_model_package_groups,
    "DeleteModelPackageGroup": delete_model_package_group,
    "PutModelPackageGroupPolicy": put_model_package_group_policy,
    "GetModelPackageGroupPolicy": get_model_package_group_policy,
    "DeleteModelPackageGroupPolicy": delete_model_package_group_policy,
}
