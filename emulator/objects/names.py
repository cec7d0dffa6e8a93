"""Which bucket names and keys S3 takes."""

import re

from emulator.errors import AwsError

_KEY_MAXIMUM_BYTES = 1024
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def check_bucket_name(bucket: str) -> None:
    """Refuse a name that no new bucket may have.

    Raises:
        AwsError: InvalidBucketName.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    if (
        not _BUCKET_NAME.fullmatch(bucket)
        or ".." in bucket
        or _IP_ADDRESS.fullmatch(bucket)
        or bucket.startswith(_RESERVED_PREFIXES)
        or bucket.endswith(_RESERVED_SUFFIXES)
    ):
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.", BucketName=bucket)


def check_key(key: str) -> None:
    """Refuse a key that is too long.

    Raises:
        AwsError: KeyTooLongError.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    size_bytes = len(key.encode())
    if size_bytes > _KEY_MAXIMUM_BYTES:
        raise AwsError(
            "KeyTooLongError",
            "Your key is too long",
            Size=size_bytes,
            MaxSizeAllowed=_KEY_MAXIMUM_BYTES,
        )
