"""S3's checksum algorithms.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

import base64
import functools
import hashlib
import importlib
import zlib
from collections.abc import Callable, Sequence
from typing import Protocol

from emulator.errors import unsupported

Buffer = bytes | bytearray | memoryview


ALGORITHMS = (
    "CRC32",
    "CRC32C",
    "CRC64NVME",
    "SHA1",
    "SHA256",
    "SHA512",
    "MD5",
    "XXHASH64",
    "XXHASH3",
    "XXHASH128",
)


class Digest(Protocol):
    """A checksum that goes on with each chunk of content."""

    def update(self, chunk: Buffer, /) -> None:
        """Take the next chunk."""
        ...

    def digest(self) -> bytes:
        """The checksum of all chunks so far, as S3 writes it before base64."""
        ...


class _CyclicRedundancyCheck:
    def __init__(self, function: Callable[[Buffer, int], int], size_bytes: int) -> None:
        self._function = function
        self._size_bytes = size_bytes
        self._value = 0

    def update(self, chunk: Buffer, /) -> None:
        self._value = self._function(chunk, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size_bytes, "big")


def start_digest(algorithm: str) -> Digest:
    """A new checksum of one of S3's algorithms.

    Raises:
        AwsError: UnsupportedByEmulator, if a library that computes it is not installed.
    """
    try:
        return _STARTERS[algorithm]()
    except (KeyError, ImportError) as error:
        known = ", ".join(available())
        raise unsupported(
            f"Checksum algorithm {algorithm} needs a library that is not installed here"
            f" ({error}). Use one of: {known}."
        ) from error


@functools.cache
def available() -> tuple[str, ...]:
    """The algorithms that can be computed here."""
    found = []
    for algorithm, start in _STARTERS.items():
        try:
            start()
        except ImportError:
            continue
        found.append(algorithm)
    return tuple(found)


def encode(digest: bytes) -> str:
    """A checksum as headers carry it."""
    return base64.b64encode(digest).decode()


def composite(algorithm: str, part_checksums: Sequence[str]) -> str:
    """The checksum of a multipart object made of its parts' checksums."""
    digest = start_digest(algorithm)
    for checksum in part_checksums:
        digest.update(base64.b64decode(checksum))
    return f"{encode(digest.digest())}-{len(part_checksums)}"


def _start_other_crc(model: str, size_bytes: int) -> Digest:
    # Of the standard library's only CRC32; awscrt has them too, but in its presence boto3 signs
    # by other code than on a machine without it.
    calculate = importlib.import_module("anycrc").Model(model).calc
    return _CyclicRedundancyCheck(calculate, size_bytes)


_STARTERS: dict[str, Callable[[], Digest]] = {
    "CRC32": lambda: _CyclicRedundancyCheck(zlib.crc32, 4),
    "CRC32C": lambda: _start_other_crc("CRC32C", 4),
    "CRC64NVME": lambda: _start_other_crc("CRC64-NVME", 8),
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA256": hashlib.sha256,
    "SHA512": hashlib.sha512,
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
}
