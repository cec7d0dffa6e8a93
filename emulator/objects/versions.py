"""Versions of objects: what a write or a deletion does in a bucket that has them.

Source: "Using versioning in S3 buckets" of the S3 user guide, with its pages on adding, getting
and deleting objects in buckets with versioning enabled and suspended.
"""

import secrets
from dataclasses import dataclass, replace

from emulator.errors import AwsError
from emulator.objects.index import Index
from emulator.objects.records import NULL_VERSION, Attributes, Bucket, ObjectInfo, StoredObject

_ENABLED = "Enabled"
_SUSPENDED = "Suspended"


@dataclass(frozen=True)
class Deleted:
    """What a deletion has done.

    Attributes:
        version_id: Of the marker that was made, or of the version that was removed; "" in a bucket
            without versions.
        is_marker: Whether a marker was made, or was what was removed.
    """

    version_id: str = ""
    is_marker: bool = False


def status(bucket: Bucket) -> str:
    """Enabled, Suspended, or "" where versioning never was."""
    found: str = bucket.configurations.get("Versioning", {}).get("Status", "")
    return found


def new_version_id(bucket: Bucket) -> str:
    """The id of a version that is made now; "" for the null version."""
    return secrets.token_urlsafe(24) if status(bucket) == _ENABLED else ""


def make_room(
    index: Index, bucket: Bucket, key: str, replaced: StoredObject | None
) -> tuple[str, ...]:
    """Keep the current object as a version, or not; gives the contents that nothing names then."""
    if status(bucket) == _ENABLED:
        if replaced:
            index.versions.add(bucket.name, replaced)
        return ()
    unused = [replaced.content_id] if replaced else []
    if status(bucket) == _SUSPENDED:
        # There is one null version at most: the next one takes its place, wherever it is.
        earlier = index.versions.remove(bucket.name, key, NULL_VERSION)
        if earlier:
            unused.append(earlier.content_id)
        if replaced and replaced.version_id != NULL_VERSION:
            index.versions.add(bucket.name, replaced)
            unused.remove(replaced.content_id)
    return tuple(filter(None, unused))


def mark_deleted(index: Index, bucket: Bucket, key: str, now: float) -> Deleted:
    """Put a delete marker behind the versions, in a bucket that has any."""
    if not status(bucket):
        return Deleted()
    attributes = Attributes(version_id=new_version_id(bucket))
    marker = StoredObject(ObjectInfo(key, 0, "", now), "", attributes)
    index.versions.add(bucket.name, marker)
    return Deleted(marker.version_id, is_marker=True)


def find(index: Index, bucket: str, key: str, version_id: str) -> StoredObject:
    """A version, current or not.

    Raises:
        AwsError: NoSuchVersion; MethodNotAllowed for a delete marker.
    """
    current = index.find_object(bucket, key)
    if current and current.version_id == version_id:
        return current
    found = index.versions.find(bucket, key, version_id)
    if found is None:
        raise AwsError(
            "NoSuchVersion",
            "The specified version does not exist.",
            404,
            Key=key,
            VersionId=version_id,
        )
    if found.is_delete_marker:
        raise AwsError(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource: the version is a delete"
            " marker.",
            405,
        )
    return found


def remove(index: Index, bucket: str, key: str, version_id: str) -> tuple[Deleted, str]:
    """Remove a version for good; gives the content that nothing names then, or "".

    What was the newest before it is current again.
    """
    current = index.find_object(bucket, key)
    if current and current.version_id == version_id:
        index.delete_object(bucket, key)
        removed: StoredObject | None = current
    else:
        removed = index.versions.remove(bucket, key, version_id)
    if removed is None:
        return Deleted(version_id), ""
    if removed is current or current is None:
        _promote(index, bucket, key)
    return Deleted(version_id, removed.is_delete_marker), removed.content_id


def _promote(index: Index, bucket: str, key: str) -> None:
    newest = index.versions.newest(bucket, key)
    if newest and not newest.is_delete_marker:
        index.versions.remove(bucket, key, newest.version_id)
        index.put_object(bucket, newest)


def change(index: Index, bucket: str, stored: StoredObject, attributes: Attributes) -> None:
    """Keep other attributes of an object or of a version."""
    changed = replace(stored, attributes=attributes)
    current = index.find_object(bucket, stored.info.key)
    if current and current.version_id == stored.version_id:
        index.put_object(bucket, changed)
    else:
        index.versions.change(bucket, changed)
