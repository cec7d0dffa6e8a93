"""The ASGI application: one request in, one service's answer out."""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

from emulator import moto
from emulator.context import Context
from emulator.errors import AwsError, unsupported
from emulator.gateway import calls
from emulator.gateway.browsers import refuse_web_pages
from emulator.gateway.scope import CredentialScope, credential_scope, service_of
from emulator.gateway.status import describe_emulator
from emulator.protocol.answer import HttpResponse, answer, error_answer
from emulator.protocol.faults import fault
from emulator.protocol.models import load_service
from emulator.protocol.parse import HttpRequest, parse
from emulator.services.git.app import serve_git
from emulator.services.registry import SERVICES
from emulator.services.sagemaker.pipeline_executions import cache_report

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

# The largest body an operation other than S3's takes: InvokeEndpoint's 25 MB, and Lambda's zip
# file of 50 MB as base64.
BODY_LIMIT_BYTES = 70 * 1024 * 1024
_CBOR = "rpc-v2-cbor"
_FORM = "application/x-www-form-urlencoded"
# By botocore's models; all other services with these protocols are emulated.
_XML_PROTOCOLS = {"cloudfront": "rest-xml", "route53": "rest-xml"}
# AWS has no operation that tells why a step was, or was not, reused.
_CACHE_QUESTION = re.compile(r"/_emulator/executions/(arn:.+)/cache")


def make_app(context: Context, s3_app: AsgiApp) -> AsgiApp:
    """The application over a context; S3 streams, so it is given as an application of its own."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the emulator speaks HTTP only, not {scope['type']}")
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        query = scope["query_string"].decode("latin-1")
        try:
            refuse_web_pages(headers)
            about_itself = _about_itself(context, scope["path"])
            if about_itself is not None:
                await _send(send, _json_response(about_itself))
                return
            if await serve_git(context, scope, headers, receive, send):
                return
            credential = credential_scope(headers, query)
        except AwsError as error:
            await _send(send, error_answer(load_service("sagemaker"), error))
            return
        if credential.signing_name == "s3":
            await s3_app(scope, receive, send)
            return
        request = HttpRequest(
            scope["method"],
            scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0],
            query,
            headers,
            await _read(receive),
        )
        await _send(send, await _answer(context, credential, request))

    return app


def _about_itself(context: Context, path: str) -> dict[str, Any] | None:
    """The answer to a question about the emulator rather than about AWS."""
    if path == "/_emulator/status":
        return describe_emulator(context)
    cache_question = _CACHE_QUESTION.fullmatch(path)
    return {"Steps": cache_report(context, cache_question[1])} if cache_question else None


async def _answer(
    context: Context, credential: CredentialScope, request: HttpRequest
) -> HttpResponse:
    service = service_of(credential, request.headers, request.path)
    if service in SERVICES:
        if request.headers.get("smithy-protocol") == _CBOR:
            return fault(request.headers, _unknown_protocol(service), otherwise="json")
        if credential.region != context.settings.region:
            error = _wrong_region(credential.region, context.settings.region)
            return error_answer(load_service(service), error)
        return await _answer_ourselves(context, service, request)
    if service in moto.SERVICES:
        status, headers, body = await asyncio.to_thread(
            moto.answer,
            context,
            service,
            request.method,
            _url(request),
            request.headers,
            request.body,
        )
        return HttpResponse(status, headers, body)
    error = unsupported(f"The emulator does not support the service {service!r}.")
    return fault(request.headers, error, otherwise=_protocol(request, service))


async def _answer_ourselves(context: Context, service: str, request: HttpRequest) -> HttpResponse:
    model = load_service(service)
    try:
        if len(request.body) > BODY_LIMIT_BYTES:
            raise AwsError(
                "RequestEntityTooLargeException",
                f"The body has {len(request.body)} bytes; {service} takes {BODY_LIMIT_BYTES}.",
                413,
            )
        operation, parameters = parse(model, request)
        return answer(operation, await calls.run(context, operation, parameters))
    except AwsError as error:
        return error_answer(model, error)
    except Exception:  # the process's boundary: a fault of ours must not look like the caller's
        logger.exception("%s %s %s failed", service, request.method, request.path)
        failure = AwsError("InternalFailure", "The emulator failed: see its own log.", 500)
        return error_answer(model, failure)


def _unknown_protocol(service: str) -> AwsError:
    spoken = load_service(service).metadata["protocol"]
    return unsupported(f"The emulator speaks {spoken} as {service!r}, and not {_CBOR}.")


def _protocol(request: HttpRequest, service: str) -> str:
    """The protocol of a service that is not here, unless a header tells a newer one."""
    is_form = request.headers.get("content-type", "").startswith(_FORM)
    return _XML_PROTOCOLS.get(service, "query" if is_form else "rest-json")


def _wrong_region(signed_for: str, served: str) -> AwsError:
    return AwsError(
        "InvalidSignatureException",
        f"Credential should be scoped to a valid region: the request is signed for {signed_for!r} "
        f"and this emulator plays {served!r}. Set AWS_DEFAULT_REGION={served}, or start the "
        f"emulator with --region {signed_for}.",
        403,
    )


def _url(request: HttpRequest) -> str:
    path = unquote(request.path)
    return f"{path}?{request.query}" if request.query else path


async def _read(receive: Receive) -> bytes:
    """The whole body; of one that is over the limit, only enough to know."""
    parts: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        size_bytes += len(message.get("body", b""))
        if size_bytes <= 2 * BODY_LIMIT_BYTES:
            parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(send: Send, response: HttpResponse) -> None:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def _json_response(content: dict[str, Any]) -> HttpResponse:
    body = json.dumps(content).encode()
    length = ("content-length", str(len(body)))
    return HttpResponse(200, (("content-type", "application/json"), length), body)
