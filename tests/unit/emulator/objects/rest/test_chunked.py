import pytest

from emulator.errors import AwsError
from emulator.objects.rest.chunked import ChunkedDecoder

BODY = (
    b"5;chunk-signature=00\r\nhello\r\n6\r\n world\r\n0\r\n"
    b"x-amz-checksum-crc32:DUoRhQ==\r\nx-amz-trailer-signature:00\r\n\r\n"
)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_content_and_trailers_are_found_however_the_body_is_cut(size: int) -> None:
    decoder = ChunkedDecoder()
    content = b""
    for start in range(0, len(BODY), size):
        content += b"".join(decoder.feed(BODY[start : start + size]))
    assert content == b"hello world"
    assert decoder.trailers["x-amz-checksum-crc32"] == "DUoRhQ=="
    assert decoder.is_complete


def test_a_body_that_breaks_off_is_not_complete() -> None:
    decoder = ChunkedDecoder()
    decoder.feed(BODY[:-1])
    assert not decoder.is_complete


@pytest.mark.parametrize("body", [b"zz\r\n", b"2\r\nabc\r\n", b"-5\r\nhello", b"1" * 10_000])
def test_what_is_not_of_the_form_is_refused(body: bytes) -> None:
    with pytest.raises(AwsError, match="InvalidChunkSizeError"):
        ChunkedDecoder().feed(body)
