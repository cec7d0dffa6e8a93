"""Members of an operation's input and output, in a request's and in an answer's places."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import formatdate, parsedate_to_datetime
from typing import Any

from botocore.model import OperationModel, Shape, StructureShape

from emulator.errors import AwsError
from emulator.objects.rest.request import RestRequest
from emulator.objects.rest.xml import document, malformed_xml, read_document, read_scalar
from emulator.protocol.validate import check
from emulator.protocol.xml import escape, iso8601, write_members, write_scalar

# Where AWS does not name an answer's root element after the operation or its payload.
_ROOTS = {
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjectVersions": "ListVersionsResult",
    "DeleteObjects": "DeleteResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "UploadPartCopy": "CopyPartResult",
    "GetBucketTagging": "Tagging",
    "GetObjectTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketAcl": "AccessControlPolicy",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
}
_LOCATIONS = frozenset({"header", "headers", "querystring", "uri", "statusCode"})
# What AWS says when a header or parameter is none of its values.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_CHOICES = {
    "StorageClass": ("InvalidStorageClass", "The storage class you specified is not valid."),
    "ServerSideEncryption": (
        "InvalidEncryptionAlgorithmError",
        "The encryption request that you specified is not valid.",
    ),
    "ACL": ("InvalidArgument", "Invalid canned ACL."),
    "EncodingType": ("InvalidArgument", "Invalid Encoding Method specified in Request."),
    "MetadataDirective": ("InvalidArgument", "Unknown metadata directive."),
    "TaggingDirective": ("InvalidArgument", "Unknown tagging directive."),
}
_IGNORED_IF_MALFORMED = frozenset({"IfModifiedSince", "IfUnmodifiedSince"})


@dataclass(frozen=True)
class Written:
    """An answer's headers and, unless it is an object's content, its body."""

    headers: list[tuple[str, str]]
    body: bytes


def is_streamed(operation: OperationModel) -> bool:
    """Whether the request's body is content and no document."""
    return bool(operation.has_streaming_input)


def takes_document(operation: OperationModel) -> bool:
    """Whether the operation reads a document from the request's body."""
    shape = operation.input_shape
    return bool(shape and shape.serialization.get("payload")) and not is_streamed(operation)


