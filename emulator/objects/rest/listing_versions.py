"""ListObjectVersions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.errors import AwsError
from emulator.objects.index import beyond
from emulator.objects.records import NULL_VERSION, StoredObject
from emulator.objects.rest.call import Answer, Call, Handler, Service
from emulator.objects.rest.listing import (
    common_prefix,
    encoded,
    end_of,
    listed_object,
    page_limit,
    shared_members,
)
from emulator.objects.storage import Objects
from emulator.objects.version_index import CURRENT

_Position = tuple[str, int]
"""A key, and a place in the order of its versions; what is listed lies behind both."""


@dataclass(frozen=True)
class Entry:
    """A version, and whether it is its key's newest."""

    stored: StoredObject
    is_latest: bool


@dataclass(frozen=True)
class Page:
    """A page of versions and common prefixes; ``is_truncated`` if there is more."""

    entries: list[Entry]
    prefixes: list[str]
    is_truncated: bool


async def list_object_versions(service: Service, call: Call) -> Answer:
    """All versions of the bucket's objects, the newest of a key first, and delete markers."""
    parameters = call.parameters
    objects = service.objects
    objects.bucket(call.bucket)
    key_marker = parameters.get("KeyMarker", "")
    delimiter, prefix = parameters.get("Delimiter", ""), parameters.get("Prefix", "")
    position = _position(objects, call, common_prefix(key_marker, prefix, delimiter))
    page = list_page(objects, call.bucket, prefix, delimiter, position, page_limit(call))
    versions = [entry for entry in page.entries if not entry.stored.is_delete_marker]
    markers = [entry for entry in page.entries if entry.stored.is_delete_marker]
    members = {
        **shared_members(call, page.prefixes, page.is_truncated),
        "KeyMarker": encoded(call, key_marker),
        "VersionIdMarker": parameters.get("VersionIdMarker", ""),
        "Versions": [
            {**_listed(service, call, entry), **listed_object(call, entry.stored.info)}
            for entry in versions
        ],
        "DeleteMarkers": [_listed(service, call, entry) for entry in markers],
    }
    if page.is_truncated:
        members |= _next(call, page)
    return Answer(members)


def _position(objects: Objects, call: Call, marked_prefix: str | None) -> _Position:
    key = call.parameters.get("KeyMarker", "")
    version_id = call.parameters.get("VersionIdMarker")
    if version_id and not key:
        raise AwsError(
            "InvalidArgument",
            "A version-id marker cannot be specified without a key marker.",
            ArgumentName="version-id-marker",
            ArgumentValue=version_id,
        )
    if marked_prefix is not None and marked_prefix == key:
        return end_of(key), 0  # the last page ended with a common prefix
    if not version_id:
        return key, 0
    current = objects.index.find_object(call.bucket, key)
    if current and current.version_id == version_id:
        return key, CURRENT
    return key, objects.index.versions.place(call.bucket, key, version_id) or 0


def list_page(
    objects: Objects, bucket: str, prefix: str, delimiter: str, position: _Position, limit: int
) -> Page:
    """The first versions and common prefixes behind the position."""
    entries: list[Entry] = []
    prefixes: list[str] = []
    span = (prefix.encode(), beyond(prefix))
    key, place = position
    newer_key = key if place else None  # the newest of this key is on a page before
    while True:
        after = (key.encode(), place)
        rows = objects.index.versions.page(bucket, span, after, limit + 1)
        for place, stored in rows:
            if len(entries) + len(prefixes) == limit:
                return Page(entries, prefixes, is_truncated=limit > 0)
            key = stored.info.key
            common = common_prefix(key, prefix, delimiter)
            if common is not None:
                prefixes.append(common)
                key, place = end_of(common), 0
                break
            entries.append(Entry(stored, is_latest=key != newer_key))
            newer_key = key
        else:
            if len(rows) <= limit:
                return Page(entries, prefixes, is_truncated=False)


def _listed(service: Service, call: Call, entry: Entry) -> dict[str, Any]:
    return {
        "Key": encoded(call, entry.stored.info.key),
        "VersionId": entry.stored.version_id,
        "IsLatest": entry.is_latest,
        "LastModified": entry.stored.info.last_modified,
        "Owner": service.owner,
    }


def _next(call: Call, page: Page) -> dict[str, Any]:
    """Where the next page goes on: behind the last version, or the last common prefix."""
    last = page.entries[-1].stored if page.entries else None
    if last is None or (page.prefixes and page.prefixes[-1] > last.info.key):
        return {"NextKeyMarker": encoded(call, page.prefixes[-1])}
    version_id = last.version_id or NULL_VERSION
    return {"NextKeyMarker": encoded(call, last.info.key), "NextVersionIdMarker": version_id}


OPERATIONS: Mapping[str, Handler] = {"ListObjectVersions": list_object_versions}
