"""A request's body: read in large batches, decoded, checked against what the client declared."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from emulator.errors import AwsError
from emulator.objects.checksums import ALGORITHMS, Buffer, encode, start_digest
from emulator.objects.records import Content
from emulator.objects.rest.chunked import ChunkedDecoder

Receive = Callable[[], Awaitable[Mapping[str, Any]]]

_BATCH_BYTES = 1 << 20
_DOCUMENT_MAXIMUM_BYTES = 8 << 20
_UPLOAD_MAXIMUM_BYTES = 5 << 30
_CHECKSUM_HEADERS = {f"x-amz-checksum-{name.lower()}": name for name in ALGORITHMS}
_HEX_SHA256_CHARACTERS = 64


class ClientGone(Exception):
    """The client closed the connection before the end of the body."""


class Body:
    """The body of one request; it can be read once."""

    def __init__(self, receive: Receive, headers: Mapping[str, str]) -> None:
        self._receive = receive
        self._headers = headers
        self._is_chunked = headers.get("x-amz-content-sha256", "").startswith("STREAMING-") or (
            "aws-chunked" in headers.get("content-encoding", "")
        )
        self._is_read = False
        self.trailers: Mapping[str, str] = {}
        self.size_bytes = self._declared_size_bytes()

    def _declared_size_bytes(self) -> int | None:
        name = "x-amz-decoded-content-length" if self._is_chunked else "content-length"
        text = self._headers.get(name, "")
        return int(text) if text.isdecimal() else None

    @property
    def is_awaiting_consent(self) -> bool:
        """Whether the client waits for "100 Continue", which the first read of the body sends."""
        return "expect" in self._headers and not self._is_read

    def check_size(self) -> None:
        """Refuse a body whose size was not said, or is beyond what one request may bring.

        Raises:
            AwsError: MissingContentLength; EntityTooLarge.
        """
        if self.size_bytes is None:
            raise AwsError(
                "MissingContentLength", "You must provide the Content-Length HTTP header.", 411
            )
        if self.size_bytes > _UPLOAD_MAXIMUM_BYTES:
            raise AwsError(
                "EntityTooLarge",
                "Your proposed upload exceeds the maximum allowed size",
                ProposedSize=self.size_bytes,
                MaxSizeAllowed=_UPLOAD_MAXIMUM_BYTES,
            )

    async def batches(self) -> AsyncIterator[list[Buffer]]:
        """The content in batches of about 1 MiB.

        Raises:
            ClientGone: The body broke off.
            AwsError: InvalidChunkSizeError; IncompleteBody.
        """
        batch: list[Buffer] = []
        batch_bytes = total_bytes = 0
        async for chunk in self._chunks():
            batch.append(chunk)
            batch_bytes += len(chunk)
            if batch_bytes >= _BATCH_BYTES:
                total_bytes += batch_bytes
                yield batch
                batch, batch_bytes = [], 0
        if batch:
            yield batch
        if self.size_bytes is not None and total_bytes + batch_bytes != self.size_bytes:
            raise _incomplete()

    async def _chunks(self) -> AsyncIterator[Buffer]:
        self._is_read = True
        decoder = ChunkedDecoder() if self._is_chunked else None
        is_more = True
        while is_more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            is_more = message.get("more_body", False)
            received: bytes = message.get("body", b"")
            if decoder:
                for content in decoder.feed(received):
                    yield content
            elif received:
                yield received
        if decoder:
            self.trailers = decoder.trailers
            if not decoder.is_complete:
                raise _incomplete()

    async def document(self) -> bytes:
        """The whole of a small body, checked.

        Raises:
            ClientGone: The body broke off.
            AwsError: MalformedXML, if it is too big for any document; BadDigest.
        """
        content = bytearray()
        async for batch in self.batches():
            for chunk in batch:
                content += chunk
            if len(content) > _DOCUMENT_MAXIMUM_BYTES:
                raise AwsError("MalformedXML", "The request's document is too large.")
        checksums = {}
        for algorithm in self.algorithms():
            digest = start_digest(algorithm)
            digest.update(content)
            checksums[algorithm] = encode(digest.digest())
        md5 = start_digest("MD5")
        md5.update(content)
        self.check(Content("", len(content), md5.digest(), checksums))
        return bytes(content)

    def algorithms(self) -> tuple[str, ...]:
        """The checksums to compute while reading, so that ``check`` can compare them.

        Raises:
            AwsError: InvalidRequest, if a trailer names an unknown checksum.
        """
        wanted = [name for header, name in _CHECKSUM_HEADERS.items() if header in self._headers]
        trailer = self._headers.get("x-amz-trailer", "").lower()
        for header in filter(None, (name.strip() for name in trailer.split(","))):
            if header in _CHECKSUM_HEADERS:
                wanted.append(_CHECKSUM_HEADERS[header])
            elif header != "x-amz-trailer-signature":
                raise AwsError(
                    "InvalidRequest",
                    f"The value specified in the x-amz-trailer header is not supported: {header}",
                )
        if not wanted and self._signed_sha256():
            # Only then: beside a checksum it would prove the same again, at the price of an MD5.
            wanted.append("SHA256")
        return tuple(dict.fromkeys(wanted))

    def _signed_sha256(self) -> str | None:
        text = self._headers.get("x-amz-content-sha256", "")
        return text if len(text) == _HEX_SHA256_CHARACTERS else None

    def check(self, content: Content) -> dict[str, str]:
        """Compare what was read with what the client declared; gives the declared checksums.

        Raises:
            AwsError: InvalidDigest; BadDigest; XAmzContentSHA256Mismatch.
        """
        self._check_md5(content)
        signed = self._signed_sha256()
        if signed and "SHA256" in content.checksums:
            computed = base64.b64decode(content.checksums["SHA256"]).hex()
            if computed != signed.lower():
                raise AwsError(
                    "XAmzContentSHA256Mismatch",
                    "The provided 'x-amz-content-sha256' header does not match what was computed.",
                    ClientComputedContentSHA256=signed,
                    S3ComputedContentSHA256=computed,
                )
        given = {**self._headers, **self.trailers}
        declared = {
            name: given[header] for header, name in _CHECKSUM_HEADERS.items() if header in given
        }
        for algorithm, checksum in declared.items():
            if content.checksums.get(algorithm) != checksum:
                raise AwsError(
                    "BadDigest",
                    f"The {algorithm} you specified did not match the calculated checksum.",
                )
        return declared

    def _check_md5(self, content: Content) -> None:
        header = self._headers.get("content-md5")
        if header is None:
            return
        try:
            declared = base64.b64decode(header, validate=True)
        except ValueError:
            declared = b""
        if len(declared) != len(content.md5):
            raise AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.")
        if declared != content.md5:
            raise AwsError(
                "BadDigest",
                "The Content-MD5 you specified did not match what we received.",
                ExpectedDigest=header,
                CalculatedDigest=encode(content.md5),
            )


def _incomplete() -> AwsError:
    return AwsError(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header.",
    )
