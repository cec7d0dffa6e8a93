"""The ASGI application: from a request to its operation's handler and back."""

import asyncio
import logging
import os
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from emulator.errors import AwsError
from emulator.objects.content import CHUNK_BYTES, read_cached
from emulator.objects.rest import handlers
from emulator.objects.rest.body import Body, ClientGone, Receive
from emulator.objects.rest.call import Answer, Call, FileRange, Service
from emulator.objects.rest.members import (
    error_document,
    read_members,
    takes_document,
    write_answer,
)
from emulator.objects.rest.presigned import check_not_expired
from emulator.objects.rest.refusals import refuse_what_is_not_done
from emulator.objects.rest.request import RestRequest, read_request
from emulator.objects.rest.routes import find_operation
from emulator.objects.storage import Objects

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
_Headers = list[tuple[str, str]]

logger = logging.getLogger(__name__)

_THREADS = 8


def make_s3_app(
    objects: Objects, *, region: str = "us-east-1", account_id: str = "123456789012"
) -> Application:
    """S3's REST API over the objects; path-style and virtual-hosted addresses.

    Any credentials are taken, signatures are not checked.
    """
    threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="s3")
    service = Service(objects, region, account_id, threads)

    async def s3_app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await _Exchange(service, scope, receive, send).run()

    return s3_app


class _Exchange:
    """One request and its answer."""

    def __init__(
        self, service: Service, scope: Mapping[str, Any], receive: Receive, send: Send
    ) -> None:
        self._service = service
        self._scope = scope
        self._receive = receive
        self._send = send
        self._request_id = uuid.uuid4().hex[:16].upper()

    async def run(self) -> None:
        body = Body(self._receive, {})
        try:
            request = read_request(self._scope)
            body = Body(self._receive, request.headers)
            call = await self._call(request, body)
            answer = await handlers.find(call.operation.name)(self._service, call)
        except ClientGone:
            return
        except AwsError as error:
            await self._send_error(error, body)
        except Exception:  # the process's boundary: a fault of ours, a full disk among them
            logger.exception("S3 %s %s failed", self._scope["method"], self._scope["raw_path"])
            failure = AwsError("InternalError", "The emulator failed: see its own log.", 500)
            await self._send_error(failure, body)
        else:
            await self._send_answer(call, answer)

    async def _call(self, request: RestRequest, body: Body) -> Call:
        operation = find_operation(request)
        handlers.find(operation.name)  # refused before its body is read
        check_not_expired(request, time.time())
        content = await body.document() if takes_document(operation) else b""
        parameters = read_members(operation, request, content)
        owner = parameters.get("ExpectedBucketOwner", self._service.account_id)
        if owner != self._service.account_id:
            raise AwsError("AccessDenied", "Access Denied", 403)
        refuse_what_is_not_done(operation.name, parameters)
        return Call(operation, parameters, request.headers, body, request.headers.get("host", ""))

    async def _send_error(self, error: AwsError, body: Body) -> None:
        headers: _Headers = []
        content = b""
        if error.status == 304:
            headers.append(("etag", str(error.members["ETag"])))
        elif self._scope["method"] != "HEAD":
            resource = self._scope["raw_path"].decode("latin-1")
            content = error_document(error, resource, self._request_id)
            headers.append(("content-type", "application/xml"))
        if body.is_awaiting_consent:
            # It may send its body or not, so what comes next on the connection cannot be known.
            headers.append(("connection", "close"))
        await self._send_head(error.status, headers, len(content))
        await self._send({"type": "http.response.body", "body": content})

    async def _send_answer(self, call: Call, answer: Answer) -> None:
        written = write_answer(call.operation, answer.members)
        status = answer.status
        if status == 200:
            status = int(call.operation.http.get("responseCode", 200))
        declared = answer.members.get("ContentLength")
        size_bytes = len(written.body) if declared is None else int(declared)
        await self._send_head(status, written.headers, size_bytes)
        if answer.content is None:
            await self._send({"type": "http.response.body", "body": written.body})
        else:
            with answer.content.file:
                await self._send_content(answer.content)

    async def _send_head(self, status: int, headers: _Headers, size_bytes: int) -> None:
        lines = [("x-amz-request-id", self._request_id), ("x-amz-id-2", "emulator"), *headers]
        encoded = [
            (name.lower().encode("latin-1"), text.encode("latin-1", "replace"))
            for name, text in lines
            if name.lower() != "content-length"
        ]
        if status not in (204, 304):
            encoded.append((b"content-length", str(size_bytes).encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": encoded})

    async def _send_content(self, content: FileRange) -> None:
        offset, end = content.offset, content.offset + content.size_bytes
        is_more = True
        while is_more:
            chunk = await self._read(content.file.fileno(), offset, min(CHUNK_BYTES, end - offset))
            offset += len(chunk)
            is_more = bool(chunk) and offset < end
            await self._send({"type": "http.response.body", "body": chunk, "more_body": is_more})

    async def _read(self, descriptor: int, offset: int, size_bytes: int) -> bytes | bytearray:
        chunk = read_cached(descriptor, offset, size_bytes)
        if chunk is not None:
            return chunk
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._service.threads, os.pread, descriptor, size_bytes, offset
        )
