"""Bodies in S3's own chunked form, with checksums after the content.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

import re
from collections.abc import Callable

from emulator.errors import AwsError

_MAXIMUM_LINE_BYTES = 8192
_SIZE = re.compile(rb"[0-9a-fA-F]{1,16}")


class ChunkedDecoder:
    """Takes a body's bytes as they come and gives the content's.

    Attributes:
        trailers: The headers after the content, by their name in lower case.
        is_complete: Whether the end was seen.
    """

    def __init__(self) -> None:
        self.trailers: dict[str, str] = {}
        self.is_complete = False
        self._line = bytearray()
        self._remaining = 0
        self._take_line: Callable[[bytes], None] = self._take_size

    def feed(self, received: bytes) -> list[memoryview]:
        """The content in the next bytes, without copying it.

        Raises:
            AwsError: InvalidChunkSizeError, if it is not in that form.
        """
        view, position = memoryview(received), 0
        found: list[memoryview] = []
        while position < len(view) and not self.is_complete:
            if self._remaining:
                content = view[position : position + self._remaining]
                found.append(content)
                position += len(content)
                self._remaining -= len(content)
                continue
            end = received.find(b"\n", position)
            stop = len(received) if end < 0 else end + 1
            self._line += received[position:stop]
            position = stop
            self._check_line()
            if end >= 0:
                line = bytes(self._line).rstrip(b"\r\n")
                self._line.clear()
                self._take_line(line)
        return found

    def _check_line(self) -> None:
        if len(self._line) > _MAXIMUM_LINE_BYTES:
            raise _invalid("a line is too long")

    def _take_size(self, line: bytes) -> None:
        digits = line.partition(b";")[0]
        if not _SIZE.fullmatch(digits):  # int() would take a sign and underscores, too
            raise _invalid(f"{digits[:40]!r} is no size")
        self._remaining = int(digits, 16)
        self._take_line = self._take_end_of_chunk if self._remaining else self._take_trailer

    def _take_end_of_chunk(self, line: bytes) -> None:
        if line:
            raise _invalid("a chunk is longer than its size")
        self._take_line = self._take_size

    def _take_trailer(self, line: bytes) -> None:
        if not line:
            self.is_complete = True
            return
        name, _, value = line.decode("latin-1").partition(":")
        self.trailers[name.strip().lower()] = value.strip()


def _invalid(fault: str) -> AwsError:
    return AwsError("InvalidChunkSizeError", f"The aws-chunked body is not valid: {fault}.")
