"""Addresses of objects in S3, of AWS's forms and of the emulator's own.

Source: "Methods for accessing a general purpose bucket" of the S3 user guide.
"""

import re
from urllib.parse import unquote, urlsplit

from emulator.context import Context

# s3.amazonaws.com, s3.us-east-1.amazonaws.com, s3-us-west-2.amazonaws.com and dual-stack forms.
_PATH_STYLE = re.compile(r"s3([.-][a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
_HOST_STYLE = re.compile(rf"(?P<bucket>.+?)\.{_PATH_STYLE.pattern}")
_LOCAL_NAMES = ("127.0.0.1", "localhost")


def bucket_and_key(context: Context, url: str) -> tuple[str, str] | None:
    """The bucket and the key that a URL names; None if it is no URL of an object in S3."""
    parts = urlsplit(url)
    host, path = parts.netloc.lower(), unquote(parts.path.lstrip("/"))
    by_host = _HOST_STYLE.fullmatch(host)
    if parts.scheme == "https" and by_host and path:
        return by_host["bucket"], path
    ours = urlsplit(context.settings.endpoint_url)
    is_ours = parts.hostname in _LOCAL_NAMES and (parts.scheme, parts.port) == (
        ours.scheme,
        ours.port,
    )
    is_path_style = parts.scheme == "https" and _PATH_STYLE.fullmatch(host)
    bucket, _, key = path.partition("/")
    return (bucket, key) if (is_ours or is_path_style) and bucket and key else None


def expected(context: Context) -> str:
    """What such a URL looks like, for whoever gave another one."""
    return (
        f"https://BUCKET.s3.REGION.amazonaws.com/KEY, or {context.settings.endpoint_url}/BUCKET/KEY"
    )
