from typing import Any

import pytest

from emulator.errors import AwsError
from emulator.objects.rest.request import RestRequest, read_request


def read(path: str, host: str = "127.0.0.1:4768", query: str = "") -> RestRequest:
    scope: dict[str, Any] = {
        "method": "GET",
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"Host", host.encode())],
    }
    return read_request(scope)


# Source: "Virtual hosting of general purpose buckets" in the user guide.
@pytest.mark.parametrize(
    ("path", "host", "bucket", "key"),
    [
        ("/", "127.0.0.1:4768", "", ""),
        ("/bucket", "127.0.0.1:4768", "bucket", ""),
        ("/bucket/", "127.0.0.1:4768", "bucket", ""),
        ("/bucket/a/b", "localhost:4768", "bucket", "a/b"),
        ("/bucket//a", "127.0.0.1:4768", "bucket", "/a"),
        ("/bucket/a/../b", "127.0.0.1:4768", "bucket", "a/../b"),
        ("/bucket/a%2Fb%20%25%C3%BC+", "127.0.0.1:4768", "bucket", "a/b %ü+"),
        ("/a/b", "bucket.s3.us-west-2.amazonaws.com", "bucket", "a/b"),
        ("/a", "bucket.s3-us-west-2.amazonaws.com", "bucket", "a"),
        ("/a", "my.dotted.bucket.s3.amazonaws.com", "my.dotted.bucket", "a"),
        ("/a", "bucket.localhost:4768", "bucket", "a"),
        ("/a", "bucket.s3.localhost:4768", "bucket", "a"),
        ("/bucket/a", "s3.us-west-2.amazonaws.com", "bucket", "a"),
        ("/bucket/a", "s3.localhost:4768", "bucket", "a"),
        ("//a", "bucket.localhost", "bucket", "/a"),
    ],
)
def test_bucket_and_key_are_read_from_host_and_path(
    path: str, host: str, bucket: str, key: str
) -> None:
    request = read(path, host)
    assert (request.bucket, request.key) == (bucket, key)


def test_the_query_is_decoded() -> None:
    assert read("/b", query="prefix=a%2Fb&uploads").query == {"prefix": "a/b", "uploads": ""}


def test_a_key_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(AwsError, match="InvalidURI"):
        read("/bucket/%FF")
