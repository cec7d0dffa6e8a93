"""A bucket, an object, an upload and a part as frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Source: the id of an object that was put while its bucket had no versions, or none any more.
NULL_VERSION = "null"


@dataclass(frozen=True)
class ObjectInfo:
    """What a listing says of an object: ETag without quotes, time in epoch seconds."""

    key: str
    size_bytes: int
    etag: str
    last_modified: float


@dataclass(frozen=True)
class Attributes:
    """What S3 keeps beside an object's content.

    Attributes:
        headers: Given back as they came, by the member's name in botocore: ContentType...
        metadata: The caller's own (x-amz-meta-), names in lower case.
        checksums: Base64 by algorithm: ``{"CRC32": "AAAAAA=="}``; with ``-N`` when composite.
        checksum_type: FULL_OBJECT or COMPOSITE.
        part_sizes: The sizes in bytes of the parts of a multipart upload, else empty.
        upload_id: The upload that made the object, else empty.
        version_id: Of the object, empty for the null version.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)
    checksum_type: str = "FULL_OBJECT"
    part_sizes: tuple[int, ...] = ()
    upload_id: str = ""
    version_id: str = ""


@dataclass(frozen=True)
class StoredObject:
    """An object, or one of its versions, as the index keeps it; a delete marker has no content."""

    info: ObjectInfo
    content_id: str
    attributes: Attributes

    @property
    def version_id(self) -> str:
        """The version's id as requests name it."""
        return self.attributes.version_id or NULL_VERSION

    @property
    def is_delete_marker(self) -> bool:
        """Whether it stands for the object's deletion."""
        return not self.content_id


@dataclass(frozen=True)
class Content:
    """A content file that was written: nobody sees it until the index names it."""

    content_id: str
    size_bytes: int
    md5: bytes
    checksums: Mapping[str, str]


@dataclass(frozen=True)
class Bucket:
    """A bucket: creation time in epoch seconds, configurations by their name."""

    name: str
    created: float
    configurations: Mapping[str, Any]


@dataclass(frozen=True)
class Upload:
    """A multipart upload that is neither completed nor aborted."""

    upload_id: str
    bucket: str
    key: str
    initiated: float
    attributes: Attributes
    checksum_algorithm: str


@dataclass(frozen=True)
class Part:
    """A part that was uploaded."""

    number: int
    content_id: str
    size_bytes: int
    etag: str
    last_modified: float
    checksums: Mapping[str, str]
