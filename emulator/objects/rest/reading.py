"""GetObject and HeadObject."""

import re
from collections.abc import Mapping
from typing import Any

from emulator.errors import AwsError
from emulator.objects.records import NULL_VERSION, StoredObject
from emulator.objects.rest.call import Answer, Call, FileRange, Handler, Service
from emulator.objects.rest.conditions import check_read, is_match
from emulator.objects.rest.encryption import DEFAULT_ALGORITHM

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_OVERRIDES = {
    "ResponseCacheControl": "CacheControl",
    "ResponseContentDisposition": "ContentDisposition",
    "ResponseContentEncoding": "ContentEncoding",
    "ResponseContentLanguage": "ContentLanguage",
    "ResponseContentType": "ContentType",
    "ResponseExpires": "Expires",
}
_Range = tuple[int, int]


async def get_object(service: Service, call: Call) -> Answer:
    """The object's content, or a range of it."""
    version_id = call.parameters.get("VersionId")
    stored, file = service.objects.open(call.bucket, call.key, version_id)
    try:
        answer, (offset, size_bytes) = _describe(stored, call)
    except BaseException:
        file.close()
        raise
    return Answer(answer.members, answer.status, FileRange(file, offset, size_bytes))


async def head_object(service: Service, call: Call) -> Answer:
    """All that GetObject says beside the content."""
    version_id = call.parameters.get("VersionId")
    return _describe(service.objects.find(call.bucket, call.key, version_id), call)[0]


def version_member(stored: StoredObject) -> dict[str, str]:
    """The id of an object that was put while its bucket had versions."""
    is_null = stored.version_id == NULL_VERSION
    return {} if is_null else {"VersionId": stored.version_id}


def _describe(stored: StoredObject, call: Call) -> tuple[Answer, _Range]:
    check_read(stored.info, call.parameters)
    whole = (0, stored.info.size_bytes)
    wanted = _wanted_range(stored, call)
    offset, size_bytes = wanted or whole
    members = _members(stored, call.parameters, is_whole=wanted is None)
    members["ContentLength"] = size_bytes
    if wanted is not None:
        last = offset + size_bytes - 1
        members["ContentRange"] = f"bytes {offset}-{last}/{stored.info.size_bytes}"
    return Answer(members, 200 if wanted is None else 206), (offset, size_bytes)


def _members(
    stored: StoredObject, parameters: Mapping[str, Any], *, is_whole: bool
) -> dict[str, Any]:
    attributes = stored.attributes
    members: dict[str, Any] = {
        "AcceptRanges": "bytes",
        "LastModified": stored.info.last_modified,
        "ETag": f'"{stored.info.etag}"',
        "ContentType": "binary/octet-stream",
        "ServerSideEncryption": DEFAULT_ALGORITHM,
        **attributes.headers,
        "Metadata": attributes.metadata,
        **version_member(stored),
    }
    if attributes.tags:
        members["TagCount"] = len(attributes.tags)
    if parameters.get("ChecksumMode") == "ENABLED" and is_whole and attributes.checksums:
        members |= {f"Checksum{name}": text for name, text in attributes.checksums.items()}
        members["ChecksumType"] = attributes.checksum_type
    if "PartNumber" in parameters and attributes.part_sizes:
        members["PartsCount"] = len(attributes.part_sizes)
    return members | _overrides(parameters)


def _overrides(parameters: Mapping[str, Any]) -> dict[str, str]:
    found = {name: parameters[given] for given, name in _OVERRIDES.items() if given in parameters}
    for name, text in found.items():
        if not text.isprintable():  # a line break would begin a header of the caller's own
            raise AwsError(
                "InvalidArgument",
                f"The value of {name} to answer with has characters that no header can have.",
                ArgumentName=name,
            )
    return found


def _wanted_range(stored: StoredObject, call: Call) -> _Range | None:
    header = call.parameters.get("Range")
    if "PartNumber" in call.parameters:
        if header:
            raise AwsError(
                "InvalidRequest",
                "Cannot specify both Range header and partNumber query parameter",
            )
        return _part_range(stored, call.parameters["PartNumber"])
    if_range = call.headers.get("if-range")
    if header is None or (if_range and not is_match(if_range, stored.info.etag)):
        return None
    return parse_range(header, stored.info.size_bytes)


def parse_range(header: str, size_bytes: int) -> _Range | None:
    """Offset and size of a Range header; None for one that is to be ignored.

    Raises:
        AwsError: InvalidRange.

    Source: RFC 9110, 14.2: what cannot be read as one range is ignored.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        first = int(match[1])
        last = min(int(match[2]), size_bytes - 1) if match[2] else size_bytes - 1
        if match[2] and int(match[2]) < first:
            return None
    else:
        first, last = max(0, size_bytes - int(match[2])), size_bytes - 1
    if first >= size_bytes or (not match[1] and int(match[2]) == 0):
        raise AwsError(
            "InvalidRange",
            "The requested range is not satisfiable",
            416,
            RangeRequested=header,
            ActualObjectSize=size_bytes,
        )
    return first, last - first + 1


def _part_range(stored: StoredObject, number: int) -> _Range:
    sizes = stored.attributes.part_sizes or (stored.info.size_bytes,)
    if not 1 <= number <= len(sizes):
        raise AwsError("InvalidPartNumber", "The requested partnumber is not satisfiable", 416)
    return sum(sizes[: number - 1]), sizes[number - 1]


OPERATIONS: Mapping[str, Handler] = {
    "GetObject": get_object,
    "HeadObject": head_object,
}
