"""PutObject, DeleteObject, DeleteObjects."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulator.errors import AwsError
from emulator.objects.content import ContentWriter
from emulator.objects.names import check_key
from emulator.objects.records import Attributes, Content
from emulator.objects.rest.call import Answer, Call, Handler, Service
from emulator.objects.rest.conditions import write_condition
from emulator.objects.rest.encryption import (
    ENCRYPTION_HEADERS,
    bucket_encryption,
    encryption_members,
)
from emulator.objects.rest.reading import version_member
from emulator.objects.rest.tagging import parse_tags
from emulator.objects.storage import Condition
from emulator.objects.versions import Deleted

_DELETE_MAXIMUM_KEYS = 1000
_METADATA_MAXIMUM_BYTES = 2048
_INLINE_BYTES = 1 << 16
_KEPT_HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "WebsiteRedirectLocation",
    *ENCRYPTION_HEADERS,
    "StorageClass",
)


async def put_object(service: Service, call: Call) -> Answer:
    """Keep the body as the object of the key."""
    service.objects.bucket(call.bucket)
    check_key(call.key)
    attributes = given_attributes(service, call)
    condition = write_condition(call.parameters, call.key)
    content, declared = await receive_content(service, call)
    stored = service.objects.publish(
        call.bucket,
        call.key,
        content,
        replace(attributes, checksums=declared),
        condition=condition,
    )
    members: dict[str, Any] = {f"Checksum{name}": text for name, text in declared.items()}
    if declared:
        members["ChecksumType"] = "FULL_OBJECT"
    members |= {"ETag": f'"{stored.info.etag}"', **version_member(stored)}
    return Answer(members | encryption_members(attributes.headers))


async def receive_content(
    service: Service, call: Call, algorithms: tuple[str, ...] = ()
) -> tuple[Content, dict[str, str]]:
    """Write the body to a content file, check it, and give it with the checksums declared for it.

    ``algorithms`` are computed also if the client declared none of them.

    Raises:
        ClientGone: The body broke off.
        AwsError: MissingContentLength; EntityTooLarge; IncompleteBody; BadDigest and its like.
    """
    call.body.check_size()
    wanted = dict.fromkeys((*call.body.algorithms(), *algorithms))
    writer = service.objects.contents.start(wanted)
    try:
        await _write_body(service, call, writer)
    except BaseException:
        writer.discard()
        raise
    content = writer.finish()
    try:
        declared = call.body.check(content)
    except AwsError:
        service.objects.contents.remove(content.content_id)
        raise
    return content, declared | {name: content.checksums[name] for name in algorithms}


async def _write_body(service: Service, call: Call, writer: ContentWriter) -> None:
    loop = asyncio.get_running_loop()
    pending: asyncio.Future[None] | None = None
    try:
        async for batch in call.body.batches():
            if pending:
                await pending
                pending = None
            if sum(map(len, batch)) <= _INLINE_BYTES:
                writer.write(batch)
            else:  # the next batch is received while this one is written
                pending = loop.run_in_executor(service.threads, writer.write, batch)
    finally:
        if pending:
            await asyncio.shield(pending)


def given_attributes(service: Service, call: Call) -> Attributes:
    """What the request wants kept beside the content.

    Raises:
        AwsError: NoSuchBucket; MetadataTooLarge; InvalidArgument or InvalidTag for its tags.
    """
    headers = {
        name: text for name in _KEPT_HEADERS if (text := call.parameters.get(name)) is not None
    }
    if "ContentEncoding" in headers:
        kept = [part.strip() for part in headers["ContentEncoding"].split(",")]
        # Only how the request travelled: S3 does not keep it.
        headers["ContentEncoding"] = ",".join(part for part in kept if part != "aws-chunked")
    if "ServerSideEncryption" not in headers:
        headers |= bucket_encryption(service.objects.bucket(call.bucket).configurations)
    if "expires" in call.headers:
        headers["Expires"] = call.headers["expires"]
    metadata = call.parameters.get("Metadata", {})
    size_bytes = sum(len(name) + len(text) for name, text in metadata.items())
    if size_bytes > _METADATA_MAXIMUM_BYTES:
        raise AwsError(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            Size=size_bytes,
            MaxSizeAllowed=_METADATA_MAXIMUM_BYTES,
        )
    return Attributes(
        headers={name: text for name, text in headers.items() if text != ""},
        metadata=metadata,
        tags=parse_tags(call.parameters.get("Tagging", "")),
    )


async def delete_object(service: Service, call: Call) -> Answer:
    """Remove the object or a version of it; that it was not there is no error."""
    condition = write_condition(call.parameters, call.key)
    deleted = _delete(service, call, call.key, call.parameters.get("VersionId"), condition)
    members: dict[str, Any] = {"VersionId": deleted.version_id} if deleted.version_id else {}
    return Answer({**members, "DeleteMarker": True} if deleted.is_marker else members)


def _delete(
    service: Service, call: Call, key: str, version_id: str | None, condition: Condition | None
) -> Deleted:
    if version_id is None:
        return service.objects.delete(call.bucket, key, condition)
    return service.objects.delete_version(call.bucket, key, version_id)


async def delete_objects(service: Service, call: Call) -> Answer:
    """Remove up to 1,000 objects; what fails does not keep the others."""
    service.objects.bucket(call.bucket)
    wanted = call.parameters["Delete"]
    entries = wanted["Objects"]
    if not 1 <= len(entries) <= _DELETE_MAXIMUM_KEYS:
        raise AwsError(
            "MalformedXML",
            f"The XML you provided has {len(entries)} keys, DeleteObjects takes 1 to 1000.",
        )
    deleted, failed = [], []
    for entry in entries:
        try:
            condition = write_condition({"IfMatch": entry.get("ETag")}, entry["Key"])
            done = _delete(service, call, entry["Key"], entry.get("VersionId"), condition)
        except AwsError as error:
            failed.append({"Key": entry["Key"], "Code": error.code, "Message": error.message})
        else:
            deleted.append(_told(entry, done))
    return Answer({"Deleted": [] if wanted.get("Quiet") else deleted, "Errors": failed})


def _told(entry: Mapping[str, Any], done: Deleted) -> dict[str, Any]:
    """Source: DeletedObject, whose VersionId is the one that was given."""
    told: dict[str, Any] = {"Key": entry["Key"]}
    if "VersionId" in entry:
        told["VersionId"] = entry["VersionId"]
    if done.is_marker:
        told |= {"DeleteMarker": True, "DeleteMarkerVersionId": done.version_id}
    return told


OPERATIONS: Mapping[str, Handler] = {
    "PutObject": put_object,
    "DeleteObject": delete_object,
    "DeleteObjects": delete_objects,
}
