"""Multipart uploads: parts that become one object.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from emulator.errors import AwsError
from emulator.objects.checksums import composite
from emulator.objects.names import check_key
from emulator.objects.records import Attributes, Content, Part, StoredObject, Upload
from emulator.objects.storage import Condition, Objects

MAXIMUM_PART_NUMBER = 10_000
_PART_MINIMUM_BYTES = 5 << 20


@dataclass(frozen=True)
class WantedPart:
    """A part as the client lists it at the end: what it says must be what was uploaded."""

    number: int
    etag: str
    checksums: Mapping[str, str] = field(default_factory=dict)


def create_upload(
    objects: Objects, bucket: str, key: str, attributes: Attributes, checksum_algorithm: str
) -> Upload:
    """Start an upload.

    Raises:
        AwsError: NoSuchBucket; KeyTooLongError.
    """
    check_key(key)
    upload = Upload(uuid.uuid4().hex, bucket, key, objects.clock(), attributes, checksum_algorithm)
    with objects.index.transaction():
        objects.bucket(bucket)
        objects.index.put_upload(upload)
    return upload


def find_upload(objects: Objects, bucket: str, key: str, upload_id: str) -> Upload:
    """The upload.

    Raises:
        AwsError: NoSuchBucket; NoSuchUpload.
    """
    upload = objects.index.find_upload(upload_id)
    if upload is None or (upload.bucket, upload.key) != (bucket, key):
        objects.bucket(bucket)
        raise AwsError(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may"
            " have been aborted or completed.",
            404,
            UploadId=upload_id,
        )
    return upload


def check_part_number(number: int) -> None:
    """Refuse a number that no part can have.

    Raises:
        AwsError: InvalidArgument.
    """
    if not 1 <= number <= MAXIMUM_PART_NUMBER:
        raise AwsError(
            "InvalidArgument",
            "Part number must be an integer between 1 and 10000, inclusive",
            ArgumentName="partNumber",
            ArgumentValue=number,
        )


def put_part(objects: Objects, upload: Upload, number: int, content: Content) -> Part:
    """Keep a written content as a part; one of the same number is replaced.

    Raises:
        AwsError: NoSuchUpload, if it ended meanwhile.
    """
    part = Part(
        number,
        content.content_id,
        content.size_bytes,
        content.md5.hex(),
        objects.clock(),
        content.checksums,
    )
    try:
        with objects.index.transaction():
            find_upload(objects, upload.bucket, upload.key, upload.upload_id)
            replaced = objects.index.put_part(upload.upload_id, part)
    except BaseException:
        objects.contents.remove(content.content_id)
        raise
    if replaced:
        objects.contents.remove(replaced)
    return part


def abort_upload(objects: Objects, upload: Upload) -> None:
    """End an upload and forget its parts.

    Raises:
        AwsError: NoSuchUpload, if it ended meanwhile.
    """
    with objects.index.transaction():
        find_upload(objects, upload.bucket, upload.key, upload.upload_id)
        parts = objects.index.parts(upload.upload_id)
        objects.index.delete_upload(upload.upload_id)
    for part in parts:
        objects.contents.remove(part.content_id)


def choose_parts(objects: Objects, upload: Upload, wanted: Sequence[WantedPart]) -> list[Part]:
    """The uploaded parts that the client lists.

    Raises:
        AwsError: InvalidPartOrder; InvalidPart; EntityTooSmall.
    """
    numbers = [part.number for part in wanted]
    if numbers != sorted(set(numbers)):
        raise AwsError(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
            UploadId=upload.upload_id,
        )
    uploaded = {part.number: part for part in objects.index.parts(upload.upload_id)}
    for part in wanted:
        _check_wanted(upload, part, uploaded.get(part.number))
    chosen = [uploaded[number] for number in numbers]
    for small in chosen[:-1]:
        if small.size_bytes < _PART_MINIMUM_BYTES:
            raise AwsError(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                PartNumber=small.number,
                ETag=small.etag,
                ProposedSize=small.size_bytes,
                MinSizeAllowed=_PART_MINIMUM_BYTES,
            )
    return chosen


def _check_wanted(upload: Upload, wanted: WantedPart, part: Part | None) -> None:
    is_same = part is not None and part.etag == wanted.etag.strip('"')
    if part is not None:
        is_same &= all(
            part.checksums.get(name, text) == text for name, text in wanted.checksums.items()
        )
    if not is_same:
        raise AwsError(
            "InvalidPart",
            "One or more of the specified parts could not be found. The part may not have been"
            " uploaded, or the specified entity tag may not match the part's entity tag.",
            UploadId=upload.upload_id,
            PartNumber=wanted.number,
            ETag=wanted.etag,
        )


def complete_upload(
    objects: Objects, upload: Upload, parts: Sequence[Part], condition: Condition | None
) -> StoredObject:
    """Make the parts one object. It takes as long as copying them.

    Raises:
        AwsError: NoSuchUpload, if it ended meanwhile; what the condition raises.
    """
    content, attributes = _assemble(objects, upload, parts)
    unused: list[Part] = []

    def finish() -> None:
        find_upload(objects, upload.bucket, upload.key, upload.upload_id)
        unused.extend(objects.index.parts(upload.upload_id))
        objects.index.delete_upload(upload.upload_id)

    stored = objects.publish(
        upload.bucket,
        upload.key,
        content,
        attributes,
        etag=_multipart_etag(parts),
        condition=condition,
        finish=finish,
    )
    for part in unused:
        objects.contents.remove(part.content_id)
    return stored


def _assemble(
    objects: Objects, upload: Upload, parts: Sequence[Part]
) -> tuple[Content, Attributes]:
    algorithm = upload.checksum_algorithm
    is_full = upload.attributes.checksum_type == "FULL_OBJECT"
    content = objects.contents.concatenate(
        [part.content_id for part in parts], [algorithm] if algorithm and is_full else []
    )
    checksums = dict(content.checksums)
    if algorithm and not is_full:
        checksums[algorithm] = composite(algorithm, [part.checksums[algorithm] for part in parts])
    attributes = replace(
        upload.attributes,
        checksums=checksums,
        part_sizes=tuple(part.size_bytes for part in parts),
        upload_id=upload.upload_id,
    )
    return content, attributes


def _multipart_etag(parts: Sequence[Part]) -> str:
    digests = b"".join(bytes.fromhex(part.etag) for part in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"
