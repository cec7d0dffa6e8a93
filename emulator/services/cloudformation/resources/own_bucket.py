"""CloudFormation's own bucket: for answers of custom resources and templates of stacks within.

AWS has such buckets in each region, too, which belong to CloudFormation.
"""

import hashlib

from botocore.exceptions import ClientError

from emulator.services.clients import client
from emulator.services.cloudformation.resources.provider import Work


def _bucket(work: Work) -> str:
    settings = work.context.settings
    return f"cloudformation-{settings.region}-{settings.account_id}"


def _made_bucket(work: Work) -> str:
    bucket, region = _bucket(work), work.context.settings.region
    place = {} if region == "us-east-1" else {"LocationConstraint": region}
    try:
        work.call("s3", "CreateBucket", Bucket=bucket, CreateBucketConfiguration=place or None)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    return bucket


def presigned_put(work: Work, key: str, valid_seconds: int) -> str:
    """An address to which anybody can put the object of that key."""
    place = {"Bucket": _made_bucket(work), "Key": key}
    address: str = client(work.context, "s3").generate_presigned_url(
        "put_object", Params=place, ExpiresIn=valid_seconds
    )
    return address


def kept_template(work: Work, text: str) -> str:
    """The address of a template that is kept as it is now, whatever becomes of its origin."""
    bucket, content = _made_bucket(work), text.encode()
    key = f"templates/{hashlib.sha256(content).hexdigest()}"
    work.call("s3", "PutObject", Bucket=bucket, Key=key, Body=content)
    return f"https://{bucket}.s3.{work.context.settings.region}.amazonaws.com/{key}"


def take(work: Work, key: str) -> bytes:
    """What was put there; it is there no more.

    Raises:
        ClientError: Nothing has been put yet.
    """
    place = {"Bucket": _bucket(work), "Key": key}
    content: bytes = work.call("s3", "GetObject", **place)["Body"].read()
    work.call("s3", "DeleteObject", **place)
    return content
