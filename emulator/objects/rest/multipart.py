"""The operations of multipart uploads."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from emulator.errors import AwsError
from emulator.objects.checksums import ALGORITHMS, start_digest
from emulator.objects.records import StoredObject, Upload
from emulator.objects.rest.call import Answer, Call, Handler, Service
from emulator.objects.rest.conditions import write_condition
from emulator.objects.rest.listing import common_prefix, encoded
from emulator.objects.rest.writing import given_attributes, receive_content
from emulator.objects.uploads import (
    WantedPart,
    abort_upload,
    check_part_number,
    choose_parts,
    complete_upload,
    create_upload,
    find_upload,
    put_part,
)

_PAGE_ENTRIES = 1000
# Source: the user guide's table of checksum types; the algorithms without a full-object form.
_COMPOSITE_ONLY = frozenset({"SHA1", "SHA256", "SHA512", "MD5"})


async def create_multipart_upload(service: Service, call: Call) -> Answer:
    """Start an upload."""
    algorithm = call.parameters.get("ChecksumAlgorithm", "").upper()
    checksum_type = _checksum_type(algorithm, call.parameters.get("ChecksumType"))
    attributes = replace(given_attributes(call), checksum_type=checksum_type)
    upload = create_upload(service.objects, call.bucket, call.key, attributes, algorithm)
    members = {
        "Bucket": call.bucket,
        "Key": call.key,
        "UploadId": upload.upload_id,
        "ServerSideEncryption": attributes.headers.get("ServerSideEncryption", "AES256"),
    }
    if algorithm:
        members |= {"ChecksumAlgorithm": algorithm, "ChecksumType": checksum_type}
    return Answer(members)


def _checksum_type(algorithm: str, asked: str | None) -> str:
    if not algorithm:
        return "FULL_OBJECT"
    start_digest(algorithm)
    default = "FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE"
    chosen = asked or default
    is_possible = chosen != "FULL_OBJECT" if algorithm in _COMPOSITE_ONLY else True
    if not is_possible or (algorithm == "CRC64NVME" and chosen == "COMPOSITE"):
        raise AwsError(
            "InvalidRequest",
            f"The {chosen} checksum type cannot be used with the {algorithm.lower()} checksum"
            " algorithm.",
        )
    return chosen


async def upload_part(service: Service, call: Call) -> Answer:
    """Keep the body as a part."""
    number = call.parameters["PartNumber"]
    check_part_number(number)
    upload = _upload(service, call)
    algorithms = (upload.checksum_algorithm,) if upload.checksum_algorithm else ()
    content, checksums = await receive_content(service, call, algorithms)
    part = put_part(service.objects, upload, number, replace(content, checksums=checksums))
    return Answer(
        {
            **{f"Checksum{name}": text for name, text in checksums.items()},
            "ETag": f'"{part.etag}"',
            "ServerSideEncryption": "AES256",
        }
    )


async def complete_multipart_upload(service: Service, call: Call) -> Answer:
    """Make the parts one object; again with the same upload, say the same again."""
    condition = write_condition(call.parameters, call.key)
    done = _completed_before(service, call)
    if done:
        return _completed(call, done)
    upload = _upload(service, call)
    listed = call.parameters.get("MultipartUpload", {}).get("Parts", [])
    if not listed:
        raise AwsError("MalformedXML", "You must specify at least one part")
    parts = choose_parts(service.objects, upload, [_wanted_part(part) for part in listed])
    size_bytes = sum(part.size_bytes for part in parts)
    declared = call.parameters.get("MpuObjectSize", size_bytes)
    if declared != size_bytes:
        raise AwsError(
            "InvalidRequest",
            f"The provided 'x-amz-mp-object-size' header value {declared} does not match what was"
            f" computed: {size_bytes}",
        )
    loop = asyncio.get_running_loop()
    stored = await loop.run_in_executor(
        service.threads, complete_upload, service.objects, upload, parts, condition
    )
    return _completed(call, stored)


def _completed_before(service: Service, call: Call) -> StoredObject | None:
    # A client whose connection broke before the answer asks again.
    stored = service.objects.index.find_object(call.bucket, call.key)
    is_same = stored and stored.attributes.upload_id == call.parameters["UploadId"]
    return stored if is_same else None


def _completed(call: Call, stored: StoredObject) -> Answer:
    attributes = stored.attributes
    members = {
        "Location": f"http://{call.host}/{call.bucket}/{call.key}",
        "Bucket": call.bucket,
        "Key": call.key,
        "ETag": f'"{stored.info.etag}"',
        "ServerSideEncryption": attributes.headers.get("ServerSideEncryption", "AES256"),
        **{f"Checksum{name}": text for name, text in attributes.checksums.items()},
    }
    if attributes.checksums:
        members["ChecksumType"] = attributes.checksum_type
    return Answer(members)


def _wanted_part(listed: Mapping[str, Any]) -> WantedPart:
    checksums = {
        name: listed[f"Checksum{name}"] for name in ALGORITHMS if f"Checksum{name}" in listed
    }
    return WantedPart(listed.get("PartNumber", 0), listed.get("ETag", ""), checksums)


async def abort_multipart_upload(service: Service, call: Call) -> Answer:
    """End an upload."""
    abort_upload(service.objects, _upload(service, call))
    return Answer()


async def list_parts(service: Service, call: Call) -> Answer:
    """An upload's parts by number, in pages."""
    upload = _upload(service, call)
    marker = call.parameters.get("PartNumberMarker", 0)
    limit = min(call.parameters.get("MaxParts", _PAGE_ENTRIES), _PAGE_ENTRIES)
    beyond = [
        part for part in service.objects.index.parts(upload.upload_id) if part.number > int(marker)
    ]
    page = beyond[:limit]
    members: dict[str, Any] = {
        "Bucket": call.bucket,
        "Key": call.key,
        "UploadId": upload.upload_id,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": page[-1].number if page else 0,
        "MaxParts": limit,
        "IsTruncated": len(beyond) > limit,
        "Parts": [
            {
                "PartNumber": part.number,
                "LastModified": part.last_modified,
                "ETag": f'"{part.etag}"',
                "Size": part.size_bytes,
                **{f"Checksum{name}": text for name, text in part.checksums.items()},
            }
            for part in page
        ],
        "Initiator": service.owner,
        "Owner": service.owner,
        "StorageClass": "STANDARD",
    }
    if upload.checksum_algorithm:
        members["ChecksumAlgorithm"] = upload.checksum_algorithm
        members["ChecksumType"] = upload.attributes.checksum_type
    return Answer(members)


