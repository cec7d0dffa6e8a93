"""An HTTP request to S3: bucket and key from a path-style or a virtual-hosted address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from emulator.errors import AwsError

# bucket.s3.amazonaws.com, bucket.s3-us-west-2.amazonaws.com, bucket.s3.localhost, bucket.localhost
_VIRTUAL_HOST = re.compile(r"(?P<bucket>.+?)\.(?:s3[.-].*|localhost)(?::\d+)?", re.IGNORECASE)
_NO_BUCKET = re.compile(r"s3(?:[.-].*)?", re.IGNORECASE)


@dataclass(frozen=True)
class RestRequest:
    """What an HTTP request asks, before its operation is known.

    Attributes:
        bucket: Empty for a request to the service.
        key: Empty for a request to a bucket.
        query: Decoded, the last of a repeated name.
        headers: By their name in lower case.
    """

    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


def read_request(scope: Mapping[str, Any]) -> RestRequest:
    """The request of an ASGI scope.

    Raises:
        AwsError: InvalidURI.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    path = scope["raw_path"].partition(b"?")[0].removeprefix(b"/")
    bucket = _virtual_host_bucket(headers.get("host", ""))
    if bucket is None:
        encoded_bucket, _, path = path.partition(b"/")
        bucket = _decode(encoded_bucket)
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return RestRequest(scope["method"].upper(), bucket, _decode(path), query, headers)


def _virtual_host_bucket(host: str) -> str | None:
    match = _VIRTUAL_HOST.fullmatch(host)
    return match["bucket"] if match and not _NO_BUCKET.fullmatch(match["bucket"]) else None


def _decode(encoded: bytes) -> str:
    try:
        return unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError as error:
        raise AwsError(
            "InvalidURI",
            f"Couldn't parse the specified URI: {encoded!r} is not UTF-8.",
        ) from error
