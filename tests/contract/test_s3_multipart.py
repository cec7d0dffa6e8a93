"""Multipart uploads and copies.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

import base64
import hashlib
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

FIVE_MEBIBYTES = 5 << 20  # the least size of a part that is not the last
FIRST = b"a" * FIVE_MEBIBYTES
SECOND = b"b" * 1000


@pytest.fixture
def s3(client: Callable[[str], Any]) -> Any:
    return client("s3")


def fault(call: Callable[..., Any], **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def start(s3: Any, bucket: str, **parameters: Any) -> dict[str, str]:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="large", **parameters)
    return {"Bucket": bucket, "Key": "large", "UploadId": upload["UploadId"]}


def upload_two(s3: Any, upload: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(**upload, PartNumber=number, Body=content)["ETag"],
        }
        for number, content in [(1, FIRST), (2, SECOND)]
    ]


def checksum(*contents: bytes) -> str:
    return base64.b64encode(zlib.crc32(b"".join(contents)).to_bytes(4, "big")).decode()


def test_parts_become_one_object(s3: Any, bucket: str) -> None:
    upload = start(s3, bucket, ContentType="text/plain", Metadata={"a": "1"}, Tagging="k=v")
    parts = upload_two(s3, upload)
    assert fault(s3.get_object, Bucket=bucket, Key="large") == ("NoSuchKey", 404)
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    digests = hashlib.md5(FIRST).digest() + hashlib.md5(SECOND).digest()
    assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'
    got = s3.get_object(Bucket=bucket, Key="large")
    assert got["Body"].read() == FIRST + SECOND
    assert (got["ETag"], got["ContentType"], got["Metadata"], got["TagCount"]) == (
        done["ETag"],
        "text/plain",
        {"a": "1"},
        1,
    )
    found = s3.get_object_attributes(
        Bucket=bucket,
        Key="large",
        ObjectAttributes=["ETag", "ObjectParts", "ObjectSize", "StorageClass"],
    )
    assert f'"{found["ETag"]}"' == done["ETag"]  # the one place where S3 gives it without quotes
    assert found["ObjectParts"]["TotalPartsCount"] == 2
    assert (found["ObjectSize"], found["StorageClass"]) == (FIVE_MEBIBYTES + 1000, "STANDARD")
    part = s3.get_object(Bucket=bucket, Key="large", PartNumber=2)
    assert (part["Body"].read(), part["PartsCount"]) == (SECOND, 2)
    assert fault(s3.get_object, Bucket=bucket, Key="large", PartNumber=3)[1] == 416


def test_completing_again_says_the_same_again(s3: Any, bucket: str) -> None:
    upload = start(s3, bucket)
    listed = {"Parts": upload_two(s3, upload)}
    first = s3.complete_multipart_upload(**upload, MultipartUpload=listed)
    second = s3.complete_multipart_upload(**upload, MultipartUpload=listed)
    assert first["ETag"] == second["ETag"]


def test_only_the_listed_parts_are_used_and_the_last_of_a_number(s3: Any, bucket: str) -> None:
    upload = start(s3, bucket)
    parts = upload_two(s3, upload)
    s3.upload_part(**upload, PartNumber=3, Body=b"not listed")
    newer = s3.upload_part(**upload, PartNumber=2, Body=b"newer")
    found = fault(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": parts})
    assert found == ("InvalidPart", 400)
    parts[1]["ETag"] = newer["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == FIRST + b"newer"


def test_a_list_of_parts_that_is_wrong_is_refused(s3: Any, bucket: str) -> None:
    upload = start(s3, bucket)
    one, two = upload_two(s3, upload)
    three = {"PartNumber": 3, "ETag": '"0"'}
    for parts, code in [
        ([two, one], "InvalidPartOrder"),
        ([one, one], "InvalidPartOrder"),
        ([one, three], "InvalidPart"),
        ([{**one, "ETag": '"0"'}], "InvalidPart"),
        ([], "MalformedXML"),
    ]:
        found = fault(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": parts})
        assert found == (code, 400), parts


def test_a_small_part_can_only_be_the_last(s3: Any, bucket: str) -> None:
    upload = start(s3, bucket)
    parts = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(**upload, PartNumber=number, Body=SECOND)["ETag"],
        }
        for number in (1, 2)
    ]
    found = fault(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": parts})
    assert found == ("EntityTooSmall", 400)


@pytest.mark.parametrize("number", [0, 10_001])
def test_part_numbers_are_1_to_10000(s3: Any, bucket: str, number: int) -> None:
    upload = start(s3, bucket)
    found = fault(s3.upload_part, **upload, PartNumber=number, Body=b"")
    assert found == ("InvalidArgument", 400)


def test_an_aborted_upload_is_gone(s3: Any, bucket: str) -> None:
    upload = start(s3, bucket)
    parts = upload_two(s3, upload)
    s3.abort_multipart_upload(**upload)
    for call, parameters in [
        (s3.upload_part, {"PartNumber": 1, "Body": b""}),
        (s3.list_parts, {}),
        (s3.complete_multipart_upload, {"MultipartUpload": {"Parts": parts}}),
        (s3.abort_multipart_upload, {}),
    ]:
        assert fault(call, **upload, **parameters) == ("NoSuchUpload", 404)
    s3.delete_bucket(Bucket=bucket)


def test_parts_are_listed_in_pages(s3: Any, bucket: str) -> None:
    upload = start(s3, bucket)
    for number in (1, 2, 30):
        s3.upload_part(**upload, PartNumber=number, Body=b"x" * number)
    pages = s3.get_paginator("list_parts").paginate(**upload, PaginationConfig={"PageSize": 2})
    found = [[(part["PartNumber"], part["Size"]) for part in page["Parts"]] for page in pages]
    assert found == [[(1, 1), (2, 2)], [(30, 30)]]


def test_uploads_are_listed_until_they_end(s3: Any, bucket: str) -> None:
    uploads = {
        key: s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        for key in ["a", "b/1", "b/2", "c"]
    }
    listed = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert {entry["Key"]: entry["UploadId"] for entry in listed} == uploads
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [entry["Key"] for entry in rolled["Uploads"]] == ["a", "c"]
    assert rolled["CommonPrefixes"] == [{"Prefix": "b/"}]
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 3}
    )
    found = [[entry["Key"] for entry in page["Uploads"]] for page in pages]
    assert found == [["a", "b/1", "b/2"], ["c"]]
    for key, upload_id in uploads.items():
        s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_checksums_of_parts_make_the_objects(s3: Any, bucket: str, kind: str) -> None:
    upload = start(s3, bucket, ChecksumAlgorithm="CRC32", ChecksumType=kind)
    parts = [
        {
            "PartNumber": number,
            "ETag": answer["ETag"],
            "ChecksumCRC32": answer["ChecksumCRC32"],
        }
        for number, content in [(1, FIRST), (2, SECOND)]
        for answer in [s3.upload_part(**upload, PartNumber=number, Body=content)]
    ]
    assert [part["ChecksumCRC32"] for part in parts] == [checksum(FIRST), checksum(SECOND)]
    wrong = [{**parts[0], "ChecksumCRC32": checksum(b"")}, parts[1]]
    found = fault(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": wrong})
    assert found == ("InvalidPart", 400)
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    digests = b"".join(base64.b64decode(part["ChecksumCRC32"]) for part in parts)
    expected = checksum(FIRST, SECOND) if kind == "FULL_OBJECT" else f"{checksum(digests)}-2"
    assert (done["ChecksumCRC32"], done["ChecksumType"]) == (expected, kind)
    head = s3.head_object(Bucket=bucket, Key="large", ChecksumMode="ENABLED")
    assert (head["ChecksumCRC32"], head["ChecksumType"]) == (expected, kind)


def test_completing_can_be_only_for_a_new_key(s3: Any, bucket: str) -> None:
    upload = start(s3, bucket)
    listed = {"Parts": upload_two(s3, upload)}
    s3.put_object(Bucket=bucket, Key="large", Body=b"was here first")
    found = fault(s3.complete_multipart_upload, **upload, MultipartUpload=listed, IfNoneMatch="*")
    assert found == ("PreconditionFailed", 412)
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == b"was here first"
    s3.complete_multipart_upload(**upload, MultipartUpload=listed)


def test_a_copy_takes_content_metadata_and_tags(s3: Any, bucket: str) -> None:
    s3.put_object(
        Bucket=bucket,
        Key="ü & source",
        Body=b"content",
        ContentType="text/plain",
        Metadata={"a": "1"},
        Tagging="k=v",
    )
    source = {"Bucket": bucket, "Key": "ü & source"}
    copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    s3.delete_object(**source)
    got = s3.get_object(Bucket=bucket, Key="copy")
    assert got["Body"].read() == b"content"
    assert (got["ContentType"], got["Metadata"], got["TagCount"]) == ("text/plain", {"a": "1"}, 1)
    assert got["ETag"] == copied["CopyObjectResult"]["ETag"]
    assert got["ETag"] == f'"{hashlib.md5(b"content").hexdigest()}"'


def test_a_copy_can_replace_metadata_and_tags(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="key", Body=b"content", Metadata={"a": "1"}, Tagging="k=v")
    source = {"Bucket": bucket, "Key": "key"}
    found = fault(s3.copy_object, Bucket=bucket, Key="key", CopySource=source)
    assert found == ("InvalidRequest", 400)  # onto itself, with nothing changed
    s3.copy_object(
        Bucket=bucket,
        Key="key",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"b": "2"},
        ContentType="text/csv",
        TaggingDirective="REPLACE",
        Tagging="l=w",
    )
    got = s3.get_object(Bucket=bucket, Key="key")
    assert got["Body"].read() == b"content"
    assert (got["ContentType"], got["Metadata"]) == ("text/csv", {"b": "2"})
    tags = s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"]
    assert tags == [{"Key": "l", "Value": "w"}]


def test_the_copy_of_a_multipart_object_has_the_md5_of_its_content(s3: Any, bucket: str) -> None:
    upload = start(s3, bucket)
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": upload_two(s3, upload)})
    source = {"Bucket": bucket, "Key": "large"}
    copied = s3.copy_object(
        Bucket=bucket, Key="copy", CopySource=source, ChecksumAlgorithm="CRC32"
    )["CopyObjectResult"]
    assert copied["ETag"] == f'"{hashlib.md5(FIRST + SECOND).hexdigest()}"'
    assert copied["ChecksumCRC32"] == checksum(FIRST, SECOND)


def test_a_copy_can_depend_on_its_source(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="key", Body=b"content")["ETag"]
    source = {"Bucket": bucket, "Key": "key"}
    for condition in [{"CopySourceIfMatch": '"0"'}, {"CopySourceIfNoneMatch": etag}]:
        found = fault(s3.copy_object, Bucket=bucket, Key="copy", CopySource=source, **condition)
        assert found == ("PreconditionFailed", 412)
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfMatch=etag)
    absent = {"Bucket": bucket, "Key": "absent"}
    found = fault(s3.copy_object, Bucket=bucket, Key="copy", CopySource=absent)
    assert found == ("NoSuchKey", 404)


def test_parts_can_be_copied_from_ranges_of_objects(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=FIRST + SECOND)
    source = {"Bucket": bucket, "Key": "source"}
    upload = start(s3, bucket)
    ranges = [f"bytes=0-{FIVE_MEBIBYTES - 1}", f"bytes={FIVE_MEBIBYTES}-{FIVE_MEBIBYTES + 999}"]
    parts = [
        {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}
        for number, wanted in enumerate(ranges, 1)
        for answer in [
            s3.upload_part_copy(
                **upload, PartNumber=number, CopySource=source, CopySourceRange=wanted
            )
        ]
    ]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == FIRST + SECOND
    found = fault(
        s3.upload_part_copy,
        **start(s3, bucket),
        PartNumber=1,
        CopySource=source,
        CopySourceRange="bytes=0-99999999",
    )
    assert found == ("InvalidArgument", 400)
