"""Buckets and their configurations.

Source: each operation's page in
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def s3(client: Callable[[str], Any]) -> Any:
    return client("s3")


def fault(call: Callable[..., Any], **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_bucket_is_listed_and_found_until_it_is_deleted(
    s3: Any, unique: Callable[[str], str]
) -> None:
    name = unique("bucket")
    assert s3.create_bucket(Bucket=name)["Location"] == f"/{name}"
    listed = s3.list_buckets(Prefix=name)["Buckets"]
    assert [entry["Name"] for entry in listed] == [name]
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    s3.delete_bucket(Bucket=name)
    assert fault(s3.head_bucket, Bucket=name) == ("404", 404)
    assert fault(s3.list_objects_v2, Bucket=name) == ("NoSuchBucket", 404)
    assert fault(s3.delete_bucket, Bucket=name) == ("NoSuchBucket", 404)


def test_buckets_are_listed_in_pages(s3: Any, unique: Callable[[str], str]) -> None:
    stem = unique("paged")
    names = [f"{stem}-{number}" for number in range(5)]
    for name in names:
        s3.create_bucket(Bucket=name)
    pages = s3.get_paginator("list_buckets").paginate(Prefix=stem, PaginationConfig={"PageSize": 2})
    found = [[entry["Name"] for entry in page["Buckets"]] for page in pages]
    assert found == [names[:2], names[2:4], names[4:]]


def test_a_bucket_in_us_east_1_has_no_location_constraint(s3: Any, bucket: str) -> None:
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None


def test_a_bucket_can_name_its_region(s3: Any, unique: Callable[[str], str]) -> None:
    name = unique("bucket")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    # Out of us-east-1 a name that one has already is a fault.
    again = {"LocationConstraint": "eu-west-1"}
    found = fault(s3.create_bucket, Bucket=name, CreateBucketConfiguration=again)
    assert found == ("BucketAlreadyOwnedByYou", 409)


def test_in_us_east_1_making_ones_bucket_again_is_no_fault(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="key", Body=b"content")
    s3.create_bucket(Bucket=bucket)
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"content"


def test_a_bad_name_is_refused(s3: Any) -> None:
    assert fault(s3.create_bucket, Bucket="Bad_Name") == ("InvalidBucketName", 400)


def test_a_bucket_that_is_not_empty_cannot_be_deleted(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="key")
    assert fault(s3.delete_bucket, Bucket=bucket) == ("BucketNotEmpty", 409)


TAGS = {"TagSet": [{"Key": "team", "Value": "ü & <b>"}, {"Key": "stage", "Value": ""}]}
CORS = {
    "CORSRules": [
        {
            "AllowedOrigins": ["https://*.sagemaker.aws"],
            "AllowedMethods": ["GET", "PUT"],
            "AllowedHeaders": ["*"],
            "MaxAgeSeconds": 3000,
        }
    ]
}
LIFECYCLE = {
    "Rules": [
        {
            "ID": "old",
            "Filter": {"Prefix": "logs/"},
            "Status": "Enabled",
            "Expiration": {"Days": 30},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
        }
    ]
}
KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ENCRYPTION = {
    "Rules": [
        {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms",
                "KMSMasterKeyID": "alias/key",
            },
            "BucketKeyEnabled": True,
        }
    ]
}
BLOCK = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": False,
}
OWNERSHIP = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}


# The noun, the parameter of put, what get answers, get's error after the deletion.
@pytest.mark.parametrize(
    ("noun", "parameter", "answer", "absent"),
    [
        ("bucket_tagging", {"Tagging": TAGS}, TAGS, "NoSuchTagSet"),
        ("bucket_cors", {"CORSConfiguration": CORS}, CORS, "NoSuchCORSConfiguration"),
        (
            "public_access_block",
            {"PublicAccessBlockConfiguration": BLOCK},
            {"PublicAccessBlockConfiguration": BLOCK},
            "NoSuchPublicAccessBlockConfiguration",
        ),
        (
            "bucket_ownership_controls",
            {"OwnershipControls": OWNERSHIP},
            {"OwnershipControls": OWNERSHIP},
            "OwnershipControlsNotFoundError",
        ),
    ],
)
def test_a_configuration_is_kept_until_it_is_deleted(
    s3: Any, bucket: str, noun: str, parameter: Any, answer: Any, absent: str
) -> None:
    getattr(s3, f"put_{noun}")(Bucket=bucket, **parameter)
    found = getattr(s3, f"get_{noun}")(Bucket=bucket)
    assert {name: found[name] for name in answer} == answer
    getattr(s3, f"delete_{noun}")(Bucket=bucket)
    assert fault(getattr(s3, f"get_{noun}"), Bucket=bucket) == (absent, 404)


def test_lifecycle_rules_are_kept_until_they_are_deleted(s3: Any, bucket: str) -> None:
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=LIFECYCLE)
    found = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert found["Rules"] == LIFECYCLE["Rules"]
    s3.delete_bucket_lifecycle(Bucket=bucket)
    found = fault(s3.get_bucket_lifecycle_configuration, Bucket=bucket)
    assert found == ("NoSuchLifecycleConfiguration", 404)


def test_a_policy_is_given_back_letter_by_letter(s3: Any, bucket: str) -> None:
    assert fault(s3.get_bucket_policy, Bucket=bucket) == ("NoSuchBucketPolicy", 404)
    policy = json.dumps({"Version": "2012-10-17", "Statement": []}, indent=3)
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == policy
    found = fault(s3.put_bucket_policy, Bucket=bucket, Policy="{no json")
    assert found == ("MalformedPolicy", 400)
    assert fault(s3.put_bucket_policy, Bucket=bucket, Policy="") == (
        "MissingRequestBodyError",
        400,
    )
    s3.delete_bucket_policy(Bucket=bucket)
    assert fault(s3.get_bucket_policy, Bucket=bucket) == ("NoSuchBucketPolicy", 404)


def test_a_new_bucket_is_encrypted_and_blocks_public_access(s3: Any, bucket: str) -> None:
    # Source: "Amazon S3 now automatically encrypts all new objects" (2023-01) and "New buckets
    # have Block Public Access enabled and ACLs disabled" (2023-04).
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_encryption_can_be_changed_and_set_back(s3: Any, bucket: str) -> None:
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=ENCRYPTION)
    found = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    assert found == ENCRYPTION
    s3.delete_bucket_encryption(Bucket=bucket)
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


# Source: "Setting default server-side encryption behavior for Amazon S3 buckets" in the user guide.
def test_new_objects_are_said_to_be_encrypted_as_their_bucket_is(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="before")
    by_kms = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KMS_KEY}
    rule = {"ApplyServerSideEncryptionByDefault": by_kms, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")
    part = s3.upload_part(
        Bucket=bucket, Key="parts", UploadId=upload["UploadId"], PartNumber=1, Body=b"1"
    )
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    answers = [
        s3.put_object(Bucket=bucket, Key="put"),
        upload,
        part,
        s3.complete_multipart_upload(
            Bucket=bucket, Key="parts", UploadId=upload["UploadId"], MultipartUpload=parts
        ),
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/before"),
        *(s3.head_object(Bucket=bucket, Key=key) for key in ("put", "parts", "copy")),
    ]
    for answer in answers:
        assert answer["ServerSideEncryption"] == "aws:kms"
        assert (answer["SSEKMSKeyId"], answer["BucketKeyEnabled"]) == (KMS_KEY, True)
    asked = s3.put_object(Bucket=bucket, Key="asked", ServerSideEncryption="AES256")
    for answer in (asked, *(s3.head_object(Bucket=bucket, Key=key) for key in ("before", "asked"))):
        assert answer["ServerSideEncryption"] == "AES256"
        assert "SSEKMSKeyId" not in answer
    # A copy is encrypted as its own bucket is, not as its source was.
    s3.delete_bucket_encryption(Bucket=bucket)
    copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/put")
    assert copied["ServerSideEncryption"] == "AES256"
    assert "SSEKMSKeyId" not in s3.head_object(Bucket=bucket, Key="copy")


def test_versioning_notification_and_logging_are_empty_until_set(s3: Any, bucket: str) -> None:
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    found = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert found.keys() == {"ResponseMetadata"}
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    logging = {"TargetBucket": bucket, "TargetPrefix": "logs/"}
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": logging})
    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"] == logging


def test_versions_that_only_a_device_may_delete_are_not_promised(s3: Any, bucket: str) -> None:
    enabled = {"Status": "Enabled", "MFADelete": "Enabled"}
    found = fault(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration=enabled)
    assert found == ("UnsupportedByEmulator", 400)
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)


@pytest.mark.parametrize(
    "notification",
    [
        {"EventBridgeConfiguration": {}},
        {
            "LambdaFunctionConfigurations": [
                {
                    "LambdaFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
                    "Events": ["s3:ObjectCreated:*"],
                }
            ]
        },
    ],
)
def test_events_that_would_not_be_sent_are_not_promised(
    s3: Any, bucket: str, notification: dict[str, Any]
) -> None:
    found = fault(
        s3.put_bucket_notification_configuration,
        Bucket=bucket,
        NotificationConfiguration=notification,
    )
    assert found == ("UnsupportedByEmulator", 400)


def test_a_bucket_whose_objects_could_be_locked_is_refused(
    s3: Any, unique: Callable[[str], str]
) -> None:
    found = fault(s3.create_bucket, Bucket=unique("locked"), ObjectLockEnabledForBucket=True)
    assert found == ("UnsupportedByEmulator", 400)


# Source: "Controlling ownership of objects and disabling ACLs for your bucket" in the user guide.
def test_a_new_bucket_takes_no_acl_beside_its_owners(s3: Any, unique: Callable[[str], str]) -> None:
    name = unique("public")
    found = fault(s3.create_bucket, Bucket=name, ACL="public-read")
    assert found == ("InvalidBucketAclWithObjectOwnership", 400)
    assert fault(s3.head_bucket, Bucket=name) == ("404", 404)
    s3.create_bucket(Bucket=name, ACL="private")


def test_the_owner_has_full_control(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="key")
    for acl in [s3.get_bucket_acl(Bucket=bucket), s3.get_object_acl(Bucket=bucket, Key="key")]:
        (grant,) = acl["Grants"]
        assert grant["Permission"] == "FULL_CONTROL"
        assert grant["Grantee"] == {"Type": "CanonicalUser", "ID": acl["Owner"]["ID"]}
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    found = fault(s3.put_bucket_acl, Bucket=bucket, ACL="public-read")
    assert found == ("AccessControlListNotSupported", 400)


def test_a_configuration_of_a_wrong_shape_is_refused(s3: Any, bucket: str) -> None:
    found = fault(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "On"})
    assert found == ("MalformedXML", 400)
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)


def test_object_tags_are_kept_until_deleted(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="key", Body=b"content", Tagging="a=1&b=two%20words")
    found = s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"]
    assert found == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "two words"}]
    tags = {"TagSet": [{"Key": "sagemaker:studio-visibility", "Value": "true"}]}
    s3.put_object_tagging(Bucket=bucket, Key="key", Tagging=tags)
    assert s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"] == tags["TagSet"]
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"content"
    s3.delete_object_tagging(Bucket=bucket, Key="key")
    assert s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"] == []
    assert fault(s3.get_object_tagging, Bucket=bucket, Key="absent") == ("NoSuchKey", 404)


def test_tags_beyond_the_limits_are_refused(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="key")
    eleven = {"TagSet": [{"Key": str(number), "Value": ""} for number in range(11)]}
    found = fault(s3.put_object_tagging, Bucket=bucket, Key="key", Tagging=eleven)
    assert found == ("BadRequest", 400)
    twice = {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}
    found = fault(s3.put_object_tagging, Bucket=bucket, Key="key", Tagging=twice)
    assert found == ("InvalidTag", 400)
