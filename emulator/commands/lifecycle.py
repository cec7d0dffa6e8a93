"""up and down."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from emulator.commands.directories import data_flag, make_cache_dir, make_data_dir
from emulator.commands.running import WHICH_IS_MEANT, Running, describe, find_running
from emulator.context import TimeLimits

LOG_FILE = "emulator.log"
START_SECONDS = 30
STOP_SECONDS = 40
_LOOK_AGAIN_SECONDS = 0.02
_IN_PROGRESS = ("Executing", "InProgress", "Stopping", "IN_PROGRESS")


def up(arguments: argparse.Namespace) -> int:
    """Start the emulator in the background, or here if asked for.

    Raises:
        DirectoryUnusable: One that it needs cannot be made or written.
    """
    make_data_dir(arguments.data)
    make_cache_dir(arguments.cache_dir)
    running = find_running(arguments.data)
    if running is not None:
        return _say_that_it_runs(running, arguments)
    if arguments.foreground:
        return _serve_here(arguments)
    return _serve_behind(arguments)


def _say_that_it_runs(running: Running, arguments: argparse.Namespace) -> int:
    print(f"The emulator runs already: {running.url} in {running.region} (process {running.pid})")
    wanted = []
    if arguments.port not in (None, 0, urlsplit(running.url).port):
        wanted.append(f"on port {arguments.port}")
    unknown = [path for path in arguments.recipes if path not in running.recipe_directories]
    wanted += [f"with the recipes in {path}" for path in unknown]
    if not wanted:
        return 0
    stop = f"python -m emulator down{data_flag(arguments.data)}"
    print(f"To have it {' and '.join(wanted)}, stop it first: {stop}")
    return 1


def down(arguments: argparse.Namespace) -> int:
    """Stop the emulator and everything that it runs."""
    running = find_running(arguments.data)
    if running is None:
        print(f"No emulator serves {arguments.data}.\n{WHICH_IS_MEANT}")
        return 0
    ended = _work_in_progress(running)
    os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_alive(running.pid):
        if time.monotonic() > deadline:
            print(f"Process {running.pid} did not end in {STOP_SECONDS} s: kill -9 {running.pid}")
            return 1
        time.sleep(_LOOK_AGAIN_SECONDS)
    if ended:
        print(f"Ended with it: {ended}")
    print("The emulator is down; its data stays in", arguments.data)
    return 0


def _work_in_progress(running: Running) -> str:
    counts = {
        kind: sum(statuses.get(status, 0) for status in _IN_PROGRESS)
        for kind, statuses in describe(running)["Resources"].items()
    }
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)


def _serve_here(arguments: argparse.Namespace) -> int:
    from emulator.gateway.server import DataDamaged, DataDirInUse, PortInUse, serve

    def announce(url: str) -> None:
        print(f"The emulator is up: {url}  (data: {arguments.data}). Ctrl-C ends it.", flush=True)

    limits = TimeLimits(
        arguments.stop_grace_seconds,
        arguments.startup_health_check_seconds,
        arguments.traffic_wait_seconds,
        arguments.serverless_idle_seconds,
    )
    try:
        serve(
            arguments.data, arguments.cache_dir, arguments.port, arguments.region, limits,
            arguments.recipes, announce,
        )  # fmt: skip
    except (DataDamaged, DataDirInUse, PortInUse) as error:
        print(f"The emulator cannot start: {error}.", file=sys.stderr)
        return 1
    return 0


def _serve_behind(arguments: argparse.Namespace) -> int:
    data_dir: Path = arguments.data
    log_path = data_dir / LOG_FILE
    command = [
        sys.executable, "-m", "emulator", "up", "--foreground",
        "--data", str(data_dir), "--region", arguments.region,
        "--stop-grace-seconds", str(arguments.stop_grace_seconds),
        "--startup-health-check-seconds", str(arguments.startup_health_check_seconds),
        "--serverless-idle-seconds", str(arguments.serverless_idle_seconds),
        *_given("--port", arguments.port),
        *_given("--traffic-wait-seconds", arguments.traffic_wait_seconds),
        *(word for path in arguments.recipes for word in ("--recipes", str(path))),
    ]  # fmt: skip
    with log_path.open("ab") as log:
        log_start = log.tell()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        running = _wait_until_it_answers(process, data_dir)
    except KeyboardInterrupt:
        process.terminate()  # nobody would know of it
        raise
    if running is None:
        print(_why_it_is_not_up(process, log_path, log_start))
        return 1
    print(f"The emulator is up: {running.url}  (data: {data_dir}, log: {log_path})")
    print(f"Use it with any AWS client: python -m emulator exec{data_flag(data_dir)} -- COMMAND")
    return 0


def _given(flag: str, value: float | None) -> tuple[str, ...]:
    return () if value is None else (flag, str(value))


def _wait_until_it_answers(process: subprocess.Popen[bytes], data_dir: Path) -> Running | None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        running = find_running(data_dir)
        if running is not None and running.pid == process.pid:
            return running
        time.sleep(_LOOK_AGAIN_SECONDS)
    return None


def _why_it_is_not_up(process: subprocess.Popen[bytes], log_path: Path, log_start: int) -> str:
    """What it said when it ended; one that still tries is stopped."""
    if process.poll() is None:
        process.terminate()
        return f"The emulator did not answer in {START_SECONDS} s; it was stopped. Log: {log_path}"
    said = log_path.read_bytes()[log_start:].decode(errors="replace").strip()
    return said or f"The emulator ended with exit code {process.returncode}. Log: {log_path}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    # A process that ended but whose parent has not asked yet is not alive.
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
