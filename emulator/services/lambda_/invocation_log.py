"""What an invocation prints: into the log group's file and, if asked for, into the answer."""

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

# Lambda has no limit of its own here; a function in a loop must not fill the disk.
LOG_BYTES_AT_MOST = 16 * 1024 * 1024
# Source: the API reference of Invoke, LogResult: "The last 4 KB of the execution log".
TAIL_BYTES = 4096


class InvocationLog:
    r"""Lines ``EPOCH_MS\tTEXT``, appended to a file as they come."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._unfinished = b""
        self._written_bytes = 0
        self._dropped_bytes = 0
        self._tail = b""
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("ab")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, output: bytes) -> None:
        """Take a piece of output; its last line may be unfinished."""
        *lines, self._unfinished = (self._unfinished + output).split(b"\n")
        if len(self._unfinished) > TAIL_BYTES * 16:
            lines.append(self._unfinished)
            self._unfinished = b""
        self._append(lines)

    def say(self, text: str) -> None:
        """Write the runtime's own lines, after ending an unfinished one."""
        self.finish_line()
        self._append(text.encode().split(b"\n"), is_ours=True)

    def finish_line(self) -> None:
        """End the line that the function left open."""
        if self._unfinished:
            self._append([self._unfinished])
            self._unfinished = b""
        if self._dropped_bytes:
            notice = f"... {self._dropped_bytes} more bytes of output were dropped"
            self._append([notice.encode()], is_ours=True)
            self._dropped_bytes = 0

    @property
    def tail(self) -> bytes:
        """The last 4 KB."""
        return self._tail[-TAIL_BYTES:]

    def _append(self, lines: list[bytes], is_ours: bool = False) -> None:
        if not lines or self._file is None:
            return
        stamp = b"%d\t" % int(self._clock() * 1000)
        kept: list[bytes] = []
        for line in lines:
            if is_ours or self._written_bytes + len(line) <= LOG_BYTES_AT_MOST:
                kept.append(line)
                self._written_bytes += len(line)
            else:
                self._dropped_bytes += len(line) + 1
        self._file.write(b"".join(stamp + line + b"\n" for line in kept))
        self._file.flush()
        self._tail = (self._tail + b"".join(line + b"\n" for line in kept))[-TAIL_BYTES:]
