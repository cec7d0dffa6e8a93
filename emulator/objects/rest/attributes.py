"""GetObjectAttributes."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.errors import AwsError
from emulator.objects.records import StoredObject
from emulator.objects.rest.call import Answer, Call, Handler, Service


async def get_object_attributes(service: Service, call: Call) -> Answer:
    """The attributes of an object that the request names.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
    """
    wanted = call.parameters["ObjectAttributes"]
    unknown = [name for name in wanted if name not in _ATTRIBUTES]
    if unknown:
        raise AwsError(
            "InvalidArgument",
            f"Invalid attribute name specified: {', '.join(unknown)}."
            f" Expected: {', '.join(_ATTRIBUTES)}.",
        )
    stored = service.objects.find(call.bucket, call.key, call.parameters.get("VersionId"))
    return Answer(
        {
            "LastModified": stored.info.last_modified,
            **{name: _ATTRIBUTES[name](stored) for name in wanted},
        }
    )


def _checksum(stored: StoredObject) -> dict[str, str] | None:
    attributes = stored.attributes
    if not attributes.checksums:
        return None
    checksums = {f"Checksum{name}": text for name, text in attributes.checksums.items()}
    return {**checksums, "ChecksumType": attributes.checksum_type}


def _parts(stored: StoredObject) -> dict[str, int] | None:
    # AWS: "This value is only returned if the object was uploaded in parts"; it lists the parts
    # themselves only for those with checksums of their own, which are not kept.
    count = len(stored.attributes.part_sizes)
    return {"TotalPartsCount": count} if count else None


_ATTRIBUTES: Mapping[str, Callable[[StoredObject], Any]] = {
    "ETag": lambda stored: stored.info.etag,
    "Checksum": _checksum,
    "ObjectParts": _parts,
    "StorageClass": lambda stored: stored.attributes.headers.get("StorageClass", "STANDARD"),
    "ObjectSize": lambda stored: stored.info.size_bytes,
}

OPERATIONS: Mapping[str, Handler] = {"GetObjectAttributes": get_object_attributes}
