"""The processor time of a process and all that it has started."""

import os
import time
from pathlib import Path

# Fields of /proc/<pid>/stat behind the name, which may hold spaces. Source: proc_pid_stat(5).
_PARENT, _USER, _SYSTEM = 1, 11, 12


def idle_seconds_per_minute(pid: int, seconds: float) -> float:
    """What the process and its descendants use in this time, as processor seconds a minute.

    Of those that live at its end: what a process that ended meanwhile has used is not in it.
    """
    before = _used(pid)
    time.sleep(seconds)
    after = _used(pid)
    ticks = sum(used - before.get(each, 0) for each, used in after.items())
    return ticks / os.sysconf("SC_CLK_TCK") * 60 / seconds


def _used(pid: int) -> dict[int, int]:
    """Clock ticks used so far by the process and each of its descendants."""
    parents, ticks = {}, {}
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            try:
                fields = (directory / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):  # ended since it was listed
                continue
            parents[int(directory.name)] = int(fields[_PARENT])
            ticks[int(directory.name)] = int(fields[_USER]) + int(fields[_SYSTEM])
    family = {pid}
    while found := {each for each, parent in parents.items() if parent in family} - family:
        family |= found
    return {each: ticks[each] for each in family}
