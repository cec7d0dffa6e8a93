"""The HTTP server of an image: GET /ping and POST /invocations on one event loop.

Source: "Use Your Own Inference Code with Hosting Services".
"""

import asyncio
import http
import logging
import os
import signal
import time
import traceback
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

import httptools
import uvloop

DEFAULT_PORT = 8080
# Up to here a prediction is made on the event loop: handing it to a thread would cost about as
# much again. Above, /ping must be answered meanwhile (AWS allows it 2 s).
INLINE_SECONDS = 0.005
INLINE_BODY_BYTES = 64 * 1024
LARGEST_BODY_BYTES = 100 * 1024 * 1024
FORGET_FACTOR = 0.9

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """An answer to POST /invocations."""

    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Application(Protocol):
    """What an image does with a request."""

    def invoke(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer a request; called by one thread at a time. Header names are in lower case."""
        ...


class Predictions:
    """Runs the application for one request at a time: on the loop when quick, else in a thread."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._executor = ThreadPoolExecutor(1, "prediction")
        self._in_thread = 0
        self._expected_seconds = 1.0

    def answer_now(self, headers: Mapping[str, str], body: bytes) -> Reply | None:
        """The reply, when it is expected at once; else None."""
        is_quick = self._expected_seconds < INLINE_SECONDS and len(body) <= INLINE_BODY_BYTES
        return self._invoke(headers, body) if is_quick and not self._in_thread else None

    async def answer(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """The reply, made in the thread."""
        self._in_thread += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, self._invoke, headers, body)
        finally:
            self._in_thread -= 1

    def _invoke(self, headers: Mapping[str, str], body: bytes) -> Reply:
        began = time.perf_counter()
        try:
            reply = self._application.invoke(headers, body)
        except Exception as error:  # noqa: BLE001 - the boundary of a request, which gets it
            reply = Reply(f"{error}\n{traceback.format_exc()}".encode(), status=500)
        finally:
            taken = time.perf_counter() - began
            self._expected_seconds = max(taken, self._expected_seconds * FORGET_FACTOR)
        if reply.status >= http.HTTPStatus.BAD_REQUEST:
            message = reply.body.decode(errors="replace")
            logger.error("POST /invocations answered %d: %s", reply.status, message)
        return reply


class Connection(asyncio.Protocol):
    """One client: requests are answered in order, pipelined or not."""

    def __init__(self, predictions: Predictions) -> None:
        self._predictions = predictions
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[str, str, dict[str, str], bytes, bool]] = deque()
        self._is_answering = False
        self._reset()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what is not answered."""
        self._transport = None
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._refuse(400, f"not an HTTP request: {error}")

    def on_url(self, url: bytes) -> None:
        """Take a part of the URL."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Ask for the body where the client waits for that."""
        if self._headers.get("expect", "").lower() == "100-continue" and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._size_bytes += len(body)
        if self._size_bytes > LARGEST_BODY_BYTES:
            self._refuse(413, f"the payload is larger than {LARGEST_BODY_BYTES} bytes")
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        """Answer, or queue behind the request being answered."""
        method = self._parser.get_method().decode()
        path = self._url.partition(b"?")[0].decode("latin-1")
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        request = (method, path, self._headers, body, self._parser.should_keep_alive())
        self._reset()
        if self._is_answering:
            self._waiting.append(request)
        else:
            self._answer(*request)

    def _reset(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._size_bytes = 0

    def _answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes, keep: bool
    ) -> None:
        if path == "/invocations" and method == "POST":
            reply = self._predictions.answer_now(headers, body)
            if reply is None:
                self._is_answering = True
                task = asyncio.ensure_future(self._predictions.answer(headers, body))
                task.add_done_callback(lambda done: self._finish(done.result(), keep))
                return
        else:
            reply = _other_reply(method, path)
        self._write(reply, keep)

    def _finish(self, reply: Reply, keep: bool) -> None:
        self._is_answering = False
        self._write(reply, keep)
        while self._waiting and not self._is_answering:
            self._answer(*self._waiting.popleft())

    def _write(self, reply: Reply, keep: bool) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(_encode(reply, keep))
        if not keep:
            self._transport.close()

    def _refuse(self, status: int, message: str) -> None:
        self._write(Reply(message.encode(), status=status), keep=False)


def _other_reply(method: str, path: str) -> Reply:
    if path == "/ping":
        return PING if method == "GET" else Reply(b"", status=405)
    if path == "/execution-parameters" and method == "GET":
        return EXECUTION_PARAMETERS
    if path == "/invocations":
        return Reply(b"", status=405)
    return Reply(f"no {path} here".encode(), status=404)


PING = Reply(b"")
EXECUTION_PARAMETERS = Reply(
    b'{"MaxConcurrentTransforms": 1, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}',
    "application/json",
)


def _encode(reply: Reply, keep: bool) -> bytes:
    head = [
        f"HTTP/1.1 {reply.status} {_phrase(reply.status)}",
        f"content-type: {reply.content_type}",
        f"content-length: {len(reply.body)}",
    ]
    head += [f"{name}: {value}" for name, value in reply.headers.items()]
    if not keep:
        head.append("connection: close")
    return "\r\n".join(head).encode("latin-1", "replace") + b"\r\n\r\n" + reply.body


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def run_server(application: Application) -> None:
    """Serve until SIGTERM on the port that SAGEMAKER_BIND_TO_PORT names."""
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", DEFAULT_PORT))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(application, port))


async def _serve(application: Application, port: int) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    predictions = Predictions(application)
    server = await loop.create_server(
        lambda: Connection(predictions), "127.0.0.1", port, backlog=1024
    )
    logger.info("listening on port %d", port)
    await ended.wait()
    server.close()
