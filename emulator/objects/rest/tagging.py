"""Tags of objects: PutObjectTagging, GetObjectTagging, DeleteObjectTagging."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl

from emulator.errors import AwsError
from emulator.objects.rest.call import Answer, Call, Handler, Service

_MAXIMUM_TAGS = 10
_KEY_MAXIMUM_CHARACTERS = 128
_VALUE_MAXIMUM_CHARACTERS = 256


def parse_tags(header: str) -> dict[str, str]:
    """The tags of an x-amz-tagging header.

    Raises:
        AwsError: InvalidArgument; InvalidTag; BadRequest.
    """
    try:
        pairs = parse_qsl(header, keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise AwsError(
            "InvalidArgument",
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded",
        ) from error
    return _checked(pairs)


def _checked(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html."""
    tags = dict(pairs)
    if len(tags) != len(pairs):
        raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key")
    if len(tags) > _MAXIMUM_TAGS:
        raise AwsError("BadRequest", "Object tags cannot be greater than 10")
    for key, value in pairs:
        if not 1 <= len(key) <= _KEY_MAXIMUM_CHARACTERS:
            raise AwsError("InvalidTag", "The TagKey you have provided is invalid", TagKey=key)
        if len(value) > _VALUE_MAXIMUM_CHARACTERS:
            raise AwsError(
                "InvalidTag", "The TagValue you have provided is invalid", TagValue=value
            )
    return tags


async def put_object_tagging(service: Service, call: Call) -> Answer:
    """Replace the tags of the object or of a version."""
    tags = _checked([(tag["Key"], tag["Value"]) for tag in call.parameters["Tagging"]["TagSet"]])
    return _change_tags(service, call, tags)


def _change_tags(service: Service, call: Call, tags: Mapping[str, str]) -> Answer:
    service.objects.change_attributes(
        call.bucket,
        call.key,
        lambda attributes: replace(attributes, tags=tags),
        call.parameters.get("VersionId"),
    )
    return Answer()


async def get_object_tagging(service: Service, call: Call) -> Answer:
    """The tags of the object or of a version."""
    stored = service.objects.find(call.bucket, call.key, call.parameters.get("VersionId"))
    tags = stored.attributes.tags
    return Answer({"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]})


async def delete_object_tagging(service: Service, call: Call) -> Answer:
    """Remove the tags of the object or of a version."""
    return _change_tags(service, call, {})


OPERATIONS: Mapping[str, Handler] = {
    "PutObjectTagging": put_object_tagging,
    "GetObjectTagging": get_object_tagging,
    "DeleteObjectTagging": delete_object_tagging,
}
