"""The content files: written once under a random name, never changed."""

import contextlib
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

from emulator.objects.checksums import Buffer, Digest, encode, start_digest
from emulator.objects.records import Content

CHUNK_BYTES = 1 << 20
# Jobs hard-link these files: a job of another user then cannot change the object through its link.
_READ_ONLY = 0o444
_MAXIMUM_BUFFERS = 512
_WITHOUT_WAITING: int | None = getattr(os, "RWF_NOWAIT", None)  # only Linux has it


def new_content_id() -> str:
    """A name that no content file has."""
    return uuid.uuid4().hex


class ContentFolder:
    """The folder of the content files."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def path(self, content_id: str) -> Path:
        """The plain file of a content."""
        return self._folder / content_id

    def start(self, algorithms: Iterable[str] = ()) -> "ContentWriter":
        """A new content file which also computes these checksums while it is written."""
        return ContentWriter(self.path(new_content_id()), algorithms)

    def adopt(self, source: Path) -> Content:
        """Take a file that the caller gives away: moved if it lies on the same disk, else copied.

        Raises:
            ValueError: It is no regular file.
        """
        if not source.is_file():
            raise ValueError(f"{source} is no regular file")
        content_id = new_content_id()
        target = self._folder / content_id
        # What a symbolic link points to was not given away: copy it, never move it.
        if source.is_symlink() or not _is_moved(source, target):
            shutil.copyfile(source, target)
        target.chmod(_READ_ONLY)
        return self.digest(content_id)

    def digest(self, content_id: str, algorithms: Iterable[str] = ()) -> Content:
        """The content of a file that is there, with its checksums computed."""
        md5 = start_digest("MD5")
        digests = {algorithm: start_digest(algorithm) for algorithm in algorithms}
        with self.path(content_id).open("rb") as file:
            size_bytes = os.fstat(file.fileno()).st_size
            _digest_file(file.fileno(), [md5, *digests.values()])
        checksums = {name: encode(digest.digest()) for name, digest in digests.items()}
        return Content(content_id, size_bytes, md5.digest(), checksums)

    def copy_range(
        self, source: int, offset: int, size_bytes: int, algorithms: Iterable[str] = ()
    ) -> Content:
        """A new content of a range of an open file."""
        writer = self.start(algorithms)
        try:
            while size_bytes and (chunk := os.pread(source, min(CHUNK_BYTES, size_bytes), offset)):
                writer.write([chunk])
                offset += len(chunk)
                size_bytes -= len(chunk)
        except BaseException:
            writer.discard()
            raise
        return writer.finish()

    def concatenate(self, content_ids: Sequence[str], algorithms: Iterable[str]) -> Content:
        """One new content of several, in order; its md5 is not computed and left empty."""
        content_id = new_content_id()
        digests = {algorithm: start_digest(algorithm) for algorithm in algorithms}
        target = os.open(self.path(content_id), os.O_CREAT | os.O_EXCL | os.O_WRONLY, _READ_ONLY)
        try:
            for part in content_ids:
                with self.path(part).open("rb") as source:
                    _append(target, source.fileno())
                    _digest_file(source.fileno(), digests.values())
            size_bytes = os.fstat(target).st_size
        except BaseException:
            self.remove(content_id)
            raise
        finally:
            os.close(target)
        checksums = {name: encode(digest.digest()) for name, digest in digests.items()}
        return Content(content_id, size_bytes, b"", checksums)

    def remove(self, content_id: str) -> None:
        """Delete the file, if it is there. Whoever has it open or linked keeps it."""
        with contextlib.suppress(FileNotFoundError):
            self.path(content_id).unlink()

    def remove_all_but(self, content_ids: set[str]) -> None:
        """Delete what a killed process left: written, but never named by the index."""
        for entry in self._folder.iterdir():
            if entry.name not in content_ids:
                self.remove(entry.name)


class ContentWriter:
    """A content file that grows; not thread-safe, but may move from thread to thread."""

    def __init__(self, path: Path, algorithms: Iterable[str] = ()) -> None:
        self._path = path
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._digests: dict[str, Digest] = {name: start_digest(name) for name in algorithms}
        self._size_bytes = 0
        self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _READ_ONLY)

    def write(self, chunks: Sequence[Buffer]) -> None:
        """Append the chunks."""
        for start in range(0, len(chunks), _MAXIMUM_BUFFERS):
            self._write_buffers(chunks[start : start + _MAXIMUM_BUFFERS])
        for chunk in chunks:
            self._md5.update(chunk)
            for digest in self._digests.values():
                digest.update(chunk)

    def _write_buffers(self, chunks: Sequence[Buffer]) -> None:
        expected = sum(len(chunk) for chunk in chunks)
        written = os.writev(self._file, chunks) if expected else 0
        self._size_bytes += expected
        if written < expected:  # only a full disk or a signal gets here
            rest = memoryview(b"".join(chunks))[written:]
            while rest:
                rest = rest[os.write(self._file, rest) :]

    def finish(self) -> Content:
        """Close the file."""
        os.close(self._file)
        checksums = {name: encode(digest.digest()) for name, digest in self._digests.items()}
        return Content(self._path.name, self._size_bytes, self._md5.digest(), checksums)

    def discard(self) -> None:
        """Close the file and delete it."""
        os.close(self._file)
        self._path.unlink()


def read_cached(file: int, offset: int, size_bytes: int) -> bytearray | None:
    """Bytes of an open file if they can be had without waiting for a disk, else None.

    A hand-over to a thread costs as much as copying 200 kB, and what was written a moment ago, as
    a pipeline's data mostly was, is still in memory.
    """
    if _WITHOUT_WAITING is None:
        return None
    chunk = bytearray(size_bytes)
    try:
        size_read = os.preadv(file, [chunk], offset, _WITHOUT_WAITING)
    except OSError:  # not in memory, or a file system that cannot tell
        return None
    del chunk[size_read:]
    return chunk if size_read or not size_bytes else None


def _is_moved(source: Path, target: Path) -> bool:
    try:
        source.rename(target)
    except OSError:  # another disk
        return False
    return True


def _append(target: int, source: int) -> None:
    remaining = os.fstat(source).st_size
    offset = 0
    while remaining:
        # In the kernel: the content does not pass through this process.
        copied = os.sendfile(target, source, offset, remaining)
        offset += copied
        remaining -= copied


def _digest_file(source: int, digests: Iterable[Digest]) -> None:
    digests = list(digests)
    offset = 0
    while digests and (chunk := os.pread(source, CHUNK_BYTES, offset)):
        offset += len(chunk)
        for digest in digests:
            digest.update(chunk)
