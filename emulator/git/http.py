"""Git's smart HTTP protocol, by ``git http-backend``.

A request's body goes to a temporary file before git is started, so that a broken upload leaves
nothing, and a pack of any size needs no memory; what git answers to a fetch is streamed.

Source: git-http-backend; RFC 3875, The Common Gateway Interface.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from emulator.git.commands import environment, git_missing

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

UPLOAD_PACK, RECEIVE_PACK = "git-upload-pack", "git-receive-pack"
_CHUNK_BYTES = 64 * 1024
_IN_MEMORY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class GitRequest:
    """A request for one repository.

    Attributes:
        action: ``info/refs``, ``git-upload-pack`` or ``git-receive-pack``.
        headers: Names in lower case.
    """

    directory: Path
    action: str
    method: str
    query: str
    headers: Mapping[str, str]


class Disconnected(Exception):
    """The client went away before it had sent the whole request."""


async def serve(
    request: GitRequest, receive: Receive, send: Send, finish: Callable[[], Awaitable[None]]
) -> None:
    """Answer by git; ``finish`` is awaited after git has ended and before a push is answered.

    Raises:
        Disconnected: Nothing was done.
        AwsError: UnsupportedByEmulator: this machine has no git.
    """
    with tempfile.TemporaryFile() as body:
        size_bytes = await _spool(receive, body)
        body.seek(0)
        process = await _start(request, body, size_bytes)
    try:
        if request.action == RECEIVE_PACK:
            await _answer_push(process, send, finish)
        else:
            await _stream(process, send)
            await finish()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _spool(receive: Receive, body: IO[bytes]) -> int:
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        size_bytes += body.write(message.get("body", b""))
        if not message.get("more_body"):
            return size_bytes


async def _start(
    request: GitRequest, body: IO[bytes], size_bytes: int
) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            "git",
            "http-backend",
            stdin=body,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_variables(request, size_bytes),
        )
    except FileNotFoundError as error:
        raise git_missing() from error


def _variables(request: GitRequest, size_bytes: int) -> dict[str, str]:
    variables = environment(request.directory)
    del variables["GIT_DIR"]  # http-backend makes it of the two below
    return {
        **variables,
        "GIT_PROJECT_ROOT": str(request.directory.parent),
        "PATH_INFO": f"/{request.directory.name}/{request.action}",
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(size_bytes),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "REMOTE_ADDR": "127.0.0.1",
    }


async def _answer_push(
    process: asyncio.subprocess.Process, send: Send, finish: Callable[[], Awaitable[None]]
) -> None:
    """What git says of a push is short, and must not be heard before its effects are seen."""
    status, headers = await _read_head(_stdout(process))
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as said:
        while chunk := await _stdout(process).read(_CHUNK_BYTES):
            said.write(chunk)
        await process.wait()
        await finish()
        said.seek(0)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        while chunk := said.read(_CHUNK_BYTES):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _stream(process: asyncio.subprocess.Process, send: Send) -> None:
    status, headers = await _read_head(_stdout(process))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    while chunk := await _stdout(process).read(_CHUNK_BYTES):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
    await process.wait()


def _stdout(process: asyncio.subprocess.Process) -> asyncio.StreamReader:
    if process.stdout is None:
        raise RuntimeError("git http-backend was started without a pipe for its answer")
    return process.stdout


async def _read_head(stdout: asyncio.StreamReader) -> tuple[int, Headers]:
    status, headers = 200, []
    while line := (await stdout.readline()).strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"status":
            status = int(value.split()[0])
        else:
            headers.append((name.lower(), value.strip()))
    if not headers:
        raise RuntimeError("git http-backend ended without an answer")
    return status, headers
