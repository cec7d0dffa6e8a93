"""Kept-alive HTTP/1.1 connections to one model server.

Written for the one thing that a request to a model server is, a POST with a body in memory, since
a general client costs more than the model behind it.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import httptools

_CONNECTIONS_KEPT = 64
_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux has it


@dataclass(frozen=True)
class Response:
    """A model server's answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class NoAnswer(Exception):
    """The connection ended, or could not be made, before the whole answer was there.

    Attributes:
        may_send_again: No byte of an answer had come, on a connection that was kept from before:
            the server closed it while it was idle.
    """

    def __init__(self, message: str, may_send_again: bool = False) -> None:
        super().__init__(message)
        self.may_send_again = may_send_again


class NoConnection(NoAnswer):
    """Nothing listens on the port: the request was not sent."""


class TooLarge(Exception):
    """The answer's body is over the limit."""


class _Connection(asyncio.Protocol):
    """One connection, on which requests follow one another."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Response] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._status = 0
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._size_bytes = 0
        self._has_begun = False
        self._has_headers = False
        self._was_used = False
        self.is_usable = True

    def send(self, head: bytes, body: bytes) -> "asyncio.Future[Response]":
        """Send a request and give the answer to come."""
        self._answer = asyncio.get_running_loop().create_future()
        if self._transport is None or self._transport.is_closing():
            self._fail(NoAnswer("the connection was closed", may_send_again=True))
            return self._answer
        if len(body) < 65536:
            self._transport.write(head + body)
        else:
            self._transport.writelines((head, body))
        return self._answer

    def close(self) -> None:
        """End the connection; an answer that was awaited does not come."""
        self.is_usable = False
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(NoAnswer(f"the server does not speak HTTP: {error}"))
            self.close()
            return
        if not self._answer.done():
            self._acknowledge()

    def _acknowledge(self) -> None:
        """Spare a server that writes head and body apart 40 ms of waiting for a late ACK.

        The kernel forgets the option with the next packet, so it is set whenever it is needed.
        """
        if _QUICK_ACK is not None and self._transport is not None:
            connection = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_usable = False
        if self._has_headers and "content-length" not in self._headers and exc is None:
            self.on_message_complete()  # the end of the connection was the end of the body
            return
        may_send_again = self._was_used and not self._has_begun
        self._fail(NoAnswer(f"the connection was lost: {exc or 'closed'}", may_send_again))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    # The parser's callbacks.

    def on_message_begin(self) -> None:
        self._headers = {}
        self._parts = []
        self._size_bytes = 0
        self._has_begun = True
        self._has_headers = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._has_headers = True
        self._status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self._size_bytes += len(body)
        if self._size_bytes > self._limit_bytes:
            self._fail(TooLarge(f"the answer has more than {self._limit_bytes} bytes"))
            self.close()
            return
        self._parts.append(body)

    def on_message_complete(self) -> None:
        if 100 <= self._status < 200:
            return
        self.is_usable = self.is_usable and self._parser.should_keep_alive()
        self._has_begun = self._has_headers = False
        self._was_used = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Response(self._status, self._headers, b"".join(self._parts)))


@dataclass(eq=False)
class ConnectionPool:
    """The connections to one server; used by the event loop's thread alone.

    Attributes:
        limit_bytes: The largest body that is taken.
        in_flight: Requests that are being answered now.
    """

    port: int
    limit_bytes: int
    in_flight: int = 0
    _idle: deque[_Connection] = field(default_factory=deque, repr=False)

    async def post(
        self, path: str, headers: Sequence[tuple[str, str]], body: bytes, timeout_seconds: float
    ) -> Response:
        """Send a POST and wait for its answer.

        Raises:
            NoConnection: The server is not there.
            NoAnswer: The server went away.
            TimeoutError: The answer did not come in time; the connection is closed.
            TooLarge: The answer is over the limit.
        """
        head = self._head(path, headers, len(body))
        self.in_flight += 1
        try:
            while True:
                connection = await self._connection()
                try:
                    return await self._exchange(connection, head, body, timeout_seconds)
                except NoAnswer as error:
                    if not error.may_send_again:
                        raise
        finally:
            self.in_flight -= 1

    def _head(self, path: str, headers: Sequence[tuple[str, str]], size_bytes: int) -> bytes:
        lines = [f"POST {path} HTTP/1.1", f"host: 127.0.0.1:{self.port}"]
        lines += [f"{name}: {value}" for name, value in headers]
        lines += [f"content-length: {size_bytes}", "", ""]
        return "\r\n".join(lines).encode("latin-1")

    async def _connection(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(
                lambda: _Connection(self.limit_bytes), "127.0.0.1", self.port
            )
        except OSError as error:
            raise NoConnection(f"no connection to port {self.port}: {error}") from error
        return connection

    async def _exchange(
        self, connection: _Connection, head: bytes, body: bytes, timeout_seconds: float
    ) -> Response:
        answer = connection.send(head, body)
        timer = asyncio.get_running_loop().call_later(timeout_seconds, _expire, answer)
        try:
            response = await answer
        except BaseException:
            connection.close()
            raise
        finally:
            timer.cancel()
        if connection.is_usable and len(self._idle) < _CONNECTIONS_KEPT:
            self._idle.append(connection)
        else:
            connection.close()
        return response

    def close(self) -> None:
        """End the connections that nobody waits on."""
        while self._idle:
            self._idle.pop().close()


def _expire(answer: "asyncio.Future[Response]") -> None:
    if not answer.done():
        answer.set_exception(TimeoutError("the model server did not answer in time"))