async def list_multipart_uploads(service: Service, call: Call) -> Answer:
    """The bucket's uploads that go on, in pages."""
    service.objects.bucket(call.bucket)
    parameters = call.parameters
    prefix, delimiter = parameters.get("Prefix", ""), parameters.get("Delimiter", "")
    marker = (parameters.get("KeyMarker", ""), parameters.get("UploadIdMarker", ""))
    limit = min(parameters.get("MaxUploads", _PAGE_ENTRIES), _PAGE_ENTRIES)
    beyond = [
        upload
        for upload in service.objects.index.uploads(call.bucket)
        if upload.key.startswith(prefix) and _is_beyond(upload, *marker)
    ]
    grouped = groupby(beyond, lambda upload: common_prefix(upload.key, prefix, delimiter))
    entries: list[tuple[str | None, Upload]] = []
    for common, uploads in grouped:
        members = [(common, upload) for upload in uploads]
        entries.extend(members if common is None else members[-1:])
    page = entries[:limit]
    members_out: dict[str, Any] = {
        "Bucket": call.bucket,
        "Prefix": encoded(call, prefix),
        "Delimiter": encoded(call, delimiter or None),
        "KeyMarker": encoded(call, marker[0]),
        "UploadIdMarker": marker[1],
        "MaxUploads": limit,
        "EncodingType": parameters.get("EncodingType"),
        "IsTruncated": len(entries) > limit,
        "Uploads": [_listed(service, call, upload) for common, upload in page if common is None],
        "CommonPrefixes": [
            {"Prefix": encoded(call, common)} for common, _ in page if common is not None
        ],
    }
    if page and len(entries) > limit:
        members_out["NextKeyMarker"] = encoded(call, page[-1][1].key)
        members_out["NextUploadIdMarker"] = page[-1][1].upload_id
    return Answer(members_out)


def _is_beyond(upload: Upload, key_marker: str, upload_id_marker: str) -> bool:
    if not key_marker:
        return True
    if upload.key == key_marker and upload_id_marker:
        return upload.upload_id > upload_id_marker
    return upload.key.encode() > key_marker.encode()


def _listed(service: Service, call: Call, upload: Upload) -> dict[str, Any]:
    return {
        "Key": encoded(call, upload.key),
        "UploadId": upload.upload_id,
        "Initiated": upload.initiated,
        "StorageClass": "STANDARD",
        "Owner": service.owner,
        "Initiator": service.owner,
    }


def _upload(service: Service, call: Call) -> Upload:
    return find_upload(service.objects, call.bucket, call.key, call.parameters["UploadId"])


OPERATIONS: Mapping[str, Handler] = {
    "CreateMultipartUpload": create_multipart_upload,
    "UploadPart": upload_part,
    "CompleteMultipartUpload": complete_multipart_upload,
    "AbortMultipartUpload": abort_multipart_upload,
    "ListParts": list_parts,
    "ListMultipartUploads": list_multipart_uploads,
}
