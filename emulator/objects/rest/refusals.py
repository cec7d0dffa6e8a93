"""Members of requests that would change how S3 keeps an object, and that nothing here would do.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html for the
ACLs, which every new bucket refuses.
"""

from collections.abc import Mapping
from typing import Any

from emulator.errors import AwsError, unsupported

# They say what holds anyway: the bucket's owner has full control.
OWNERS_ACLS = ("private", "bucket-owner-full-control")
_LOCKS = frozenset({"ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus"})


def refuse_what_is_not_done(operation: str, parameters: Mapping[str, Any]) -> None:
    """Refuse to write or to read as if the request had not asked for this.

    Raises:
        AwsError: AccessControlListNotSupported; InvalidBucketAclWithObjectOwnership;
            InvalidRequest for a lock; UnsupportedByEmulator.
    """
    if any("SSECustomer" in name for name in parameters):
        raise unsupported("S3 encryption with a key of the caller's own (SSE-C) is not emulated.")
    if parameters.get("ObjectLockEnabledForBucket"):
        raise unsupported("S3 buckets with Object Lock are not emulated.")
    if _LOCKS & parameters.keys():
        raise AwsError("InvalidRequest", "Bucket is missing Object Lock Configuration")
    has_grants = any(name.startswith("Grant") for name in parameters)
    if has_grants or parameters.get("ACL", "private") not in OWNERS_ACLS:
        raise _acl_fault(operation)


def _acl_fault(operation: str) -> AwsError:
    if operation == "CreateBucket":
        return AwsError(
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        )
    return AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")
