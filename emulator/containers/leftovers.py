"""Records of running containers, for an emulator that starts after another was killed."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from emulator.containers.launching import Started, end_supervisor
from emulator.containers.process import remove_scratch

RECORD = "process.json"
SCRATCH_SUFFIX = ".run"
END_SECONDS = 5.0
POLL_SECONDS = 0.01
# data_dir/jobs/<kind>/<job>/<root>.run is the deepest a service is known to put one.
SEARCH_DEPTH = 4


def scratch_of(root: Path) -> Path:
    """Where a container with this root keeps what is only needed while it runs."""
    return root.with_name(root.name + SCRATCH_SUFFIX)


def write_record(scratch: Path, name: str, started: Started) -> None:
    """Record which processes a container is."""
    record = {
        "name": name,
        "processes": {str(pid): _start_time(pid) for pid in {started.supervisor, started.group}},
        "supervisor": started.supervisor,
        "group": started.group,
    }
    path = scratch / RECORD
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(record))
    unfinished.replace(path)


def end_leftovers(jobs_dir: Path) -> list[str]:
    """End every container recorded below the directory, whose emulator is gone.

    Returns:
        The names of the containers that had not ended in order, whether or not they still ran.
    """
    names = []
    for depth in range(SEARCH_DEPTH):
        for scratch in sorted(jobs_dir.glob("*/" * depth + f"*{SCRATCH_SUFFIX}")):
            record = _read(scratch / RECORD)
            if record is not None:
                _end(record)
                names.append(str(record["name"]))
            remove_scratch(scratch)
    return names


def _read(path: Path) -> dict[str, object] | None:
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _end(record: dict[str, object]) -> None:
    processes = record["processes"]
    if not isinstance(processes, dict):
        return
    alive = [int(pid) for pid, start_time in processes.items() if _is(int(pid), start_time)]
    if record["supervisor"] in alive:
        end_supervisor(int(str(record["supervisor"])))
        if _wait_gone(alive, processes):
            return
    for pid in alive:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    _wait_gone(alive, processes)


def _wait_gone(alive: list[int], processes: dict[str, object]) -> bool:
    deadline = time.monotonic() + END_SECONDS
    while any(_is(pid, processes[str(pid)]) for pid in alive):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _is(pid: int, start_time: object) -> bool:
    current = _start_time(pid)
    return current is not None and current == start_time


def _start_time(pid: int) -> str | None:
    """When the process began, in the system's own terms; None when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None if Path("/proc/self").exists() else _start_time_without_proc(pid)
    return None if fields[0] == b"Z" else fields[19].decode()


def _start_time_without_proc(pid: int) -> str | None:
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    return (
        subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None
    )
