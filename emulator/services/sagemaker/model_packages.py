"""Model packages: a model as it was registered, its metrics, and whether it may be deployed."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError, unsupported, validation_error
from emulator.services.sagemaker import listing, names, tags
from emulator.services.sagemaker.model_package_groups import existing_group
from emulator.store import AlreadyExists

KIND = "ModelPackage"

_CARRIED_OVER = (
    "ModelPackageDescription",
    "ModelPackageRegistrationType",
    "InferenceSpecification",
    "CertifyForMarketplace",
    "MetadataProperties",
    "ModelMetrics",
    "Domain",
    "Task",
    "SamplePayloadUrl",
    "CustomerMetadataProperties",
    "DriftCheckBaselines",
    "AdditionalInferenceSpecifications",
    "SkipModelValidation",
    "SourceUri",
    "SecurityConfig",
    "ModelCard",
    "ModelLifeCycle",
)
_REPLACED_BY_UPDATE = (
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
)
# ModelPackageName stands only in the summaries of unversioned packages.
_SUMMARY_KEYS = (
    "ModelPackageName",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
)
_BATCH_KEYS = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
)


def package_arn(context: Context, name_or_arn: str) -> str:
    """The ARN of a package given by ARN, by name, or as ``group/version``."""
    if name_or_arn.startswith("arn:"):
        return name_or_arn
    return names.arn(context, "model-package", name_or_arn)


def existing_package(context: Context, name_or_arn: str) -> dict[str, Any]:
    """The package's document.

    Raises:
        AwsError: ValidationException, as AWS answers for a package that is not there.
    """
    arn = package_arn(context, name_or_arn)
    package = context.store.get(KIND, arn)
    if package is None:
        raise validation_error(f"ModelPackage {arn} does not exist.")
    return package


def check_deployable(context: Context, name_or_arn: str) -> None:
    """Refuse a version of a group that is not approved.

    Source: ModelApprovalStatus of CreateModelPackage in the API reference.

    Raises:
        AwsError: ValidationException, also when the package is not there.
    """
    package = existing_package(context, name_or_arn)
    status = package.get("ModelApprovalStatus", "Approved")
    if status != "Approved":
        raise validation_error(
            f"ModelPackage {package['ModelPackageArn']} cannot be deployed: its"
            f" ModelApprovalStatus is {status}, and must be Approved."
        )


def create_model_package(context: Context, request: Request) -> Answer:
    """Register a package: the next version of a group, or one under a name of its own.

    A call that repeats an earlier one's ClientToken gives the earlier one's package.

    Raises:
        AwsError: ValidationException for a missing group or a specification AWS would refuse;
            ConflictException when the name is taken.
    """
    _refuse_unsupported(request)
    _check(request)
    token = request.get("ClientToken")
    with context.store.transaction():
        earlier = context.store.get("ModelPackageClientToken", token) if token else None
        if earlier is not None and context.store.get(KIND, earlier["ModelPackageArn"]):
            return earlier
        document = _new_document(context, request)
        arn = document["ModelPackageArn"]
        try:
            context.store.insert(KIND, arn, document)
        except AlreadyExists as error:
            raise AwsError("ConflictException", f"Model Package already exists: {arn}") from error
        tags.save(context, arn, request.get("Tags", []))
        if token:
            context.store.put("ModelPackageClientToken", token, {"ModelPackageArn": arn})
    return {"ModelPackageArn": arn}


def _refuse_unsupported(request: Request) -> None:
    faults = [
        f"CreateModelPackage with {member} is not emulated: {instead}"
        for member, instead in (
            ("SourceAlgorithmSpecification", "give the image in InferenceSpecification"),
            ("ValidationSpecification", "run a transform job on the registered package"),
        )
        if member in request
    ]
    if faults:
        raise unsupported("; ".join(faults))


def _check(request: Request) -> None:
    """Source: the API reference of CreateModelPackage, for what each kind of package needs."""
    is_versioned = "ModelPackageGroupName" in request
    if is_versioned and "ModelPackageName" in request:
        raise validation_error(
            "Both ModelPackageName and ModelPackageGroupName are provided in the input."
            " Cannot determine which one to use."
        )
    if not is_versioned and "ModelPackageName" not in request:
        raise validation_error("Missing ARN.")
    if is_versioned and request.get("Tags"):
        raise validation_error(
            "Tags cannot be given with ModelPackageGroupName: a versioned model package uses"
            " the tags of its model package group."
        )
    if not is_versioned:
        specification = request.get("InferenceSpecification", {})
        missing = [
            key
            for key in (
                "SupportedTransformInstanceTypes",
                "SupportedRealtimeInferenceInstanceTypes",
                "SupportedContentTypes",
                "SupportedResponseMIMETypes",
            )
            if not specification.get(key)
        ]
        if missing:
            raise validation_error(
                "InferenceSpecification of an unversioned model package must specify "
                + ", ".join(missing)
            )


def _new_document(context: Context, request: Request) -> dict[str, Any]:
    document: dict[str, Any] = {
        "CreationTime": context.clock(),
        "CreatedBy": {},
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": False,
    }
    document |= {key: request[key] for key in _CARRIED_OVER if key in request}
    if "ModelPackageGroupName" not in request:
        name = request["ModelPackageName"]
        return document | {"ModelPackageName": name, "ModelPackageArn": package_arn(context, name)}
    group = existing_group(context, request["ModelPackageGroupName"])
    version = context.store.next_number(group["_VersionCounter"])
    name = group["ModelPackageGroupName"]
    return document | {
        "ModelPackageGroupName": name,
        "ModelPackageVersion": version,
        "ModelPackageArn": package_arn(context, f"{name}/{version}"),
        "ModelApprovalStatus": request.get("ModelApprovalStatus", "PendingManualApproval"),
    }


def describe_model_package(context: Context, request: Request) -> Answer:
    """The package, by ARN, name or ``group/version``."""
    return existing_package(context, request["ModelPackageName"])


def list_model_packages(context: Context, request: Request) -> Answer:
    """The packages of a group, or of the account: unversioned ones unless asked otherwise."""
    group = request.get("ModelPackageGroupName")
    kind = request.get("ModelPackageType", "Versioned" if group else "Unversioned")
    prefix = ""
    if group:
        name = existing_group(context, group)["ModelPackageGroupName"]
        prefix = names.arn(context, "model-package", f"{name}/")
    wanted = [
        package | {"_SortName": package.get("ModelPackageName") or package["ModelPackageGroupName"]}
        for package in context.store.list(KIND, prefix)
        if _is_wanted(package, kind, request.get("ModelApprovalStatus"))
    ]
    summaries, next_token = listing.page(
        wanted, request, name_key="_SortName", summary_keys=_SUMMARY_KEYS
    )
    return {"ModelPackageSummaryList": summaries, "NextToken": next_token}


def _is_wanted(package: Mapping[str, Any], kind: str, approval_status: str | None) -> bool:
    is_versioned = "ModelPackageVersion" in package
    return (kind == "Both" or is_versioned == (kind == "Versioned")) and (
        approval_status is None or package.get("ModelApprovalStatus") == approval_status
    )


def update_model_package(context: Context, request: Request) -> Answer:
    """Approve or reject a version, or change what is known of the package.

    Raises:
        AwsError: ValidationException when the package is missing, or an approval status is given
            to a package without a version.
    """
    package = existing_package(context, request["ModelPackageArn"])
    if "ModelApprovalStatus" in request and "ModelPackageVersion" not in package:
        raise validation_error(
            f"ModelApprovalStatus does not apply to unversioned model packages: "
            f"{package['ModelPackageArn']} is in no model package group."
        )

    def change(document: dict[str, Any]) -> None:
        document |= {key: request[key] for key in _REPLACED_BY_UPDATE if key in request}
        properties = document.get("CustomerMetadataProperties", {})
        properties |= request.get("CustomerMetadataProperties", {})
        for key in request.get("CustomerMetadataPropertiesToRemove", []):
            properties.pop(key, None)
        document["CustomerMetadataProperties"] = properties
        added = request.get("AdditionalInferenceSpecificationsToAdd", [])
        document["AdditionalInferenceSpecifications"] = [
            *document.get("AdditionalInferenceSpecifications", []),
            *added,
        ]
        for key in ("CustomerMetadataProperties", "AdditionalInferenceSpecifications"):
            if not document[key]:
                del document[key]
        document["LastModifiedTime"] = context.clock()
        document["LastModifiedBy"] = {}

    context.store.update(KIND, package["ModelPackageArn"], change)
    return {"ModelPackageArn": package["ModelPackageArn"]}


def delete_model_package(context: Context, request: Request) -> Answer:
    """Remove the package; its version number is not given again."""
    with context.store.transaction():
        arn = existing_package(context, request["ModelPackageName"])["ModelPackageArn"]
        context.store.delete(KIND, arn)
        tags.forget(context, arn)
    return {}


def batch_describe_model_package(context: Context, request: Request) -> Answer:
    """Up to 100 versioned packages at once; those not found are in the error map."""
    summaries: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for arn in request["ModelPackageArnList"]:
        package = context.store.get(KIND, arn)
        if package is None or "ModelPackageVersion" not in package:
            errors[arn] = {
                "ErrorCode": "ValidationException",
                "ErrorResponse": f"ModelPackage {arn} does not exist.",
            }
            continue
        summaries[arn] = {key: package[key] for key in _BATCH_KEYS if key in package}
        summaries[arn].setdefault("InferenceSpecification", {})
    return {"ModelPackageSummaries": summaries, "BatchDescribeModelPackageErrorMap": errors}


OPERATIONS: Mapping[str, Handler] = {
    "CreateModelPackage": create_model_package,
    "DescribeModelPackage": describe_model_package,
    "ListModelPackages": list_model_packages,
    "UpdateModelPackage": update_model_package,
    "DeleteModelPackage": delete_model_package,
    "BatchDescribeModelPackage": batch_describe_model_package,
}
