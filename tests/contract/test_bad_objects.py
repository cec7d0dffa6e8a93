"""Requests to S3 that make no sense: S3's own errors, and nothing kept."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.wire import Wire


def error_of(call: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("members", "code", "named"),
    [
        ({"StorageClass": "CHEAP"}, "InvalidStorageClass", "'CHEAP'; the values are: STANDARD, "),
        ({"ServerSideEncryption": "rot13"}, "InvalidEncryptionAlgorithmError", "'rot13'; "),
        ({"ACL": "everyone"}, "InvalidArgument", "Got 'everyone'; the values are: private, "),
        ({"Metadata": {"a": "x" * 2_048}}, "MetadataTooLarge", "metadata headers exceed"),
        ({"Tagging": "a=1&a=2"}, "InvalidTag", "multiple Tags with the same key"),
        ({"ContentMD5": "nonsense"}, "InvalidDigest", "Content-MD5"),
        ({"ContentMD5": "ünsinn=="}, "InvalidDigest", "Content-MD5"),
        ({"Key": "k" * 1_025}, "KeyTooLongError", "too long"),
    ],
)
def test_an_object_with_a_bad_header_is_not_kept(
    client: Any, bucket: str, members: dict[str, Any], code: str, named: str
) -> None:
    """Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""
    s3 = client("s3")

    found = error_of(s3.put_object, **{"Bucket": bucket, "Key": "k", "Body": b"1"} | members)

    assert found[0] == code
    assert named in found[1]
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_listings_with_negative_limits_are_refused(client: Any, bucket: str) -> None:
    s3 = client("s3")
    assert error_of(s3.list_objects_v2, Bucket=bucket, MaxKeys=-1)[0] == "InvalidArgument"
    assert error_of(s3.list_multipart_uploads, Bucket=bucket, MaxUploads=-1)[0] == "InvalidArgument"
    assert error_of(s3.list_objects_v2, Bucket=bucket, EncodingType="rot13") == (
        "InvalidArgument",
        "Invalid Encoding Method specified in Request. Got 'rot13'; the values are: url.",
    )


def test_paths_that_lead_out_of_the_data_stay_keys(emulator: Any, client: Any, bucket: str) -> None:
    """As raw bytes, because boto3 encodes what it sends."""
    before = sorted(path.name for path in emulator.data_dir.parent.iterdir())
    keys = ["../../../outside", "..", ".", "a//b", "a/../../../../outside", "a\0b", "\n", "%2e%2e"]
    for key in keys:
        client("s3").put_object(Bucket=bucket, Key=key, Body=key.encode())

    found = client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert sorted(item["Key"] for item in found) == sorted(keys)
    for key in keys:
        content = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        assert content == key.encode()
    assert sorted(path.name for path in emulator.data_dir.parent.iterdir()) == before


def test_ten_thousand_deletions_and_deep_documents_are_refused(
    emulator: Any, client: Any, bucket: str
) -> None:
    client("s3").put_object(Bucket=bucket, Key="k", Body=b"1")
    many = [{"Key": "k"}] * 10_000
    code, _ = error_of(client("s3").delete_objects, Bucket=bucket, Delete={"Objects": many})
    assert code == "MalformedXML"
    connection = Wire(emulator.url)
    for body in (b"<Delete>" * 100_000, b"<!DOCTYPE a><Delete/>", b"\xff\xfe<", b""):
        status, content = connection.post_xml(body, f"/{bucket}/?delete")
        assert status == 400
        assert b"<Code>MalformedXML" in content or b"<Code>MissingRequestBody" in content
    connection.close()
    assert client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1
