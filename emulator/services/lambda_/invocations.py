"""Invoke: a function's event in, what its handler returned out."""

import asyncio
import base64
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator.client_environment import client_environment
from emulator.containers import shown, temporary_mounts
from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError
from emulator.json_text import read_json
from emulator.services.lambda_.code import code_directory
from emulator.services.lambda_.invocation_log import InvocationLog
from emulator.services.lambda_.names import LATEST, existing_function
from emulator.services.lambda_.process import BOOTSTRAP, Invocation, Outcome, run

# Source: the Lambda developer guide, "Lambda quotas".
SYNCHRONOUS_BYTES_AT_MOST = 6_291_456
EVENT_BYTES_AT_MOST = 1_048_576
# Source: the same page: the only directory that a function writes to.
TEMPORARY = "/tmp"  # noqa: S108 - the function's


async def invoke(context: Context, request: Request) -> Answer:
    """Run the function, or with InvocationType Event only see that it will be run.

    Raises:
        AwsError: ResourceNotFoundException, InvalidRequestContentException,
            RequestTooLargeException. An error of the function is no AwsError: it is in the answer.
    """
    function = existing_function(context, request)
    kind = request.get("InvocationType", "RequestResponse")
    event = _event(request.get("Payload", b""), kind)
    client_context = _client_context(request.get("ClientContext"))
    if kind == "DryRun":
        return {"StatusCode": 204, "ExecutedVersion": LATEST}
    request_id = str(uuid.uuid4())
    arguments = (context, function, event, client_context, request_id)
    if kind == "Event":
        context.workers.start(f"lambda-{request_id}", _run_and_forget, *arguments)
        return {"StatusCode": 202}
    payload, is_error, tail = await _in_a_thread(context, request_id, arguments)
    answer: Answer = {"StatusCode": 200, "ExecutedVersion": LATEST, "Payload": payload}
    if is_error:
        answer["FunctionError"] = "Unhandled"
    if request.get("LogType") == "Tail":
        answer["LogResult"] = base64.b64encode(tail).decode()
    return answer


