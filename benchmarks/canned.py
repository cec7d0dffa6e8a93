"""A server that gives every request the same bytes at once: the floor of any client's call."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvloop

from benchmarks.running import Server


@contextmanager
def canned_server(answer: bytes) -> Iterator[Server]:
    """Serve a JSON answer from a process of its own, as a real server would."""
    command = [sys.executable, "-m", "benchmarks.canned"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(answer)
            process.stdin.close()
            port = int(process.stdout.readline())
            yield Server(f"http://127.0.0.1:{port}", process.pid, 0.0)
        finally:
            process.terminate()


class _Canned(asyncio.Protocol):
    """Answers once a request's body is whole."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, ending, body = self._received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if ending and len(body) >= int(length or 0):
            self._received = b""
            self._transport.write(self._answer)


async def _serve(body: bytes) -> None:
    head = (
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Canned(head.encode() + body), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(sys.stdin.buffer.read()))
