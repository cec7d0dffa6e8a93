"""The bucket to which custom resources answer, at addresses that need no credentials.

AWS has one for each region, too, which belongs to CloudFormation.
"""

from botocore.exceptions import ClientError

from emulator.services.clients import client
from emulator.services.cloudformation.resources.provider import Work


def _bucket(work: Work) -> str:
    settings = work.context.settings
    return f"cloudformation-custom-resource-response-{settings.region}-{settings.account_id}"


def presigned_put(work: Work, key: str, valid_seconds: int) -> str:
    """An address to which anybody can put the object of that key."""
    s3 = client(work.context, "s3")
    bucket, region = _bucket(work), work.context.settings.region
    place = {} if region == "us-east-1" else {"LocationConstraint": region}
    try:
        work.call("s3", "CreateBucket", Bucket=bucket, CreateBucketConfiguration=place or None)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    address: str = s3.generate_presigned_url(
        "put_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=valid_seconds
    )
    return address


def take(work: Work, key: str) -> bytes:
    """What was put there; it is there no more.

    Raises:
        ClientError: Nothing has been put yet.
    """
    place = {"Bucket": _bucket(work), "Key": key}
    content: bytes = work.call("s3", "GetObject", **place)["Body"].read()
    work.call("s3", "DeleteObject", **place)
    return content