def read_members(operation: OperationModel, request: RestRequest, body: bytes) -> dict[str, Any]:
    """The input's members by their name in botocore.

    Raises:
        AwsError: InvalidArgument; MalformedXML, each with all faults found.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    found = dict(_read_located(shape, request))
    payload = shape.serialization.get("payload")
    if payload and takes_document(operation):
        found |= _read_payload(shape, payload, body)
    return found


def _read_located(shape: StructureShape, request: RestRequest) -> Iterator[tuple[str, Any]]:
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        text: str | None = None
        if location == "header":
            text = request.headers.get(wire_name.lower())
        elif location == "querystring":
            text = request.query.get(wire_name)
        elif location == "uri":
            text = request.bucket if name == "Bucket" else request.key
        elif location == "headers":
            yield name, _prefixed(request.headers, wire_name.lower())
        if text is not None:
            _check_choice(name, member, text)
            yield from _read_text(name, member, text)


def _check_choice(name: str, shape: Shape, text: str) -> None:
    choices = shape.metadata.get("enum", ())
    if name in _CHOICES and text not in choices:
        code, message = _CHOICES[name]
        wire_name = shape.serialization.get("name", name)
        raise AwsError(
            code,
            f"{message} Got {text!r}; the values are: {', '.join(choices)}.",
            ArgumentName=wire_name,
            ArgumentValue=text,
        )


def _prefixed(headers: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): value
        for name, value in headers.items()
        if name.startswith(prefix)
    }


def _read_text(name: str, shape: Shape, text: str) -> Iterator[tuple[str, Any]]:
    try:
        if shape.type_name == "list":
            yield name, [element.strip() for element in text.split(",")]
        elif shape.type_name == "timestamp":
            yield name, _read_time(shape, text)
        else:
            yield name, read_scalar(shape, text)
    except ValueError as error:
        # A date that cannot be read is no condition. Source: RFC 9110, 13.1.3.
        if name not in _IGNORED_IF_MALFORMED:
            wire_name = shape.serialization.get("name", name)
            raise AwsError(
                "InvalidArgument",
                f"Provided {wire_name} not a valid {shape.type_name}",
                ArgumentName=wire_name,
                ArgumentValue=text,
            ) from error


def _read_time(shape: Shape, text: str) -> float | str:
    if shape.serialization.get("location") != "header":
        return text
    if shape.serialization.get("timestampFormat") == "iso8601":
        return datetime.fromisoformat(text).timestamp()
    return parsedate_to_datetime(text).timestamp()


def _read_payload(shape: StructureShape, payload: str, body: bytes) -> dict[str, Any]:
    member = shape.members[payload]
    if not body:
        if payload in shape.required_members:
            raise AwsError("MissingRequestBodyError", "Request Body is empty")
        return {}
    if not isinstance(member, StructureShape):
        return {payload: body.decode("utf-8", "replace")}
    value = read_document(member, body)
    accepted, faults = check(member, value)
    if faults:
        raise malformed_xml("; ".join(faults))
    return {payload: accepted}


def write_answer(operation: OperationModel, members: Mapping[str, Any]) -> Written:
    """The output's members as headers and a body."""
    shape = operation.output_shape
    if shape is None:
        return Written([], b"")
    headers = list(_write_located(shape, members))
    payload = shape.serialization.get("payload")
    if payload:
        body = _write_payload(operation, shape.members[payload], members.get(payload))
    elif any(_is_in_body(member) for member in shape.members.values()):
        inside = {
            name: value for name, value in members.items() if _is_in_body(shape.members[name])
        }
        body = _write_body(operation, shape, inside)
    else:
        body = b""
    if body and not (payload and not isinstance(shape.members[payload], StructureShape)):
        headers.append(("content-type", "application/xml"))
    return Written(headers, body)


def _write_body(
    operation: OperationModel, shape: StructureShape, members: Mapping[str, Any]
) -> bytes:
    if operation.name == "GetBucketLocation":  # the one whose root element is its only member
        return document("LocationConstraint", escape(members["LocationConstraint"]))
    root = _ROOTS.get(operation.name, f"{operation.name}Result")
    return document(root, write_members(shape, members))


def _write_payload(operation: OperationModel, shape: Shape, value: Any) -> bytes:
    if value is None:
        return b""
    if isinstance(shape, StructureShape):
        root = shape.serialization.get("name") or shape.name
        return document(_ROOTS.get(operation.name, root), write_members(shape, value))
    return str(value).encode()


def _write_located(shape: StructureShape, members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in members.items():
        member = shape.members[name]
        location = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        if value is None:
            continue
        if location == "headers":
            for suffix, text in value.items():
                yield f"{wire_name}{suffix}", text
        elif location == "header" and member.type_name == "timestamp":
            yield wire_name, _header_time(member, value)
        elif location == "header":
            yield wire_name, write_scalar(member, value)


def _header_time(shape: Shape, value: float | str) -> str:
    if isinstance(value, str):  # given by a client, and given back as it came
        return value
    if shape.serialization.get("timestampFormat") == "iso8601":
        return iso8601(value)
    return formatdate(int(value), usegmt=True)


def _is_in_body(shape: Shape) -> bool:
    return shape.serialization.get("location") not in _LOCATIONS


def error_document(error: AwsError, resource: str, request_id: str) -> bytes:
    """The body of an error answer.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """
    elements = {
        "Code": error.code,
        "Message": error.message,
        **error.members,
        "Resource": resource,
        "RequestId": request_id,
        "HostId": "emulator",
    }
    content = "".join(f"<{name}>{escape(str(text))}</{name}>" for name, text in elements.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{content}</Error>'.encode()
