"""ListObjectsV2 and ListObjects."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from emulator.errors import AwsError
from emulator.objects.records import ObjectInfo
from emulator.objects.rest.call import Answer, Call, Handler, Service
from emulator.objects.storage import Objects

_PAGE_KEYS = 1000
# With a delimiter few of a batch's keys may be needed, since the first can lead beyond the others.
_FIRST_BATCH = 8


@dataclass(frozen=True)
class Page:
    """A page of keys and of common prefixes; ``last`` is where the next page goes on."""

    objects: list[ObjectInfo]
    prefixes: list[str]
    last: str | None

    @property
    def is_truncated(self) -> bool:
        """Whether there is more."""
        return self.last is not None


def list_page(
    objects: Objects, bucket: str, prefix: str, delimiter: str, after: str, limit: int
) -> Page:
    """The first keys and common prefixes beyond the key or prefix ``after``."""
    found: list[ObjectInfo] = []
    prefixes: list[str] = []
    last: str | None = None
    position: str | None = after or None
    if position and common_prefix(position, prefix, delimiter) == position:
        position = end_of(position)  # the last page ended with a common prefix
    batch_size = _FIRST_BATCH if delimiter else limit + 1
    while True:
        batch = objects.index.infos(bucket, prefix, position, batch_size)
        for info in batch:
            if len(found) + len(prefixes) == limit:
                return Page(found, prefixes, last if limit else None)
            common = common_prefix(info.key, prefix, delimiter)
            if common is None:
                found.append(info)
                last = position = info.key
                continue
            # All keys of a common prefix count as one: jump over them in the index.
            prefixes.append(common)
            last, position = common, end_of(common)
            break
        else:
            if len(batch) < batch_size:
                return Page(found, prefixes, None)
            batch_size = max(_FIRST_BATCH, min(2 * batch_size, limit + 1))


def common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    """The common prefix that the key is listed as, if it is not listed itself."""
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return key[: end + len(delimiter)] if end >= 0 else None


def end_of(prefix: str) -> str:
    """A key beyond all of the prefix."""
    # No key of the prefix comes after it: U+10FFFF is the last character, in UTF-8 as well.
    return prefix + "\U0010ffff" * 256


async def list_objects_v2(service: Service, call: Call) -> Answer:
    """The bucket's keys, in pages that a token continues."""
    parameters = call.parameters
    token = parameters.get("ContinuationToken")
    after = decode_token(token) or parameters.get("StartAfter", "")
    page = _page(service, call, after)
    members = {
        **shared_members(call, page.prefixes, page.is_truncated),
        "KeyCount": len(page.objects) + len(page.prefixes),
        "ContinuationToken": token,
        "StartAfter": encoded(call, parameters.get("StartAfter")),
        "Contents": _contents(service, call, page, bool(parameters.get("FetchOwner"))),
    }
    if page.last is not None:
        members["NextContinuationToken"] = encode_token(page.last)
    return Answer(members)


async def list_objects(service: Service, call: Call) -> Answer:
    """The bucket's keys, in pages that a marker continues.

    Source: NextMarker "is returned only if you have the delimiter request parameter specified".
    """
    marker = call.parameters.get("Marker", "")
    page = _page(service, call, marker)
    members = {
        **shared_members(call, page.prefixes, page.is_truncated),
        "Marker": encoded(call, marker),
        "Contents": _contents(service, call, page, True),
    }
    if page.last is not None and call.parameters.get("Delimiter"):
        members["NextMarker"] = encoded(call, page.last)
    return Answer(members)


def _page(service: Service, call: Call, after: str) -> Page:
    service.objects.bucket(call.bucket)
    return list_page(
        service.objects,
        call.bucket,
        call.parameters.get("Prefix", ""),
        call.parameters.get("Delimiter", ""),
        after,
        page_limit(call),
    )


def page_limit(call: Call) -> int:
    """How many keys and common prefixes the page may have.

    Raises:
        AwsError: InvalidArgument.
    """
    limit: int = call.parameters.get("MaxKeys", _PAGE_KEYS)
    if limit < 0:
        raise AwsError(
            "InvalidArgument",
            "Argument maxKeys must be an integer between 0 and 2147483647",
            ArgumentName="maxKeys",
            ArgumentValue=limit,
        )
    return min(limit, _PAGE_KEYS)


def shared_members(call: Call, prefixes: Sequence[str], is_truncated: bool) -> dict[str, Any]:
    """What every listing answers beside what it lists."""
    parameters = call.parameters
    return {
        "Name": call.bucket,
        "Prefix": encoded(call, parameters.get("Prefix", "")),
        "Delimiter": encoded(call, parameters.get("Delimiter") or None),
        "MaxKeys": min(parameters.get("MaxKeys", _PAGE_KEYS), _PAGE_KEYS),
        "EncodingType": parameters.get("EncodingType"),
        "IsTruncated": is_truncated,
        "CommonPrefixes": [{"Prefix": encoded(call, prefix)} for prefix in prefixes],
    }


def _contents(service: Service, call: Call, page: Page, has_owner: bool) -> list[dict[str, Any]]:
    owner = {"Owner": service.owner} if has_owner else {}
    return [{**listed_object(call, info), **owner} for info in page.objects]


def listed_object(call: Call, info: ObjectInfo) -> dict[str, Any]:
    """What a listing says of an object, or of a version of one."""
    return {
        "Key": encoded(call, info.key),
        "LastModified": info.last_modified,
        "ETag": f'"{info.etag}"',
        "Size": info.size_bytes,
        "StorageClass": "STANDARD",
    }


def encoded(call: Call, text: str | None) -> str | None:
    """A key or a prefix as the caller asked for it: URL-encoded or plain."""
    if text is None or call.parameters.get("EncodingType") != "url":
        return text
    return quote(text, safe="/*-._")


def encode_token(position: str) -> str:
    """A continuation token, which clients must not read."""
    return base64.urlsafe_b64encode(position.encode()).decode()


def decode_token(token: str | None) -> str | None:
    """Where a continuation token goes on.

    Raises:
        AwsError: InvalidArgument.
    """
    if token is None:
        return None
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeError) as error:
        raise AwsError(
            "InvalidArgument",
            "The continuation token provided is incorrect",
            ArgumentName="continuation-token",
        ) from error


OPERATIONS: Mapping[str, Handler] = {
    "ListObjectsV2": list_objects_v2,
    "ListObjects": list_objects,
}
