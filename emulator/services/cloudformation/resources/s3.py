"""S3: buckets and their policies."""

from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.resources.provider import Naming, Provider, Work, by_name
from emulator.services.cloudformation.resources.s3_configurations import (
    CONFIGURATIONS,
    Configuration,
)


def _create_bucket(work: Work) -> str:
    region = work.context.settings.region
    place = {} if region == "us-east-1" else {"LocationConstraint": region}
    work.call("s3", "CreateBucket", Bucket=work.name, CreateBucketConfiguration=place or None)
    work.made(work.name)
    for name, configuration in CONFIGURATIONS.items():
        if name in work.properties:
            _put(work, work.name, configuration, work.properties[name])
    _tag(work, work.name)
    return work.name


def _put(work: Work, bucket: str, configuration: Configuration, value: Any) -> None:
    translated = configuration.translated(value)
    work.call("s3", configuration.put, Bucket=bucket, **{configuration.member: translated})


def _tag(work: Work, bucket: str) -> None:
    work.call("s3", "PutBucketTagging", Bucket=bucket, Tagging={"TagSet": work.tag_list()})


def _update_bucket(work: Work) -> None:
    bucket = work.physical_id
    for name, configuration in CONFIGURATIONS.items():
        if not work.has_changed(name):
            continue
        if name in work.properties:
            _put(work, bucket, configuration, work.properties[name])
        elif configuration.delete is not None:
            work.call("s3", configuration.delete, Bucket=bucket)
        else:
            _put(work, bucket, configuration, _EMPTY.get(name, {}))
    _tag(work, bucket)


def _delete_bucket(work: Work) -> None:
    work.call("s3", "DeleteBucket", Bucket=work.physical_id)


def _bucket_attributes(work: Work) -> Mapping[str, Any]:
    name, region = work.physical_id, work.context.settings.region
    work.call("s3", "HeadBucket", Bucket=name)
    return {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "DualStackDomainName": f"{name}.s3.dualstack.{region}.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "WebsiteURL": f"http://{name}.s3-website-{region}.amazonaws.com",
    }


def _put_policy(work: Work) -> None:
    work.call(
        "s3",
        "PutBucketPolicy",
        Bucket=work.properties["Bucket"],
        Policy=work.properties["PolicyDocument"],
    )


def _create_policy(work: Work) -> str:
    _put_policy(work)
    return str(work.properties["Bucket"])


def _delete_policy(work: Work) -> None:
    work.call("s3", "DeleteBucketPolicy", Bucket=work.properties["Bucket"])


# S3 has no operation that takes versioning away.
_EMPTY: Mapping[str, Mapping[str, str]] = {"VersioningConfiguration": {"Status": "Suspended"}}

PROVIDERS: Mapping[str, Provider] = {
    "AWS::S3::Bucket": Provider(
        properties=frozenset({"BucketName", "Tags", *CONFIGURATIONS}),
        create=_create_bucket,
        update=_update_bucket,
        delete=_delete_bucket,
        attributes=_bucket_attributes,
        naming=Naming("BucketName", 63, is_lower=True),
        identity=by_name,
    ),
    "AWS::S3::BucketPolicy": Provider(
        properties=frozenset({"Bucket", "PolicyDocument"}),
        create=_create_policy,
        update=_put_policy,
        delete=_delete_policy,
    ),
}
