"""The operations that make, fill and end multipart uploads."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulator.errors import AwsError
from emulator.objects.checksums import ALGORITHMS, start_digest
from emulator.objects.records import StoredObject, Upload
from emulator.objects.rest.call import Answer, Call, Handler, Service
from emulator.objects.rest.conditions import write_condition
from emulator.objects.rest.encryption import encryption_members
from emulator.objects.rest.reading import version_member
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

# Source: the user guide's table of checksum types; the algorithms without a full-object form.
_COMPOSITE_ONLY = frozenset({"SHA1", "SHA256", "SHA512", "MD5"})


async def create_multipart_upload(service: Service, call: Call) -> Answer:
    """Start an upload."""
    algorithm = call.parameters.get("ChecksumAlgorithm", "").upper()
    checksum_type = _checksum_type(algorithm, call.parameters.get("ChecksumType"))
    attributes = replace(given_attributes(service, call), checksum_type=checksum_type)
    upload = create_upload(service.objects, call.bucket, call.key, attributes, algorithm)
    members = {
        "Bucket": call.bucket,
        "Key": call.key,
        "UploadId": upload.upload_id,
        **encryption_members(attributes.headers),
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
            **encryption_members(upload.attributes.headers),
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
        **encryption_members(attributes.headers),
        **version_member(stored),
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


def _upload(service: Service, call: Call) -> Upload:
    return find_upload(service.objects, call.bucket, call.key, call.parameters["UploadId"])


OPERATIONS: Mapping[str, Handler] = {
    "CreateMultipartUpload": create_multipart_upload,
    "UploadPart": upload_part,
    "CompleteMultipartUpload": complete_multipart_upload,
    "AbortMultipartUpload": abort_multipart_upload,
}
