"""How an object is said to be encrypted: as its request asks, else as its bucket's objects are.

Nothing is encrypted: whoever can read the data directory can read every object.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
"""

from collections.abc import Mapping
from typing import Any

ENCRYPTION_HEADERS = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled")
DEFAULT_ALGORITHM = "AES256"


def bucket_encryption(configurations: Mapping[str, Any]) -> dict[str, Any]:
    """What an object keeps that is made in a bucket of these configurations."""
    rules = configurations.get("Encryption", {}).get("Rules", [])
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    if default.get("SSEAlgorithm", DEFAULT_ALGORITHM) == DEFAULT_ALGORITHM:
        return {}
    found = {
        "ServerSideEncryption": default["SSEAlgorithm"],
        "SSEKMSKeyId": default.get("KMSMasterKeyID"),
        "BucketKeyEnabled": rules[0].get("BucketKeyEnabled"),
    }
    return {name: value for name, value in found.items() if value is not None}


def encryption_members(headers: Mapping[str, Any]) -> dict[str, Any]:
    """What answers say of the encryption of an object that keeps these headers."""
    kept = {name: headers[name] for name in ENCRYPTION_HEADERS if name in headers}
    return {"ServerSideEncryption": DEFAULT_ALGORITHM} | kept
