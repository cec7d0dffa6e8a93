"""How much of the machine an endpoint's servers take: CPUUtilization and MemoryUtilization.

Source: "SageMaker jobs and endpoint metrics" in the developer guide: the sum of each core's
utilization from 0 to 100, so four cores give up to 400; one value an instance.
"""

import os
import time
from pathlib import Path

from emulator.context import Context
from emulator.services.runtime.fleets import fleets_of
from emulator.services.runtime.instances import Server
from emulator.services.runtime.metrics import INSTANCES, MetricLog, metrics_of

_SAMPLE_SECONDS = 5.0
_PROC = Path("/proc")


def watch(context: Context) -> None:
    """Measure the emulator's endpoints from now on, if they are not measured yet."""
    log = metrics_of(context)
    log.each_second.setdefault("utilization", Sampler(log))
    log.start(context)


class Sampler:
    """Takes the utilization of every instance every few seconds."""

    def __init__(self, log: MetricLog) -> None:
        self._log = log
        self._before: dict[int, tuple[float, float]] = {}
        self._next = 0.0

    def __call__(self, context: Context) -> None:
        """Take a sample if it is time for one."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _SAMPLE_SECONDS
        before, self._before = self._before, {}
        for traffic in fleets_of(context).all():
            for fleet in traffic.fleets:
                for variant in (*fleet.variants, *fleet.shadows):
                    for instance in variant.instances:
                        values = self._values(instance, before, now)
                        if values:
                            where = (fleet.endpoint_name, variant.name, "")
                            self._log.append((int(time.time()), INSTANCES, *where, values))

    def _values(
        self, instance: Server, before: dict[int, tuple[float, float]], now: float
    ) -> tuple[tuple[str, float], ...]:
        """The metrics of an instance; none the first time that it is seen."""
        leader = instance.process_group
        if leader is None:
            return ()
        processes = tree(leader)
        cpu_seconds = sum(map(_cpu_seconds, processes))
        self._before[leader] = (now, cpu_seconds)
        if leader not in before:
            return ()
        then, cpu_seconds_then = before[leader]
        used = max(cpu_seconds - cpu_seconds_then, 0.0)
        memory = sum(map(_resident_bytes, processes)) / _memory_bytes()
        return (
            ("CPUUtilization", 100 * used / (now - then)),
            ("MemoryUtilization", 100 * memory),
        )


def tree(leader: int, proc: Path = _PROC) -> list[int]:
    """A process and all that it started, as far as they run."""
    found = [leader]
    for pid in found:
        try:
            for task in (proc / str(pid) / "task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue  # it has ended meanwhile
    return found


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process and of those of its children that ended."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    # Source: proc_pid_stat(5): utime, stime, cutime and cstime are fields 14 to 17.
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _resident_bytes(pid: int) -> int:
    try:
        pages = (_PROC / str(pid) / "statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _memory_bytes() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
