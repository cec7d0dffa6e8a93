"""Runs inside a function's process: loads the handler, calls it once and reports.

Started by path, with nothing but the standard library, so that the function finds only its own
modules and the interpreter's packages. The emulator writes one JSON object to the request pipe and
keeps it open: its end means that the emulator is gone, and so this process ends too. The answers
go through the answer pipe as JSON lines: ``{"ready": true}`` when the handler is loaded, then one
of ``{"result": text}`` and ``{"error": {...}, "printed": text}``. Its first act is to enter the
namespaces and make the mounts that it is given, so that the function has a /tmp of its own.

Source: the Lambda developer guide, "Python handler", "Python context object", "Python exceptions".
"""

import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

CLONE_FLAGS = {"mount": 0x00020000, "user": 0x10000000}
MS_BIND_ALL = 0x1000 | 0x4000
MS_PRIVATE_ALL = 0x40000 | 0x4000


class Context:
    """The handler's second argument."""

    def __init__(self, event: dict[str, Any], deadline_seconds: float) -> None:
        self.function_name = event["function_name"]
        self.function_version = event["function_version"]
        self.invoked_function_arn = event["invoked_function_arn"]
        self.memory_limit_in_mb = event["memory_limit_in_mb"]
        self.aws_request_id = event["aws_request_id"]
        self.log_group_name = event["log_group_name"]
        self.log_stream_name = event["log_stream_name"]
        self.identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self.client_context = _client_context(event["client_context"])
        self._deadline_seconds = deadline_seconds

    def get_remaining_time_in_millis(self) -> int:
        """How long the function still has, never below 0."""
        return max(0, int((self._deadline_seconds - time.time()) * 1000))

    def log(self, message: object) -> None:
        """Write the message to the log as it is."""
        sys.stdout.write(str(message))


class Unloadable(Exception):
    """The handler cannot be had; ``kind`` is Lambda's name for the reason."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.trace = trace or []


class _LogHandler(logging.Handler):
    def __init__(self, request_id: str) -> None:
        super().__init__()
        self._request_id = request_id

    def emit(self, record: logging.LogRecord) -> None:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        stamp = f"{moment}.{int(record.msecs):03d}Z"
        text = self.format(record)
        print(f"[{record.levelname}]\t{stamp}\t{self._request_id}\t{text}", flush=True)


def main() -> int:
    """Serve one invocation over the two pipes whose numbers are the arguments."""
    request_fd, answer_fd = int(sys.argv[1]), int(sys.argv[2])
    task_root = os.environ["LAMBDA_TASK_ROOT"]
    sys.path[0] = task_root
    os.set_inheritable(request_fd, False)
    os.set_inheritable(answer_fd, False)
    invocation = _read_invocation(request_fd)
    if invocation["mounts"]:
        _mount(invocation["namespaces"], invocation["mounts"])
    threading.Thread(target=_end_with, args=(request_fd,), daemon=True).start()
    logging.getLogger().addHandler(_LogHandler(invocation["aws_request_id"]))
    try:
        handler = load_handler(invocation["handler"])
        _write(answer_fd, {"ready": True})
        deadline_seconds = time.time() + invocation["timeout_seconds"]
        answer = _call(handler, invocation["event"], Context(invocation, deadline_seconds))
    except Unloadable as error:
        answer = _failure(error.kind, str(error), error.trace)
    sys.stdout.flush()
    sys.stderr.flush()
    _write(answer_fd, _without_path(answer, task_root))
    return 0


def _read_invocation(request_fd: int) -> dict[str, Any]:
    line = b""
    while not line.endswith(b"\n"):
        chunk = os.read(request_fd, 1 << 20)
        if not chunk:
            raise SystemExit("the emulator ended before it gave an event")
        line += chunk
    invocation: dict[str, Any] = json.loads(line)
    return invocation


def _mount(namespaces: list[str], mounts: list[tuple[str, str]]) -> None:
    """Show each source at its target, to this process and what it starts alone."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def check(result: int, action: str) -> None:
        if result != 0:
            raise OSError(ctypes.get_errno(), f"cannot {action}")

    user, group = os.getuid(), os.getgid()
    check(libc.unshare(sum(CLONE_FLAGS[name] for name in namespaces)), "make namespaces")
    if "user" in namespaces:
        maps = {"setgroups": "deny", "uid_map": f"{user} {user} 1", "gid_map": f"{group} {group} 1"}
        for name, content in maps.items():
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - pathlib is an import
                file.write(content)
    check(libc.mount(b"none", b"/", None, MS_PRIVATE_ALL, None), "make mounts private")
    for source, target in mounts:
        done = libc.mount(os.fsencode(source), os.fsencode(target), None, MS_BIND_ALL, None)
        check(done, f"mount {source} on {target}")


