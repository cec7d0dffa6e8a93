"""Conditional requests: If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
"""

from collections.abc import Mapping
from typing import Any

from emulator.errors import AwsError
from emulator.objects.records import ObjectInfo, StoredObject
from emulator.objects.storage import Condition


def check_read(info: ObjectInfo, parameters: Mapping[str, Any], prefix: str = "") -> None:
    """Refuse to read an object that is not as the conditions want it.

    ``prefix`` is "CopySource" for the source of a copy.

    Raises:
        AwsError: PreconditionFailed (412); NotModified (304; 412 for the source of a copy).
    """
    modified = int(info.last_modified)
    match = parameters.get(f"{prefix}IfMatch")
    unmodified_since = parameters.get(f"{prefix}IfUnmodifiedSince")
    if match is not None:
        # A match wins over the date beside it. Source: RFC 9110, 13.2.2.
        if not is_match(match, info.etag):
            raise _failed("If-Match")
    elif unmodified_since is not None and modified > unmodified_since:
        raise _failed("If-Unmodified-Since")
    none_match = parameters.get(f"{prefix}IfNoneMatch")
    modified_since = parameters.get(f"{prefix}IfModifiedSince")
    if none_match is not None:
        if is_match(none_match, info.etag):
            raise _failed("If-None-Match") if prefix else _not_modified(info)
    elif modified_since is not None and modified <= modified_since:
        raise _failed("If-Modified-Since") if prefix else _not_modified(info)


def write_condition(parameters: Mapping[str, Any], key: str) -> Condition | None:
    """What must hold at the moment of a write, if the request says anything.

    Raises:
        AwsError: InvalidArgument, for an If-None-Match other than ``*``.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    match, none_match = parameters.get("IfMatch"), parameters.get("IfNoneMatch")
    if none_match not in (None, "*"):
        raise AwsError(
            "InvalidArgument", "If-None-Match takes only * when an object is written.", 400
        )
    if match is None and none_match is None:
        return None

    def check(stored: StoredObject | None) -> None:
        if none_match and stored:
            raise _failed("If-None-Match")
        if match is not None and stored is None:
            raise AwsError("NoSuchKey", "The specified key does not exist.", 404, Key=key)
        if match is not None and stored and not is_match(match, stored.info.etag):
            raise _failed("If-Match")

    return check


def is_match(header: str, etag: str) -> bool:
    """Whether an ETag is among those of a header."""
    candidates = (value.strip().removeprefix("W/").strip('"') for value in header.split(","))
    return any(value in ("*", etag) for value in candidates)


def _failed(condition: str) -> AwsError:
    return AwsError(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        412,
        Condition=condition,
    )


def _not_modified(info: ObjectInfo) -> AwsError:
    return AwsError("NotModified", "Not Modified", 304, ETag=f'"{info.etag}"')