async def _in_a_thread(
    context: Context, request_id: str, arguments: tuple[Any, ...]
) -> tuple[bytes, bool, bytes]:
    """A thread of its own: functions that call each other must not wait for a pool's thread."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[bytes, bool, bytes]] = loop.create_future()

    def give(result: tuple[bytes, bool, bytes] | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        elif result is not None:
            done.set_result(result)

    def work() -> None:
        try:
            result = _run_and_log(*arguments)
        except Exception as error:  # noqa: BLE001 - the thread's boundary: the request gets it
            loop.call_soon_threadsafe(give, None, error)
        else:
            loop.call_soon_threadsafe(give, result, None)

    context.workers.start(f"lambda-{request_id}", work)
    return await done


def _event(payload: bytes, kind: str) -> Any:
    limit = EVENT_BYTES_AT_MOST if kind == "Event" else SYNCHRONOUS_BYTES_AT_MOST
    if len(payload) > limit:
        raise AwsError(
            "RequestTooLargeException",
            f"{len(payload)} byte payload is too large for the {kind} invocation type"
            f" (limit {limit} bytes)",
            413,
        )
    if not payload:
        return {}
    try:
        return read_json(payload, is_strict=True)
    except ValueError as error:
        raise AwsError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: Could not parse payload into json: {error}",
        ) from error


def _client_context(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return read_json(base64.b64decode(text, validate=True))
    except ValueError as error:
        raise AwsError(
            "InvalidRequestContentException",
            f"ClientContext must be base64 of a JSON object: {error}",
        ) from error


def _run_and_forget(*arguments: Any) -> None:
    """An Event invocation: what became of it stands in the log alone, and it is not retried."""
    _run_and_log(*arguments)


def _run_and_log(
    context: Context,
    function: Mapping[str, Any],
    event: Any,
    client_context: Any,
    request_id: str,
) -> tuple[bytes, bool, bytes]:
    group = function["LoggingConfig"].get("LogGroup", f"/aws/lambda/{function['FunctionName']}")
    day = time.strftime("%Y/%m/%d", time.gmtime(context.clock()))
    stream = f"{day}/[{LATEST}]{uuid.uuid4().hex}"
    path = context.settings.data_dir / "logs" / group.lstrip("/") / f"{stream}.log"
    with (
        tempfile.TemporaryDirectory(prefix="lambda-") as scratch,
        InvocationLog(path, context.clock) as log,
    ):
        log.say(_first_line(function["Runtime"]))
        log.say(f"START RequestId: {request_id} Version: {LATEST}")
        code = code_directory(context, function["FunctionName"], function["_Digest"])
        namespaces, mounts = _own_tmp(context, Path(scratch), code)
        invocation = Invocation(
            request=_bootstrap_request(function, event, client_context, request_id, group, stream),
            code_directory=code,
            variables=_variables(
                context, function, group, stream, TEMPORARY if mounts else scratch
            ),
            timeout_seconds=function["Timeout"],
            namespaces=namespaces,
            mounts=mounts,
        )
        outcome = run(invocation, log.write)
        payload, is_error, printed = _payload(outcome, request_id, function["Timeout"])
        log.finish_line()
        if printed:
            log.say(printed)
        log.say(f"END RequestId: {request_id}")
        log.say(_report(outcome, request_id, function["MemorySize"]))
        return payload, is_error, log.tail


def _own_tmp(
    context: Context, scratch: Path, code: Path
) -> tuple[list[str], list[tuple[str, str]]]:
    """The namespaces and the mounts for a /tmp of its own; none where the kernel gives none.

    Each invocation has a new one, as each is the first of its sandbox. Source: the Lambda developer
    guide, "Execution environment lifecycle".
    """
    possible = context.containers.isolation(scratch).namespaces
    if not possible:
        return [], []
    needed = [code, BOOTSTRAP.parent, Path(sys.prefix), Path(sys.base_prefix)]
    mounts = temporary_mounts(scratch, shown(needed), [Path(TEMPORARY)])
    namespaces = [name for name in possible if name != "pid"]
    return namespaces, [(source, target) for _, source, target, _ in mounts]


def _first_line(runtime: str) -> str:
    running = sys.version.split()[0]
    return f"INIT_START Runtime Version: python:{running} (asked for: {runtime})"


def _bootstrap_request(
    function: Mapping[str, Any],
    event: Any,
    client_context: Any,
    request_id: str,
    group: str,
    stream: str,
) -> dict[str, Any]:
    return {
        "handler": function["Handler"],
        "event": event,
        "client_context": client_context,
        "function_name": function["FunctionName"],
        "function_version": LATEST,
        "invoked_function_arn": function["FunctionArn"],
        "memory_limit_in_mb": str(function["MemorySize"]),
        "aws_request_id": request_id,
        "log_group_name": group,
        "log_stream_name": stream,
        "timeout_seconds": function["Timeout"],
    }


def _variables(
    context: Context, function: Mapping[str, Any], group: str, stream: str, temporary: str
) -> dict[str, str]:
    """Source: the Lambda developer guide, "Defined runtime environment variables"."""
    settings = context.settings
    code = str(code_directory(context, function["FunctionName"], function["_Digest"]))
    major, minor = sys.version_info[:2]
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "HOME": temporary,
        "TMPDIR": temporary,
        **client_environment(settings.endpoint_url, settings.region),
        **function.get("Environment", {}).get("Variables", {}),
        "PYTHONPATH": code,
        "_HANDLER": function["Handler"],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{major}.{minor}",
        "AWS_LAMBDA_FUNCTION_NAME": function["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": LATEST,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function["MemorySize"]),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "LAMBDA_TASK_ROOT": code,
        "LAMBDA_RUNTIME_DIR": str(Path(__file__).parent),
    }


def _payload(
    outcome: Outcome, request_id: str, timeout_seconds: int
) -> tuple[bytes, bool, str | None]:
    """The answer's body, whether it is an error, and what the log says of it."""
    if outcome.result is not None:
        payload = outcome.result.encode()
        if len(payload) <= SYNCHRONOUS_BYTES_AT_MOST:
            return payload, False, None
        error: dict[str, Any] = {
            "errorMessage": "Response payload size exceeded maximum allowed payload size"
            f" ({SYNCHRONOUS_BYTES_AT_MOST} bytes).",
            "errorType": "Function.ResponseSizeTooLarge",
        }
    elif outcome.error is not None:
        error = {**outcome.error, "requestId": request_id}
        return json.dumps(error).encode(), True, outcome.printed
    elif outcome.is_timed_out:
        message = f"Task timed out after {timeout_seconds:.2f} seconds"
        error = {
            "errorType": "Sandbox.Timedout",
            "errorMessage": f"RequestId: {request_id} Error: {message}",
        }
        return json.dumps(error).encode(), True, f"{request_id} {message}"
    else:
        error = {
            "errorType": "Runtime.ExitError",
            "errorMessage": f"RequestId: {request_id} Error: {_exit_reason(outcome.exit_status)}",
        }
    return json.dumps(error).encode(), True, error["errorMessage"]


def _exit_reason(status: int | None) -> str:
    if status is not None and status < 0:
        return f"Runtime exited with error: signal: {-status}"
    if status:
        return f"Runtime exited with error: exit status {status}"
    return "Runtime exited without providing a reason"


def _report(outcome: Outcome, request_id: str, memory_mb: int) -> str:
    duration_ms = outcome.duration_seconds * 1000
    return "\t".join(
        (
            f"REPORT RequestId: {request_id}",
            f"Duration: {duration_ms:.2f} ms",
            f"Billed Duration: {int(duration_ms) + 1} ms",
            f"Memory Size: {memory_mb} MB",
            f"Max Memory Used: {outcome.memory_bytes // (1024 * 1024)} MB",
            f"Init Duration: {outcome.init_seconds * 1000:.2f} ms",
        )
    )


OPERATIONS: Mapping[str, Handler] = {"Invoke": invoke}
