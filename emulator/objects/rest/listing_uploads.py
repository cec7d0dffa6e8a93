"""ListMultipartUploads and ListParts."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from emulator.errors import AwsError
from emulator.objects.records import Part, Upload
from emulator.objects.rest.call import Answer, Call, Handler, Service
from emulator.objects.rest.listing import common_prefix, encoded
from emulator.objects.uploads import find_upload

_PAGE_ENTRIES = 1000
_Entry = tuple[str | None, Upload]
"""A common prefix and its last upload, or no prefix and an upload of its own."""


async def list_parts(service: Service, call: Call) -> Answer:
    """An upload's parts by number, in pages."""
    upload = find_upload(service.objects, call.bucket, call.key, call.parameters["UploadId"])
    marker = int(call.parameters.get("PartNumberMarker", 0))
    limit = min(call.parameters.get("MaxParts", _PAGE_ENTRIES), _PAGE_ENTRIES)
    parts = service.objects.index.parts(upload.upload_id)
    beyond = [part for part in parts if part.number > marker]
    page = beyond[:limit]
    members: dict[str, Any] = {
        "Bucket": call.bucket,
        "Key": call.key,
        "UploadId": upload.upload_id,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": page[-1].number if page else 0,
        "MaxParts": limit,
        "IsTruncated": len(beyond) > limit,
        "Parts": [_listed_part(part) for part in page],
        "Initiator": service.owner,
        "Owner": service.owner,
        "StorageClass": "STANDARD",
    }
    if upload.checksum_algorithm:
        members["ChecksumAlgorithm"] = upload.checksum_algorithm
        members["ChecksumType"] = upload.attributes.checksum_type
    return Answer(members)


def _listed_part(part: Part) -> dict[str, Any]:
    return {
        "PartNumber": part.number,
        "LastModified": part.last_modified,
        "ETag": f'"{part.etag}"',
        "Size": part.size_bytes,
        **{f"Checksum{name}": text for name, text in part.checksums.items()},
    }


async def list_multipart_uploads(service: Service, call: Call) -> Answer:
    """The bucket's uploads that go on, in pages."""
    service.objects.bucket(call.bucket)
    parameters = call.parameters
    limit = min(parameters.get("MaxUploads", _PAGE_ENTRIES), _PAGE_ENTRIES)
    if limit < 0:
        raise AwsError(
            "InvalidArgument",
            "Argument max-uploads must be an integer between 0 and 2147483647",
            ArgumentName="max-uploads",
            ArgumentValue=limit,
        )
    entries = list(_entries(service.objects.index.uploads(call.bucket), parameters))
    page = entries[:limit]
    members: dict[str, Any] = {
        "Bucket": call.bucket,
        "Prefix": encoded(call, parameters.get("Prefix", "")),
        "Delimiter": encoded(call, parameters.get("Delimiter") or None),
        "KeyMarker": encoded(call, parameters.get("KeyMarker", "")),
        "UploadIdMarker": parameters.get("UploadIdMarker", ""),
        "MaxUploads": limit,
        "EncodingType": parameters.get("EncodingType"),
        "IsTruncated": len(entries) > limit,
        "Uploads": [_listed_upload(service, call, upload) for common, upload in page if not common],
        "CommonPrefixes": [{"Prefix": encoded(call, common)} for common, _ in page if common],
    }
    if page and len(entries) > limit:
        members["NextKeyMarker"] = encoded(call, page[-1][1].key)
        members["NextUploadIdMarker"] = page[-1][1].upload_id
    return Answer(members)


def _entries(uploads: Sequence[Upload], parameters: Mapping[str, Any]) -> Iterator[_Entry]:
    prefix, delimiter = parameters.get("Prefix", ""), parameters.get("Delimiter", "")
    key_marker = parameters.get("KeyMarker", "")
    upload_id_marker = parameters.get("UploadIdMarker", "")
    wanted = [
        upload
        for upload in uploads
        if upload.key.startswith(prefix) and _is_beyond(upload, key_marker, upload_id_marker)
    ]
    for common, group in groupby(
        wanted, lambda upload: common_prefix(upload.key, prefix, delimiter)
    ):
        entries = [(common, upload) for upload in group]
        yield from entries if common is None else entries[-1:]


def _is_beyond(upload: Upload, key_marker: str, upload_id_marker: str) -> bool:
    if not key_marker:
        return True
    if upload.key == key_marker and upload_id_marker:
        return upload.upload_id > upload_id_marker
    return upload.key.encode() > key_marker.encode()


def _listed_upload(service: Service, call: Call, upload: Upload) -> dict[str, Any]:
    return {
        "Key": encoded(call, upload.key),
        "UploadId": upload.upload_id,
        "Initiated": upload.initiated,
        "StorageClass": "STANDARD",
        "Owner": service.owner,
        "Initiator": service.owner,
    }


OPERATIONS: Mapping[str, Handler] = {
    "ListParts": list_parts,
    "ListMultipartUploads": list_multipart_uploads,
}
