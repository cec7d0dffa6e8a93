"""An error of a service without handlers here, in the protocol the client speaks.

Source: the error sections of Smithy's pages on each of AWS's protocols.
"""

import json
from collections.abc import Callable, Mapping
from html import escape
from uuid import uuid4

from emulator.errors import AwsError
from emulator.protocol.answer import HttpResponse

_CBOR_MAP_OF_TWO = b"\xa2"
_CBOR_TEXT = 0x60


def fault(headers: Mapping[str, str], error: AwsError, otherwise: str) -> HttpResponse:
    """The error as an answer to a request with these headers, whose names are in lower case.

    Several protocols are told by their headers; ``otherwise`` is the one if they are not, by
    botocore's name of it.
    """
    protocol = _told_by(headers) or otherwise
    content_type, write = _PROTOCOLS[protocol]
    body = write(error)
    answered = (
        ("content-type", content_type),
        ("content-length", str(len(body))),
        ("x-amzn-errortype", error.code),
        *((("smithy-protocol", "rpc-v2-cbor"),) if protocol == "smithy-rpc-v2-cbor" else ()),
    )
    return HttpResponse(error.status, answered, body)


def _told_by(headers: Mapping[str, str]) -> str | None:
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    return "json" if "x-amz-target" in headers else None


def _json(error: AwsError) -> bytes:
    return json.dumps({"__type": error.code, "message": error.message}).encode()


def _xml(error: AwsError) -> bytes:
    text = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{uuid4()}</RequestId></ErrorResponse>"
    )
    return text.encode()


def _ec2_xml(error: AwsError) -> bytes:
    text = (
        f"<Response><Errors><Error><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error></Errors>"
        f"<RequestID>{uuid4()}</RequestID></Response>"
    )
    return text.encode()


def _cbor(error: AwsError) -> bytes:
    members = (("__type", error.code), ("message", error.message))
    return _CBOR_MAP_OF_TWO + b"".join(_cbor_text(text) for pair in members for text in pair)


def _cbor_text(text: str) -> bytes:
    """Source: RFC 8949, 3.1, major type 3."""
    encoded = text.encode()
    size = len(encoded)
    if size < 24:
        return bytes([_CBOR_TEXT | size]) + encoded
    if size < 1 << 8:
        return bytes([_CBOR_TEXT | 24, size]) + encoded
    return bytes([_CBOR_TEXT | 25]) + size.to_bytes(2, "big") + encoded


_PROTOCOLS: Mapping[str, tuple[str, Callable[[AwsError], bytes]]] = {
    "json": ("application/x-amz-json-1.1", _json),
    "rest-json": ("application/json", _json),
    "query": ("text/xml", _xml),
    "rest-xml": ("text/xml", _xml),
    "ec2": ("text/xml", _ec2_xml),
    "smithy-rpc-v2-cbor": ("application/cbor", _cbor),
}
