"""A function's process against real files and real time."""

import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from emulator.containers.isolation import probe
from emulator.containers.launching import Launcher
from emulator.services.lambda_.process import Invocation, Outcome, run


def invoke(
    tmp_path: Path,
    source: str,
    *,
    timeout_seconds: float = 20,
    event: Any = None,
    namespaces: tuple[str, ...] = (),
    mounts: tuple[tuple[str, str], ...] = (),
) -> tuple[Outcome, bytes]:
    (tmp_path / "app.py").write_text(source)
    output = bytearray()
    request = {
        "handler": "app.handler",
        "event": event,
        "client_context": None,
        "function_name": "f",
        "function_version": "$LATEST",
        "invoked_function_arn": "arn",
        "memory_limit_in_mb": "128",
        "aws_request_id": "id",
        "log_group_name": "group",
        "log_stream_name": "stream",
        "timeout_seconds": timeout_seconds,
    }
    variables = {"LAMBDA_TASK_ROOT": str(tmp_path), "PATH": os.environ["PATH"]}
    invocation = Invocation(request, tmp_path, variables, timeout_seconds, namespaces, mounts)
    return run(invocation, output.extend), bytes(output)


def test_the_handlers_value_comes_back_as_json(tmp_path: Path) -> None:
    outcome, _ = invoke(
        tmp_path, "def handler(event, context): return {'got': event}", event={"a": [1, None]}
    )

    assert outcome.result == '{"got": {"a": [1, null]}}'
    assert outcome.error is None


def test_an_event_larger_than_a_pipe_arrives_whole(tmp_path: Path) -> None:
    outcome, _ = invoke(
        tmp_path, "def handler(event, context): return len(event)", event="x" * 3_000_000
    )

    assert outcome.result == "3000000"


def test_both_streams_are_given_as_they_come(tmp_path: Path) -> None:
    source = (
        "import sys\ndef handler(event, context):\n"
        "    print('to stdout'); print('to stderr', file=sys.stderr); return 1"
    )
    outcome, output = invoke(tmp_path, source)

    assert outcome.result == "1"
    assert output == b"to stdout\nto stderr\n"


def test_output_of_a_million_lines_does_not_stop_the_function(tmp_path: Path) -> None:
    source = "def handler(event, context):\n    print('line\\n' * 1_000_000)\n    return 'done'"
    outcome, output = invoke(tmp_path, source)

    assert outcome.result == '"done"'
    assert output.count(b"\n") == 1_000_001


def test_time_over_kills_the_function_and_its_children(tmp_path: Path) -> None:
    source = (
        "import subprocess, sys, time\n"
        "def handler(event, context):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "    print(child.pid, flush=True)\n"
        "    time.sleep(60)"
    )
    outcome, output = invoke(tmp_path, source, timeout_seconds=0.5)

    assert outcome.is_timed_out
    assert _ended(int(output))


def test_children_left_behind_end_with_the_answer(tmp_path: Path) -> None:
    source = (
        "import subprocess, sys\n"
        "def handler(event, context):\n"
        "    command = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "    return subprocess.Popen(command).pid"
    )
    outcome, _ = invoke(tmp_path, source)

    assert outcome.result is not None
    assert _ended(int(outcome.result))


def _ended(pid: int) -> bool:
    """Whether the process is dead, at the latest a moment from now."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 5)[0])
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("import os; os._exit(3)", 3),
        ("import sys; sys.exit(4)", 4),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV),
    ],
)
def test_a_function_that_ends_its_process_gives_its_exit_status(
    tmp_path: Path, statement: str, status: int
) -> None:
    outcome, _ = invoke(tmp_path, f"def handler(event, context):\n    {statement}")

    assert outcome.exit_status == status
    assert outcome.result is None


def test_the_exceptions_frames_are_the_users_own(tmp_path: Path) -> None:
    # Source: the Lambda developer guide, "Python exceptions".
    source = "def handler(event, context):\n    raise KeyError('no such user')"
    outcome, _ = invoke(tmp_path, source)

    assert outcome.error == {
        "errorMessage": "'no such user'",
        "errorType": "KeyError",
        "stackTrace": [
            "  File \"/var/task/app.py\", line 2, in handler\n    raise KeyError('no such user')\n"
        ],
    }


def test_the_interpreter_is_the_emulators_own(tmp_path: Path) -> None:
    outcome, _ = invoke(tmp_path, "import sys\ndef handler(event, context): return sys.executable")

    assert outcome.result == json.dumps(sys.executable)


def test_the_functions_variables_are_no_others_than_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_EMULATOR", "x")
    source = "import os\ndef handler(event, context): return sorted(os.environ)"
    outcome, _ = invoke(tmp_path, source)

    assert outcome.result is not None
    assert "SECRET_OF_THE_EMULATOR" not in outcome.result


@pytest.mark.parametrize("namespaces", [("mount",), ("user", "mount")])
def test_mounts_are_seen_by_the_function_alone(tmp_path: Path, namespaces: tuple[str, ...]) -> None:
    own, hidden = tmp_path / "own", tmp_path / "hidden"
    for directory in (own, hidden):
        directory.mkdir()
    launcher = Launcher()
    can_be = probe(launcher, tmp_path, [namespaces]).namespaces
    launcher.close()
    if not can_be:
        pytest.skip(f"this kernel gives no {' and '.join(namespaces)} namespaces")

    source = f"import os\ndef handler(*_): open({str(hidden / 'file')!r}, 'w'); return os.getuid()"
    outcome, _ = invoke(tmp_path, source, namespaces=namespaces, mounts=((str(own), str(hidden)),))

    assert outcome.result == str(os.getuid())
    assert (own / "file").exists()
    assert not (hidden / "file").exists()


def test_a_mount_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    outcome, output = invoke(
        tmp_path,
        "def handler(*_): pass",
        namespaces=("user", "mount"),
        mounts=((str(missing), str(tmp_path)),),
    )
    assert outcome.exit_status == 1
    assert b"OSError" in output
