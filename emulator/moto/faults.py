"""An error in the protocol the client speaks.

Source: the error sections of the awsJson, awsQuery and rpcv2Cbor protocols of Smithy.
"""

import json
from html import escape
from uuid import uuid4

from emulator.errors import AwsError
from emulator.moto.requests import MotoRequest, Response

_CBOR_MAP_OF_TWO = b"\xa2"
_CBOR_TEXT = 0x60


def fault(request: MotoRequest, error: AwsError) -> Response:
    """The error as an answer to the request."""
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return _response(
            error, "application/cbor", _cbor(error), ("smithy-protocol", "rpc-v2-cbor")
        )
    if "x-amz-target" in request.headers:
        text = json.dumps({"__type": error.code, "message": error.message})
        return _response(error, "application/x-amz-json-1.1", text.encode())
    text = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{uuid4()}</RequestId></ErrorResponse>"
    )
    return _response(error, "text/xml", text.encode())


def _response(
    error: AwsError, content_type: str, body: bytes, *headers: tuple[str, str]
) -> Response:
    length = ("content-length", str(len(body)))
    return error.status, (("content-type", content_type), length, *headers), body


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
