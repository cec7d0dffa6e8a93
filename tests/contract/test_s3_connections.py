"""S3 on the level of HTTP: what clients of other languages rely on."""

import http.client
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


@pytest.fixture
def connection(emulator: Any) -> Iterator[socket.socket]:
    address = urlsplit(emulator.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as opened:
        yield opened


def send_head(connection: socket.socket, path: str, size_bytes: int) -> None:
    lines = [
        f"PUT {path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: {AUTHORIZATION}",
        f"Content-Length: {size_bytes}",
        "Expect: 100-continue",
    ]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())


def read_status(connection: socket.socket) -> int:
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer.status


def test_a_client_that_asks_first_is_told_to_go_on(
    connection: socket.socket, emulator: Any, bucket: str
) -> None:
    send_head(connection, f"/{bucket}/key", 7)
    assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue")
    connection.sendall(b"content")
    assert read_status(connection) == 200
    got = emulator.client("s3").get_object(Bucket=bucket, Key="key")
    assert got["Body"].read() == b"content"


def test_a_client_that_asks_first_is_told_of_a_fault_before_it_sends(
    connection: socket.socket,
) -> None:
    send_head(connection, "/absent-bucket/key", 100_000_000)
    assert read_status(connection) == 404
    assert connection.recv(1) == b""  # closed: the body may come or not


def test_a_connection_goes_on_after_a_fault(emulator: Any, bucket: str) -> None:
    opened = http.client.HTTPConnection(urlsplit(emulator.url).netloc, timeout=30)
    headers = {"Authorization": AUTHORIZATION}
    for path, status in [("/absent-bucket/key", 404), (f"/{bucket}/key", 200)]:
        opened.request("PUT", path, b"x" * 300_000, headers)
        answer = opened.getresponse()
        answer.read()
        assert answer.status == status
    opened.close()


def test_an_object_that_is_replaced_while_it_is_read_is_read_to_its_end(
    emulator: Any, bucket: str
) -> None:
    s3 = emulator.client("s3")
    size_bytes = 20_000_000  # more than any buffer between
    s3.put_object(Bucket=bucket, Key="key", Body=b"a" * size_bytes)
    body = s3.get_object(Bucket=bucket, Key="key")["Body"]
    first = body.read(10)
    s3.put_object(Bucket=bucket, Key="key", Body=b"new")
    assert first + body.read() == b"a" * size_bytes
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"new"


def test_another_expected_owner_is_denied(emulator: Any, bucket: str) -> None:
    s3 = emulator.client("s3")
    s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner="123456789012")
    with pytest.raises(ClientError) as caught:
        s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner="210987654321")
    response = caught.value.response
    assert response["Error"]["Code"] == "AccessDenied"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
