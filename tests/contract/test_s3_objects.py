"""Putting, getting and deleting objects through boto3.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

import datetime
import hashlib
import io
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

MEBIBYTE = 1 << 20
FOX = b"The quick brown fox jumps over the lazy dog"
# Source: Wikipedia's article on MD5.
FOX_ETAG = '"9e107d9d372bb6826bd81d3542a419d6"'


@pytest.fixture
def s3(client: Callable[[str], Any]) -> Any:
    return client("s3")


@pytest.fixture
def fox(s3: Any, bucket: str) -> str:
    s3.put_object(Bucket=bucket, Key="fox", Body=FOX)
    return bucket


def code_and_status(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_an_object_comes_back_with_all_that_was_kept_beside_it(s3: Any, bucket: str) -> None:
    put = s3.put_object(
        Bucket=bucket,
        Key="fox",
        Body=FOX,
        ContentType="text/plain",
        ContentEncoding="identity",
        ContentLanguage="en",
        ContentDisposition="attachment; filename=fox.txt",
        CacheControl="max-age=60",
        Metadata={"Animal": "fox"},
        Tagging="kind=pangram&words=9",
    )
    assert put["ETag"] == FOX_ETAG
    got = s3.get_object(Bucket=bucket, Key="fox")
    assert got["Body"].read() == FOX
    assert got["ETag"] == FOX_ETAG
    assert got["ContentLength"] == 43
    assert got["ContentType"] == "text/plain"
    assert got["ContentEncoding"] == "identity"
    assert got["ContentLanguage"] == "en"
    assert got["ContentDisposition"] == "attachment; filename=fox.txt"
    assert got["CacheControl"] == "max-age=60"
    # S3 keeps the names of user metadata in lower case.
    assert got["Metadata"] == {"animal": "fox"}
    assert got["TagCount"] == 2
    assert abs(got["LastModified"] - datetime.datetime.now(datetime.UTC)).total_seconds() < 60


def test_head_says_what_get_says_without_the_content(s3: Any, fox: str) -> None:
    head = s3.head_object(Bucket=fox, Key="fox")
    assert (head["ContentLength"], head["ETag"]) == (43, FOX_ETAG)
    assert head["ContentType"] == "binary/octet-stream"  # what S3 gives if none was named


def test_an_empty_object_is_an_object(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="empty")
    got = s3.get_object(Bucket=bucket, Key="empty")
    assert (got["Body"].read(), got["ContentLength"]) == (b"", 0)
    assert got["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"'  # MD5 of nothing, RFC 1321


def test_a_put_replaces_content_and_metadata(s3: Any, fox: str) -> None:
    s3.put_object(Bucket=fox, Key="fox", Body=b"new", Metadata={"a": "1"})
    s3.put_object(Bucket=fox, Key="fox", Body=b"newer")
    got = s3.get_object(Bucket=fox, Key="fox")
    assert (got["Body"].read(), got["Metadata"]) == (b"newer", {})


# Source: RFC 9110, 14.1.2, for an object of 43 bytes.
@pytest.mark.parametrize(
    ("requested", "content", "content_range"),
    [
        ("bytes=0-0", b"T", "bytes 0-0/43"),
        ("bytes=4-8", b"quick", "bytes 4-8/43"),
        ("bytes=40-", b"dog", "bytes 40-42/43"),
        ("bytes=-3", b"dog", "bytes 40-42/43"),
        ("bytes=40-1000", b"dog", "bytes 40-42/43"),
        ("bytes=-1000", FOX, "bytes 0-42/43"),
    ],
)
def test_a_range_is_answered_with_206(
    s3: Any, fox: str, requested: str, content: bytes, content_range: str
) -> None:
    got = s3.get_object(Bucket=fox, Key="fox", Range=requested)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (got["Body"].read(), got["ContentRange"]) == (content, content_range)


@pytest.mark.parametrize("requested", ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=-"])
def test_a_range_that_cannot_be_read_is_ignored(s3: Any, fox: str, requested: str) -> None:
    got = s3.get_object(Bucket=fox, Key="fox", Range=requested)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert got["Body"].read() == FOX


@pytest.mark.parametrize("requested", ["bytes=43-", "bytes=100-200", "bytes=-0"])
def test_a_range_outside_of_the_object_is_invalid(s3: Any, fox: str, requested: str) -> None:
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=fox, Key="fox", Range=requested)
    assert code_and_status(caught) == ("InvalidRange", 416)


def test_missing_buckets_and_keys_are_named(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="absent")
    assert code_and_status(caught) == ("NoSuchKey", 404)
    assert caught.value.response["Error"]["Key"] == "absent"
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=f"{bucket}-absent"[-63:], Key="key", Body=b"content")
    assert code_and_status(caught) == ("NoSuchBucket", 404)


def test_errors_of_head_have_no_body_and_so_no_code(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError) as caught:
        s3.head_object(Bucket=bucket, Key="absent")
    assert code_and_status(caught) == ("404", 404)


def test_deleting_twice_is_no_error(s3: Any, fox: str) -> None:
    for _ in range(2):
        answer = s3.delete_object(Bucket=fox, Key="fox")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert s3.list_objects_v2(Bucket=fox)["KeyCount"] == 0


def test_many_objects_are_deleted_at_once(s3: Any, bucket: str) -> None:
    for key in ["a", "b/c", "ü & <d>"]:
        s3.put_object(Bucket=bucket, Key=key)
    wanted = [{"Key": key} for key in ["a", "b/c", "ü & <d>", "absent"]]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})
    assert answer["Deleted"] == wanted
    assert "Errors" not in answer
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_quiet_deletion_lists_only_errors(s3: Any, fox: str) -> None:
    wanted = [{"Key": "fox"}, {"Key": "other", "ETag": "0123"}]
    answer = s3.delete_objects(Bucket=fox, Delete={"Objects": wanted, "Quiet": True})
    assert "Deleted" not in answer
    assert [error["Key"] for error in answer["Errors"]] == ["other"]
    assert answer["Errors"][0]["Code"] == "NoSuchKey"


def test_more_than_a_thousand_deletions_are_refused(s3: Any, bucket: str) -> None:
    wanted = [{"Key": str(number)} for number in range(1_001)]
    with pytest.raises(ClientError) as caught:
        s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})
    assert code_and_status(caught) == ("MalformedXML", 400)


@pytest.mark.parametrize(
    ("condition", "code", "status"),
    [
        ({"IfMatch": '"0"'}, "PreconditionFailed", 412),
        ({"IfNoneMatch": FOX_ETAG}, "304", 304),
        ({"IfNoneMatch": "*"}, "304", 304),
        ({"IfModifiedSince": datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)}, "304", 304),
        (
            {"IfUnmodifiedSince": datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)},
            "PreconditionFailed",
            412,
        ),
    ],
)
def test_reads_whose_condition_fails_are_refused(
    s3: Any, fox: str, condition: dict[str, Any], code: str, status: int
) -> None:
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=fox, Key="fox", **condition)
    assert code_and_status(caught) == (code, status)
    with pytest.raises(ClientError) as caught:
        s3.head_object(Bucket=fox, Key="fox", **condition)
    assert code_and_status(caught) == (str(status), status)


@pytest.mark.parametrize(
    "condition",
    [
        {"IfMatch": FOX_ETAG},
        {"IfMatch": f'"0", {FOX_ETAG}'},
        {"IfMatch": "*"},
        {"IfNoneMatch": '"0"'},
        {"IfModifiedSince": datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)},
        {"IfUnmodifiedSince": datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)},
        # RFC 9110, 13.2.2: a true If-Match goes before the date beside it, and so does
        # If-None-Match.
        {
            "IfMatch": FOX_ETAG,
            "IfUnmodifiedSince": datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC),
        },
        {
            "IfNoneMatch": '"0"',
            "IfModifiedSince": datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC),
        },
    ],
)
def test_reads_whose_condition_holds_are_answered(
    s3: Any, fox: str, condition: dict[str, Any]
) -> None:
    assert s3.get_object(Bucket=fox, Key="fox", **condition)["Body"].read() == FOX


def test_a_write_can_be_only_for_a_new_key(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="key", Body=b"first", IfNoneMatch="*")
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="key", Body=b"second", IfNoneMatch="*")
    assert code_and_status(caught) == ("PreconditionFailed", 412)
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"first"


def test_a_write_can_be_only_for_the_object_that_was_read(s3: Any, bucket: str) -> None:
    first = s3.put_object(Bucket=bucket, Key="key", Body=b"first")
    s3.put_object(Bucket=bucket, Key="key", Body=b"second", IfMatch=first["ETag"])
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="key", Body=b"third", IfMatch=first["ETag"])
    assert code_and_status(caught) == ("PreconditionFailed", 412)
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="absent", Body=b"", IfMatch=first["ETag"])
    assert code_and_status(caught) == ("NoSuchKey", 404)


def test_of_many_writers_of_a_new_key_one_wins(s3: Any, bucket: str) -> None:
    won: list[bytes] = []
    lost: list[str] = []

    def write(content: bytes) -> None:
        try:
            s3.put_object(Bucket=bucket, Key="lock", Body=content, IfNoneMatch="*")
            won.append(content)
        except ClientError as error:
            lost.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=write, args=(b"%d" % number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == ["PreconditionFailed"] * 7
    assert s3.get_object(Bucket=bucket, Key="lock")["Body"].read() == won[0]


def test_a_get_can_override_headers_of_its_answer(s3: Any, fox: str) -> None:
    got = s3.get_object(
        Bucket=fox,
        Key="fox",
        ResponseContentType="text/csv",
        ResponseContentDisposition="attachment",
        ResponseCacheControl="no-cache",
    )
    assert got["ContentType"] == "text/csv"
    assert (got["ContentDisposition"], got["CacheControl"]) == ("attachment", "no-cache")


def test_an_override_cannot_smuggle_a_header_in(s3: Any, fox: str) -> None:
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=fox, Key="fox", ResponseContentType="text/csv\r\nSet-Cookie: a=b")
    assert code_and_status(caught) == ("InvalidArgument", 400)


# Keys that paths would mix up, or could not hold. Source: "Naming Amazon S3 objects": any UTF-8
# of up to 1,024 bytes.
@pytest.mark.parametrize(
    "keys",
    [
        ["a", "a/", "a/b", "a//b", "a/b/c"],
        ["../outside", "a/../b", "./a", "..", "/absolute", "//double"],
        ["A", "a", "ü/é", "u\u0308/e\u0301", "日本語", "🦊"],
        ["space key", "plus+key", "percent%2Fkey", "question?key", "hash#key", "a&b=c;d,e"],
        ["k" * 1024, "ü" * 512, "n" * 300],
        ["line\nbreak", "tab\tkey", "carriage\rreturn", "<xml>&\"'"],
    ],
)
def test_awkward_keys_are_safe_and_distinct(s3: Any, bucket: str, keys: list[str]) -> None:
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    for key in keys:
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert listed == sorted(keys, key=lambda key: key.encode())


def test_a_key_that_is_too_long_is_refused(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="ü" * 513, Body=b"")
    assert code_and_status(caught) == ("KeyTooLongError", 400)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_addresses_need_no_credentials(
    s3: Any, fox: str, emulator: Any, version: str
) -> None:
    signer = presigner(emulator.url, version)
    address = signer.generate_presigned_url(
        "get_object",
        Params={"Bucket": fox, "Key": "fox", "ResponseContentType": "text/csv"},
    )
    with urllib.request.urlopen(address) as answer:
        assert (answer.read(), answer.headers["Content-Type"]) == (FOX, "text/csv")
    address = signer.generate_presigned_url("put_object", Params={"Bucket": fox, "Key": "new"})
    request = urllib.request.Request(address, data=b"content", method="PUT")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    assert s3.get_object(Bucket=fox, Key="new")["Body"].read() == b"content"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_addresses_end_at_their_time(fox: str, emulator: Any, version: str) -> None:
    address = presigner(emulator.url, version).generate_presigned_url(
        "get_object", Params={"Bucket": fox, "Key": "fox"}, ExpiresIn=-10
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(address)
    with caught.value as answer:
        body = answer.read()
    if version == "s3":
        assert answer.code == 403
        assert b"<Code>AccessDenied</Code><Message>Request has expired</Message>" in body
    else:  # S3 takes no negative number here
        assert answer.code == 400
        assert b"<Code>AuthorizationQueryParametersError</Code>" in body


def presigner(url: str, version: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(signature_version=version),
    )


def test_the_transfer_manager_moves_a_large_file(s3: Any, bucket: str, tmp_path: Path) -> None:
    content = bytes(range(256)) * (12 * MEBIBYTE // 256)
    (tmp_path / "up").write_bytes(content)
    config = TransferConfig(multipart_threshold=5 * MEBIBYTE, multipart_chunksize=5 * MEBIBYTE)
    s3.upload_file(str(tmp_path / "up"), bucket, "large", Config=config)
    head = s3.head_object(Bucket=bucket, Key="large")
    assert head["ContentLength"] == len(content)
    parts = [content[start : start + 5 * MEBIBYTE] for start in range(0, len(content), 5 << 20)]
    digests = b"".join(hashlib.md5(part).digest() for part in parts)
    assert head["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    s3.download_file(bucket, "large", str(tmp_path / "down"), Config=config)
    assert (tmp_path / "down").read_bytes() == content


def test_a_stream_of_unknown_length_can_be_uploaded(s3: Any, bucket: str) -> None:
    s3.upload_fileobj(io.BytesIO(FOX), bucket, "fox")
    target = io.BytesIO()
    s3.download_fileobj(bucket, "fox", target)
    assert target.getvalue() == FOX


def test_operations_that_are_not_emulated_are_named(s3: Any, fox: str) -> None:
    with pytest.raises(ClientError) as caught:
        s3.select_object_content(
            Bucket=fox,
            Key="fox",
            ExpressionType="SQL",
            Expression="SELECT 1",
            InputSerialization={"CSV": {}},
            OutputSerialization={"CSV": {}},
        )
    assert code_and_status(caught) == ("UnsupportedByEmulator", 400)
    assert "SelectObjectContent" in caught.value.response["Error"]["Message"]


# Source: the user guide's "Controlling ownership of objects and disabling ACLs for your bucket",
# of the setting that every new bucket has.
@pytest.mark.parametrize(
    "members", [{"ACL": "public-read"}, {"GrantRead": "id=0123"}], ids=["canned", "grant"]
)
def test_an_object_takes_no_acl_beside_its_owners(
    s3: Any, bucket: str, members: dict[str, str]
) -> None:
    for call in (
        lambda: s3.put_object(Bucket=bucket, Key="fox", Body=FOX, **members),
        lambda: s3.create_multipart_upload(Bucket=bucket, Key="fox", **members),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert code_and_status(caught) == ("AccessControlListNotSupported", 400)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="fox", Body=FOX, ACL="bucket-owner-full-control")
    assert s3.head_object(Bucket=bucket, Key="fox")["ContentLength"] == 43


def test_an_object_cannot_be_locked_in_a_bucket_without_locks(s3: Any, bucket: str) -> None:
    until = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
    for members in (
        {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until},
        {"ObjectLockLegalHoldStatus": "ON"},
    ):
        with pytest.raises(ClientError) as caught:
            s3.put_object(Bucket=bucket, Key="fox", Body=FOX, **members)
        # Source: the error that AWS answers, e.g. in hashicorp/terraform-provider-aws.
        assert code_and_status(caught) == ("InvalidRequest", 400)
        message = caught.value.response["Error"]["Message"]
        assert message == "Bucket is missing Object Lock Configuration"


def test_a_key_of_the_callers_own_is_not_taken_and_ignored(s3: Any, fox: str) -> None:
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "0" * 32}
    for call in (
        lambda: s3.put_object(Bucket=fox, Key="secret", Body=FOX, **key),
        lambda: s3.get_object(Bucket=fox, Key="fox", **key),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert code_and_status(caught) == ("UnsupportedByEmulator", 400)
        assert "SSE-C" in caught.value.response["Error"]["Message"]


def test_virtual_hosted_addresses_name_the_bucket_in_the_host(fox: str, emulator: Any) -> None:
    for host in [f"{fox}.s3.us-east-1.amazonaws.com", f"{fox}.localhost", f"{fox}.s3.localhost:80"]:
        request = urllib.request.Request(
            f"{emulator.url}/fox",
            headers={
                "Host": host,
                "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/s3/"
                "aws4_request, SignedHeaders=host, Signature=0",
            },
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.read() == FOX