def _end_with(request_fd: int) -> None:
    while os.read(request_fd, 1024):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def load_handler(name: str) -> Callable[[Any, Context], Any]:
    """The function that ``package/module.function`` names.

    Raises:
        Unloadable: Its module does not import, or has no such function.
    """
    import importlib

    module_name, _, function_name = name.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Unloadable(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
        ) from error
    except SyntaxError as error:
        raise Unloadable(
            "Runtime.UserCodeSyntaxError",
            f"Syntax error in module '{module_name}': {error}",
            [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'],
        ) from error
    except Exception as error:  # the user's code: its fault is the answer
        raise Unloadable(type(error).__name__, str(error), _user_frames(error)) from error
    function: Callable[[Any, Context], Any] | None = getattr(module, function_name, None)
    if function is None:
        raise Unloadable(
            "Runtime.HandlerNotFound",
            f"Handler '{function_name}' missing on module '{module_name}'",
        )
    return function


def _call(handler: Callable[[Any, Context], Any], event: Any, context: Context) -> dict[str, Any]:
    try:
        result = handler(event, context)
    except Exception as error:  # noqa: BLE001 - the user's code: its fault is the answer
        return _failure(type(error).__name__, str(error), _user_frames(error))
    try:
        return {"result": json.dumps(result)}
    except (TypeError, ValueError) as error:
        return _failure("Runtime.MarshalError", f"Unable to marshal response: {error}", [])


def _failure(kind: str, message: str, trace: list[str]) -> dict[str, Any]:
    printed = f"[ERROR] {kind}: {message}"
    if trace:
        printed += "\nTraceback (most recent call last):\n" + "\n".join(trace)
    error = {"errorMessage": message, "errorType": kind, "stackTrace": trace}
    return {"error": error, "printed": printed}


def _user_frames(error: BaseException) -> list[str]:
    """The frames below this file's own and the import system's, as Lambda gives them."""
    frames = traceback.extract_tb(error.__traceback__)
    own = (__file__, "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")
    seen = [f for f in frames if f.filename not in own and "importlib/__init__" not in f.filename]
    return [line.rstrip("\n") + "\n" for line in traceback.format_list(seen)]


def _without_path(answer: dict[str, Any], task_root: str) -> dict[str, Any]:
    """Say /var/task as Lambda does, so that traces can be compared with AWS's."""
    if "error" not in answer:
        return answer
    shown: dict[str, Any] = json.loads(
        json.dumps(answer).replace(json.dumps(task_root)[1:-1], "/var/task")
    )
    return shown


def _client_context(given: dict[str, Any] | None) -> SimpleNamespace | None:
    if given is None:
        return None
    client = SimpleNamespace(**given["client"]) if "client" in given else None
    return SimpleNamespace(client=client, custom=given.get("custom"), env=given.get("env"))


def _write(answer_fd: int, answer: dict[str, Any]) -> None:
    content = json.dumps(answer).encode() + b"\n"
    while content:
        content = content[os.write(answer_fd, content) :]


if __name__ == "__main__":
    sys.exit(main())
