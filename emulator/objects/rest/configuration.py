"""A bucket's configurations: kept, and given back as they came.

Source: the errors where nothing is configured are those of each Get operation's page in
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.errors import AwsError, unsupported
from emulator.objects.rest.call import Answer, Call, Handler, Service
from emulator.objects.rest.encryption import DEFAULT_ALGORITHM
from emulator.objects.rest.refusals import OWNERS_ACLS

# What AWS gives every new bucket since April 2023.
_BLOCK_ALL = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_DEFAULT_ENCRYPTION = {
    "Rules": [
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": DEFAULT_ALGORITHM},
            "BucketKeyEnabled": False,
        }
    ]
}


@dataclass(frozen=True)
class _Configuration:
    """One configuration.

    Attributes:
        name: The noun of its operations: ``PutBucket<name>``, unless ``noun`` is empty.
        payload: The member of the Put operation that carries it.
        default: What Get answers while nothing is configured, or the error it answers.
        can_delete: Whether there is a Delete operation.
    """

    name: str
    payload: str
    default: Mapping[str, Any] | AwsError
    can_delete: bool = True
    noun: str = "Bucket"
    delete_name: str = ""


def _absent(code: str, message: str) -> AwsError:
    return AwsError(code, message, 404)


_CONFIGURATIONS = (
    _Configuration("Tagging", "Tagging", _absent("NoSuchTagSet", "The TagSet does not exist")),
    _Configuration(
        "Cors",
        "CORSConfiguration",
        _absent("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    ),
    _Configuration("Encryption", "ServerSideEncryptionConfiguration", _DEFAULT_ENCRYPTION),
    _Configuration(
        "LifecycleConfiguration",
        "LifecycleConfiguration",
        _absent("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
        delete_name="Lifecycle",
    ),
    _Configuration(
        "Policy", "Policy", _absent("NoSuchBucketPolicy", "The bucket policy does not exist")
    ),
    _Configuration(
        "PublicAccessBlock",
        "PublicAccessBlockConfiguration",
        _absent(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        ),
        noun="",
    ),
    _Configuration(
        "OwnershipControls",
        "OwnershipControls",
        _absent("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
    ),
    _Configuration("NotificationConfiguration", "NotificationConfiguration", {}, can_delete=False),
    _Configuration("Logging", "BucketLoggingStatus", {}, can_delete=False),
    _Configuration("Versioning", "VersioningConfiguration", {}, can_delete=False),
)


def initial_configurations(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What a bucket made by these CreateBucket parameters starts with."""
    ownership = parameters.get("ObjectOwnership", "BucketOwnerEnforced")
    return {
        "PublicAccessBlock": _BLOCK_ALL,
        "OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]},
    }


def _put(configuration: _Configuration) -> Handler:
    async def put(service: Service, call: Call) -> Answer:
        value = call.parameters.get(configuration.payload, {})
        _CHECKS.get(configuration.name, _accept)(value)
        service.objects.configure_bucket(
            call.bucket, lambda found: {**found, configuration.name: value}
        )
        return Answer()

    return put


def _get(configuration: _Configuration) -> Handler:
    async def get(service: Service, call: Call) -> Answer:
        found = service.objects.bucket(call.bucket).configurations
        value = found.get(configuration.name, configuration.default)
        if isinstance(value, AwsError):
            raise AwsError(value.code, value.message, value.status, BucketName=call.bucket)
        shape = call.operation.output_shape
        payload = shape.serialization.get("payload") if shape else None
        return Answer({payload: value} if payload else value)

    return get


def _delete(configuration: _Configuration) -> Handler:
    async def delete(service: Service, call: Call) -> Answer:
        service.objects.configure_bucket(
            call.bucket,
            lambda found: {
                name: value for name, value in found.items() if name != configuration.name
            },
        )
        return Answer()

    return delete


def _accept(value: Any) -> None:
    """Nothing beyond what the shape checked."""


def _check_tags(value: Mapping[str, Any]) -> None:
    keys = [tag["Key"] for tag in value.get("TagSet", [])]
    if len(keys) != len(set(keys)):
        raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key")


def _check_policy(value: str) -> None:
    try:
        policy = json.loads(value)
    except ValueError as error:
        raise AwsError("MalformedPolicy", f"Policies must be valid JSON: {error}") from error
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise AwsError("MalformedPolicy", "Missing required field Statement")


def _check_versioning(value: Mapping[str, Any]) -> None:
    if value.get("MFADelete") == "Enabled":
        raise unsupported("S3 versioning with MFA delete is not emulated.")


def _check_notification(value: Mapping[str, Any]) -> None:
    if value:
        raise unsupported(
            f"S3 event notifications are not emulated; nothing would be sent: {', '.join(value)}."
        )


_CHECKS: Mapping[str, Callable[[Any], None]] = {
    "Tagging": _check_tags,
    "Policy": _check_policy,
    "Versioning": _check_versioning,
    "NotificationConfiguration": _check_notification,
}


async def get_bucket_acl(service: Service, call: Call) -> Answer:
    """The owner's full control, as objects and buckets have it when ACLs are disabled."""
    service.objects.bucket(call.bucket)
    if "Key" in call.parameters:
        service.objects.find(call.bucket, call.key)
    grantee = {"Type": "CanonicalUser", **service.owner}
    return Answer(
        {
            "Owner": service.owner,
            "Grants": [{"Grantee": grantee, "Permission": "FULL_CONTROL"}],
        }
    )


async def put_bucket_acl(service: Service, call: Call) -> Answer:
    """Take the ACLs that leave all to the owner; the others need what is not emulated.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    """
    service.objects.bucket(call.bucket)
    if call.parameters.get("ACL") not in OWNERS_ACLS:
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")
    return Answer()


def _operations() -> dict[str, Handler]:
    found: dict[str, Handler] = {
        "GetBucketAcl": get_bucket_acl,
        "GetObjectAcl": get_bucket_acl,
        "PutBucketAcl": put_bucket_acl,
        "PutObjectAcl": put_bucket_acl,
    }
    for configuration in _CONFIGURATIONS:
        name = f"{configuration.noun}{configuration.name}"
        found[f"Put{name}"] = _put(configuration)
        found[f"Get{name}"] = _get(configuration)
        if configuration.can_delete:
            deleted = configuration.delete_name or configuration.name
            found[f"Delete{configuration.noun}{deleted}"] = _delete(configuration)
    return found


OPERATIONS: Mapping[str, Handler] = _operations()
