"""Checksums that clients send with their content, in headers and behind aws-chunked bodies.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

import base64
import hashlib
import http.client
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

# The check values of the catalogue of parametrised CRC algorithms (reveng.sourceforge.io) and of
# FIPS 180's implementations, all of the nine digits.
DIGITS = b"123456789"
CHECKSUMS = {
    "CRC32": "cbf43926",
    "CRC32C": "e3069283",
    "CRC64NVME": "ae8b14860a799888",
    "SHA1": "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
    "SHA256": "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
}


def encoded(algorithm: str) -> str:
    return base64.b64encode(bytes.fromhex(CHECKSUMS[algorithm])).decode()


@pytest.fixture
def s3(client: Callable[[str], Any]) -> Any:
    return client("s3")


@pytest.fixture
def put(emulator: Any, bucket: str) -> Callable[..., tuple[int, str]]:
    """PUT a body as it is, with these headers; gives the status and the error's code."""

    def send(body: bytes, headers: dict[str, str], key: str = "key") -> tuple[int, str]:
        connection = http.client.HTTPConnection(urlsplit(emulator.url).netloc, timeout=30)
        signature = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/s3/aws4_request"
        connection.request(
            "PUT",
            f"/{bucket}/{key}",
            body,
            {"Authorization": f"{signature}, SignedHeaders=host, Signature=0", **headers},
        )
        answer = connection.getresponse()
        code = re.search(r"<Code>(\w+)</Code>", answer.read().decode())
        connection.close()
        return answer.status, code[1] if code else ""

    return send


def chunked(*lines: bytes) -> bytes:
    return b"\r\n".join(lines)


@pytest.mark.parametrize("algorithm", CHECKSUMS)
def test_a_right_checksum_is_kept_and_given_back(s3: Any, bucket: str, algorithm: str) -> None:
    member = f"Checksum{algorithm}"
    put = s3.put_object(Bucket=bucket, Key="digits", Body=DIGITS, **{member: encoded(algorithm)})
    assert put[member] == encoded(algorithm)
    head = s3.head_object(Bucket=bucket, Key="digits", ChecksumMode="ENABLED")
    assert (head[member], head["ChecksumType"]) == (encoded(algorithm), "FULL_OBJECT")
    assert member not in s3.head_object(Bucket=bucket, Key="digits")


@pytest.mark.parametrize("algorithm", CHECKSUMS)
def test_a_wrong_checksum_is_refused_and_nothing_is_kept(
    s3: Any, bucket: str, algorithm: str
) -> None:
    with pytest.raises(ClientError) as caught:
        s3.put_object(
            Bucket=bucket,
            Key="digits",
            Body=b"other content",
            **{f"Checksum{algorithm}": encoded(algorithm)},
        )
    assert caught.value.response["Error"]["Code"] == "BadDigest"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_boto3s_default_checksum_is_kept(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="digits", Body=DIGITS)
    got = s3.get_object(Bucket=bucket, Key="digits", ChecksumMode="ENABLED")
    assert got["ChecksumCRC32"] == encoded("CRC32")


def test_content_md5_is_verified(s3: Any, bucket: str) -> None:
    right = base64.b64encode(hashlib.md5(DIGITS).digest()).decode()
    s3.put_object(Bucket=bucket, Key="digits", Body=DIGITS, ContentMD5=right)
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="digits", Body=b"other", ContentMD5=right)
    assert caught.value.response["Error"]["Code"] == "BadDigest"
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="digits", Body=b"other", ContentMD5="bm9uc2Vuc2U=")
    assert caught.value.response["Error"]["Code"] == "InvalidDigest"
    assert s3.get_object(Bucket=bucket, Key="digits")["Body"].read() == DIGITS


def test_the_signed_hash_of_the_content_is_verified(
    s3: Any, bucket: str, put: Callable[..., tuple[int, str]]
) -> None:
    declared = {"x-amz-content-sha256": CHECKSUMS["SHA256"]}
    assert put(DIGITS, declared) == (200, "")
    assert put(b"other", declared) == (400, "XAmzContentSHA256Mismatch")
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == DIGITS


def test_a_chunked_body_with_a_trailing_checksum_is_decoded(
    s3: Any, bucket: str, put: Callable[..., tuple[int, str]]
) -> None:
    body = chunked(b"4", b"1234", b"5", b"56789", b"0", b"x-amz-checksum-crc32:y/Q5Jg==", b"", b"")
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "9",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "Content-Encoding": "aws-chunked",
    }
    assert put(body, headers) == (200, "")
    got = s3.get_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    assert (got["Body"].read(), got["ChecksumCRC32"]) == (DIGITS, encoded("CRC32"))
    assert "ContentEncoding" not in got


def test_a_wrong_trailing_checksum_is_refused(
    s3: Any, bucket: str, put: Callable[..., tuple[int, str]]
) -> None:
    body = chunked(b"5", b"other", b"0", b"x-amz-checksum-crc32:y/Q5Jg==", b"", b"")
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "5",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    assert put(body, headers) == (400, "BadDigest")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_signed_chunks_are_decoded_across_the_borders_of_packets(
    s3: Any, bucket: str, put: Callable[..., tuple[int, str]]
) -> None:
    # Source: the example of "Signature calculations for the Authorization header: transferring
    # payload in multiple chunks": 65,536 and 1,024 letters a.
    signature = b";chunk-signature=" + b"0" * 64
    body = chunked(
        b"10000" + signature,
        b"a" * 65536,
        b"400" + signature,
        b"a" * 1024,
        b"0" + signature,
        b"",
        b"",
    )
    headers = {
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "x-amz-decoded-content-length": "66560",
        "Content-Encoding": "aws-chunked,gzip",
    }
    assert put(body, headers) == (200, "")
    got = s3.get_object(Bucket=bucket, Key="key")
    assert (got["Body"].read(), got["ContentEncoding"]) == (b"a" * 66560, "gzip")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (chunked(b"9", b"123456789"), "IncompleteBody"),
        (chunked(b"9", b"123456789", b"0", b"", b""), "IncompleteBody"),
        (chunked(b"nonsense", b"123456789", b"0", b"", b""), "InvalidChunkSizeError"),
        (chunked(b"2", b"123456789", b"0", b"", b""), "InvalidChunkSizeError"),
    ],
)
def test_a_broken_chunked_body_is_refused(
    s3: Any, bucket: str, put: Callable[..., tuple[int, str]], body: bytes, code: str
) -> None:
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "10",
    }
    assert put(body, headers) == (400, code)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_body_of_unknown_length_is_refused(put: Callable[..., tuple[int, str]]) -> None:
    chunks: Any = iter([b"content"])  # http.client then sends Transfer-Encoding: chunked
    assert put(chunks, {}) == (411, "MissingContentLength")
