"""CopyObject and UploadPartCopy."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote

from emulator.errors import AwsError
from emulator.objects.content import new_content_id
from emulator.objects.records import Attributes, Content, StoredObject
from emulator.objects.rest.call import Answer, Call, Handler, Service
from emulator.objects.rest.conditions import check_read, write_condition
from emulator.objects.rest.encryption import ENCRYPTION_HEADERS, encryption_members
from emulator.objects.rest.reading import version_member
from emulator.objects.rest.writing import given_attributes
from emulator.objects.uploads import check_part_number, find_upload, put_part

_COPY_MAXIMUM_BYTES = 5 << 30
_SOURCE_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
# A copy onto itself is only good for changing one of these.
_CHANGES = ("StorageClass", "WebsiteRedirectLocation", *ENCRYPTION_HEADERS)
_Result = TypeVar("_Result")


async def copy_object(service: Service, call: Call) -> Answer:
    """Copy an object; its content is shared on disk, since no content ever changes."""
    objects = service.objects
    objects.bucket(call.bucket)
    source_bucket, source_key, version_id = _source(call)
    is_replaced = call.parameters.get("MetadataDirective") == "REPLACE"
    is_itself = (source_bucket, source_key, version_id) == (call.bucket, call.key, None)
    if is_itself and not is_replaced:
        _check_changes(call)
    condition = write_condition(call.parameters, call.key)
    content_id = new_content_id()
    path = objects.contents.path(content_id)
    source = objects.link(source_bucket, source_key, path, version_id)
    try:
        check_read(source.info, call.parameters, "CopySource")
        content = await _copied_content(service, call, source, content_id)
        attributes = _copied_attributes(service, call, source, content, is_replaced)
    except BaseException:
        objects.contents.remove(content_id)
        raise
    stored = objects.publish(call.bucket, call.key, content, attributes, condition=condition)
    result = {
        "ETag": f'"{stored.info.etag}"',
        "LastModified": stored.info.last_modified,
        **{f"Checksum{name}": text for name, text in content.checksums.items()},
    }
    if content.checksums:
        result["ChecksumType"] = "FULL_OBJECT"
    members: dict[str, Any] = {"CopyObjectResult": result, **version_member(stored)}
    if found := version_member(source):
        members["CopySourceVersionId"] = found["VersionId"]
    return Answer(members | encryption_members(attributes.headers))


def _check_changes(call: Call) -> None:
    if not any(name in call.parameters for name in _CHANGES):
        raise AwsError(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without"
            " changing the object's metadata, storage class, website redirect location or"
            " encryption attributes.",
        )


async def _copied_content(
    service: Service, call: Call, source: StoredObject, content_id: str
) -> Content:
    size_bytes = source.info.size_bytes
    if size_bytes > _COPY_MAXIMUM_BYTES:
        raise AwsError(
            "InvalidRequest",
            "The specified copy source is larger than the maximum allowable size for a copy"
            f" source: {_COPY_MAXIMUM_BYTES}",
        )
    asked = call.parameters.get("ChecksumAlgorithm")
    kept = source.attributes.checksums
    algorithms = {asked} if asked else set(kept)
    # The copy of a multipart object has the ETag and the checksums of a single put.
    is_single_put = not source.attributes.part_sizes
    if is_single_put and algorithms == set(kept):
        return Content(content_id, size_bytes, bytes.fromhex(source.info.etag), kept)
    return await _in_thread(
        service, lambda: service.objects.contents.digest(content_id, algorithms)
    )


def _copied_attributes(
    service: Service, call: Call, source: StoredObject, content: Content, is_replaced: bool
) -> Attributes:
    given = given_attributes(service, call)
    kept = source.attributes
    headers = given.headers if is_replaced else _changed(kept.headers, given.headers)
    has_new_tags = call.parameters.get("TaggingDirective") == "REPLACE"
    return Attributes(
        headers=headers,
        metadata=given.metadata if is_replaced else kept.metadata,
        tags=given.tags if has_new_tags else kept.tags,
        checksums=content.checksums,
    )


def _changed(kept: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    # The copy is encrypted as the request asks or as its own bucket's objects are.
    source = {name: text for name, text in kept.items() if name not in ENCRYPTION_HEADERS}
    return source | {name: text for name, text in given.items() if name in _CHANGES}


async def upload_part_copy(service: Service, call: Call) -> Answer:
    """Copy an object, or a range of it, as a part."""
    objects = service.objects
    number = call.parameters["PartNumber"]
    check_part_number(number)
    upload = find_upload(objects, call.bucket, call.key, call.parameters["UploadId"])
    source, file = objects.open(*_source(call))
    with file:
        check_read(source.info, call.parameters, "CopySource")
        offset, size_bytes = _source_range(call, source.info.size_bytes)
        algorithms = [upload.checksum_algorithm] if upload.checksum_algorithm else []
        content = await _in_thread(
            service,
            lambda: objects.contents.copy_range(file.fileno(), offset, size_bytes, algorithms),
        )
    part = put_part(objects, upload, number, content)
    result: dict[str, Any] = {
        "ETag": f'"{part.etag}"',
        "LastModified": part.last_modified,
        **{f"Checksum{name}": text for name, text in part.checksums.items()},
    }
    encryption = encryption_members(upload.attributes.headers)
    return Answer({"CopyPartResult": result, **encryption})


def _source(call: Call) -> tuple[str, str, str | None]:
    """Bucket, key and, if it is named, version of the copy's source.

    Source: CopyObject's x-amz-copy-source: ``bucket/key``, URL-encoded, with or without a slash in
    front, and ``?versionId=`` behind.
    """
    path, _, query = call.parameters["CopySource"].partition("?versionId=")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not bucket or not key:
        raise AwsError(
            "InvalidArgument",
            "Invalid copy source object key",
            ArgumentName="x-amz-copy-source",
            ArgumentValue=call.parameters["CopySource"],
        )
    return bucket, key, unquote(query) or None


def _source_range(call: Call, source_bytes: int) -> tuple[int, int]:
    header = call.parameters.get("CopySourceRange")
    if header is None:
        return 0, source_bytes
    match = _SOURCE_RANGE.fullmatch(header)
    first, last = (int(match[1]), int(match[2])) if match else (1, 0)
    if not first <= last < source_bytes:
        raise AwsError(
            "InvalidArgument",
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first"
            f" and last are the zero-based offsets of the first and last bytes to copy, of"
            f" {source_bytes} in the source.",
            ArgumentName="x-amz-copy-source-range",
            ArgumentValue=header,
        )
    return first, last - first + 1


async def _in_thread(service: Service, function: Callable[[], _Result]) -> _Result:
    # Shielded: a client that goes away must not leave a thread at work on a closed file.
    loop = asyncio.get_running_loop()
    return await asyncio.shield(loop.run_in_executor(service.threads, function))


OPERATIONS: Mapping[str, Handler] = {
    "CopyObject": copy_object,
    "UploadPartCopy": upload_part_copy,
}
