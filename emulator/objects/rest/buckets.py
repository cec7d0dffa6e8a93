"""CreateBucket, HeadBucket, DeleteBucket, ListBuckets, GetBucketLocation."""

from collections.abc import Mapping

from emulator.errors import AwsError
from emulator.objects.rest.call import Answer, Call, Handler, Service
from emulator.objects.rest.configuration import initial_configurations
from emulator.objects.rest.listing import decode_token, encode_token

_REGION_WITHOUT_CONSTRAINT = "us-east-1"
_PAGE_BUCKETS = 10_000


async def create_bucket(service: Service, call: Call) -> Answer:
    """Make a bucket; in us-east-1 it may be there already.

    Source: CreateBucket's BucketAlreadyOwnedByYou: "For legacy compatibility, if you re-create an
    existing bucket that you already own in us-east-1, Amazon S3 returns 200 OK".
    """
    wanted = call.parameters.get("CreateBucketConfiguration", {})
    location = wanted.get("LocationConstraint", _REGION_WITHOUT_CONSTRAINT)
    if service.region not in (_REGION_WITHOUT_CONSTRAINT, location):
        raise AwsError(
            "IllegalLocationConstraintException",
            f"The {location if wanted else 'unspecified'} location constraint is incompatible for"
            f" the region specific endpoint this request was sent to: {service.region}.",
        )
    configurations = initial_configurations(call.parameters)
    configurations["Location"] = location
    if tags := wanted.get("Tags"):
        configurations["Tagging"] = {"TagSet": tags}
    try:
        service.objects.create_bucket(call.bucket, configurations)
    except AwsError as error:
        is_legacy = service.region == location == _REGION_WITHOUT_CONSTRAINT
        if error.code != "BucketAlreadyOwnedByYou" or not is_legacy:
            raise
    return Answer({"Location": f"/{call.bucket}"})


async def head_bucket(service: Service, call: Call) -> Answer:
    """Say whether the bucket is there."""
    return Answer({"BucketRegion": _location(service, call.bucket)})


async def delete_bucket(service: Service, call: Call) -> Answer:
    """Remove an empty bucket."""
    service.objects.delete_bucket(call.bucket)
    return Answer()


async def list_buckets(service: Service, call: Call) -> Answer:
    """The buckets by name, in pages."""
    prefix = call.parameters.get("Prefix", "")
    after = decode_token(call.parameters.get("ContinuationToken"))
    limit = call.parameters.get("MaxBuckets", _PAGE_BUCKETS)
    region = call.parameters.get("BucketRegion")
    found = [
        {"Name": bucket.name, "CreationDate": bucket.created, "BucketRegion": location}
        for bucket in service.objects.index.buckets()
        if bucket.name.startswith(prefix)
        and (after is None or bucket.name > after)
        and (location := _constraint(bucket.configurations)) == (region or location)
    ]
    members = {"Buckets": found[:limit], "Owner": service.owner, "Prefix": prefix or None}
    if len(found) > limit:
        members["ContinuationToken"] = encode_token(str(found[limit - 1]["Name"]))
    return Answer(members)


async def get_bucket_location(service: Service, call: Call) -> Answer:
    """The bucket's region, which is written empty for us-east-1."""
    location = _location(service, call.bucket)
    return Answer(
        {"LocationConstraint": "" if location == _REGION_WITHOUT_CONSTRAINT else location}
    )


def _location(service: Service, bucket: str) -> str:
    return _constraint(service.objects.bucket(bucket).configurations)


def _constraint(configurations: Mapping[str, object]) -> str:
    return str(configurations.get("Location", _REGION_WITHOUT_CONSTRAINT))


OPERATIONS: Mapping[str, Handler] = {
    "CreateBucket": create_bucket,
    "HeadBucket": head_bucket,
    "DeleteBucket": delete_bucket,
    "ListBuckets": list_buckets,
    "GetBucketLocation": get_bucket_location,
}
