"""The HTTP client of model servers, against servers that answer byte by byte as told."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from emulator.services.runtime.connections import (
    ConnectionPool,
    NoAnswer,
    NoConnection,
    Response,
    TooLarge,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Name: value\r\n\r\nok"


class Server:
    """Answers each request of each connection with the next of the given pieces."""

    def __init__(self, *answers: bytes | tuple[bytes, ...], closes_after: int = 1_000) -> None:
        self.answers = list(answers)
        self.connections = 0
        self.requests: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []
        self._closes_after = closes_after

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        for _ in range(self._closes_after):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            length = int(head.lower().partition(b"content-length: ")[2].split()[0])
            self.requests.append(head + await reader.readexactly(length))
            if not self.answers:
                await asyncio.Event().wait()
            answer = self.answers.pop(0)
            for piece in (answer,) if isinstance(answer, bytes) else answer:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if b"close" in (answer if isinstance(answer, bytes) else answer[0]):
                break
        writer.close()


def talk(
    server: Server,
    requests: Callable[[ConnectionPool], Awaitable[list[Response]]],
    limit_bytes: int = 1_000,
) -> list[Response]:
    async def run() -> list[Response]:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        pool = ConnectionPool(listening.sockets[0].getsockname()[1], limit_bytes)
        try:
            answers = await requests(pool)
            assert pool.in_flight == 0
            return answers
        finally:
            pool.close()
            listening.close()
            for writer in server.writers:
                writer.transport.abort()
            await asyncio.sleep(0.01)

    return asyncio.run(run())


def post(times: int = 1, body: bytes = b"1,2", timeout_seconds: float = 20.0) -> Callable[..., Any]:
    async def requests(pool: ConnectionPool) -> list[Response]:
        headers = [("content-type", "text/csv")]
        return [
            await pool.post("/invocations", headers, body, timeout_seconds) for _ in range(times)
        ]

    return requests


def test_a_request_is_sent_whole_and_its_answer_read() -> None:
    server = Server(OK)
    (answer,) = talk(server, post())

    assert answer == Response(200, {"content-length": "2", "x-name": "value"}, b"ok")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.splitlines()[0] == b"POST /invocations HTTP/1.1"
    assert b"content-type: text/csv" in head.splitlines()
    assert body == b"1,2"


def test_one_connection_serves_one_request_after_another() -> None:
    server = Server(OK, OK, OK)
    talk(server, post(times=3))

    assert server.connections == 1


def test_as_many_connections_are_made_as_requests_are_under_way() -> None:
    server = Server(OK, OK, OK)

    async def three_at_once(pool: ConnectionPool) -> list[Response]:
        return list(await asyncio.gather(*(pool.post("/", [], b"", 20) for _ in range(3))))

    assert [answer.body for answer in talk(server, three_at_once)] == [b"ok"] * 3
    assert server.connections == 3


def test_a_connection_that_was_closed_while_idle_is_made_anew() -> None:
    server = Server(OK, OK, closes_after=1)

    async def with_a_pause(pool: ConnectionPool) -> list[Response]:
        first = await pool.post("/", [], b"", 20)
        await asyncio.sleep(0.02)
        return [first, await pool.post("/", [], b"", 20)]

    assert len(talk(server, with_a_pause)) == 2
    assert server.connections == 2


def test_a_new_connection_that_is_closed_without_an_answer_is_an_error() -> None:
    with pytest.raises(NoAnswer, match="the connection was lost"):
        talk(Server((b"",), closes_after=1), post())


def test_an_answer_in_pieces_is_put_together() -> None:
    pieces = tuple(bytes([byte]) for byte in OK)

    assert talk(Server(pieces), post())[0].body == b"ok"


def test_a_chunked_answer_is_read() -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )

    assert talk(Server(chunked, OK), post(times=2))[0].body == b"abcde"


def test_an_answer_that_ends_with_its_connection_is_read() -> None:
    until_the_end = b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nall of it"

    assert talk(Server(until_the_end), post())[0].body == b"all of it"


def test_an_interim_answer_is_not_the_answer() -> None:
    assert talk(Server(b"HTTP/1.1 100 Continue\r\n\r\n" + OK), post())[0].status == 200


def test_an_answer_cut_short_is_an_error() -> None:
    short = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nshort"

    with pytest.raises(NoAnswer):
        talk(Server(short), post())


def test_an_answer_that_is_not_http_is_an_error() -> None:
    with pytest.raises(NoAnswer, match="does not speak HTTP"):
        talk(Server(b"SSH-2.0-OpenSSH_9.2\r\n"), post())


def test_an_answer_that_does_not_come_is_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        talk(Server(), post(timeout_seconds=0.05))


def test_an_answer_over_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge):
        talk(Server(OK), post(), limit_bytes=1)


def test_a_port_on_which_nothing_listens_is_no_connection() -> None:
    async def run() -> None:
        server = await asyncio.start_server(Server().serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        await ConnectionPool(port, 10).post("/", [], b"", 1)

    with pytest.raises(NoConnection):
        asyncio.run(run())
