"""A job's log: lines ``EPOCH_MS<TAB>TEXT`` in a file whose size is bounded."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 8 * 1024 * 1024
TAIL_BYTES = 4 * 1024 * 1024
# CloudWatch Logs cuts events there. Source: "CloudWatch Logs quotas", event size.
LINE_BYTES = 256 * 1024


@dataclass
class JobLog:
    """Writes what a container prints, with its beginning and its end kept and its middle dropped.

    Work is done by the chunk and not by the line, because a script that prints a gigabyte must
    not hold the interpreter from the rest of the emulator.
    """

    path: Path
    on_line: Callable[[str], None] | None = None
    head_bytes: int = HEAD_BYTES
    tail_bytes: int = TAIL_BYTES
    clock: Callable[[], float] = time.time
    _file: BinaryIO = field(init=False, repr=False)
    _partial: bytes = field(default=b"", init=False, repr=False)
    _size: int = field(default=0, init=False)
    _head_end: int = field(default=0, init=False)
    _dropped_bytes: int = field(default=0, init=False)
    _dropped_lines: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Read again when the log is compacted, hence not "ab".
        self._file = self.path.open("r+b" if self.path.exists() else "w+b")
        self._size = self._head_end = self._file.seek(0, 2)

    @property
    def is_flooded(self) -> bool:
        """Whether more was printed than the head holds."""
        return self._size > self.head_bytes

    def note(self, text: str) -> None:
        """Write a line of the emulator's own, which is not given to ``on_line``."""
        self._append(self._stamp() + text.encode() + b"\n")
        self._file.flush()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes printed."""
        complete, newline, rest = (self._partial + chunk).rpartition(b"\n")
        if not newline and len(rest) < LINE_BYTES:
            self._partial = rest
            return
        if not newline:
            complete, rest = rest, b""
        self._partial = rest
        self._write_lines(complete)

    def close(self) -> None:
        """Write the unfinished last line, if any, and close the file."""
        if self._partial:
            self._write_lines(self._partial)
            self._partial = b""
        self._file.close()

    def _write_lines(self, lines: bytes) -> None:
        stamp = self._stamp()
        self._append(stamp + lines.replace(b"\n", b"\n" + stamp) + b"\n")
        self._file.flush()
        if self.on_line is not None:
            for line in lines.decode("utf-8", "replace").split("\n"):
                self.on_line(line)

    def _stamp(self) -> bytes:
        return b"%d\t" % int(self.clock() * 1000)

    def _append(self, stamped: bytes) -> None:
        self._file.write(stamped)
        self._size += len(stamped)
        if self._size <= self.head_bytes:
            self._head_end = self._size
        elif self._size - self._head_end > 2 * self.tail_bytes:
            self._compact()

    def _compact(self) -> None:
        self._file.seek(self._head_end)
        body = self._file.read()
        if self._dropped_bytes:
            body = body.partition(b"\n")[2]
        cut = body.find(b"\n", len(body) - self.tail_bytes) + 1
        lines = body.count(b"\n", 0, cut)
        self._dropped_lines += lines
        self._dropped_bytes += cut - lines * len(self._stamp())  # as printed, without our stamps
        marker = (
            f"[emulator: {self._dropped_lines} lines ({self._dropped_bytes} bytes) dropped here; "
            f"the first {self.head_bytes} and about the last {self.tail_bytes} bytes are kept]\n"
        )
        self._file.seek(self._head_end)
        self._file.truncate()
        self._file.write(self._stamp() + marker.encode() + body[cut:])
        self._size = self._file.tell()
