"""One spark-submit in a container of its own, from its start to its exit."""

import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from emulator.containers import end_leftovers
from emulator.context import Context
from emulator.services.sagemaker.jobs import directories
from emulator.services.sagemaker.jobs.container_runs import Exit, Run, run_container
from emulator.services.sagemaker.jobs.directories import JobDirectory
from emulator.services.sagemaker.jobs.failures import explain_from_log
from emulator.services.sagemaker.jobs.running import JobHandle
from emulator.services.spark.releases import IMAGE_URI

# Keeps the two streams apart below /opt/ml/logs, as EMR's log files are.
_COMMAND = ("python", "-m", "spark_image.emr_step", "spark-submit")
_Key = tuple[Path, str]


@dataclass(frozen=True)
class SparkRun:
    """A program to submit.

    Attributes:
        folder: Of all runs of the service, below ``data_dir/jobs``.
        run_id: Unique within the folder.
        log: The log file below ``data_dir/logs``, without its suffix.
        arguments: Those of spark-submit.
    """

    folder: str
    run_id: str
    log: str
    arguments: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = threading.TIMEOUT_MAX


REASON_CHARACTERS = 500


@dataclass(frozen=True)
class SparkExit:
    """How a program ended, and what it printed.

    Attributes:
        explanation: The last exception of its log; empty when there is none.
    """

    exit: Exit
    explanation: str
    stdout: bytes
    stderr: bytes

    @property
    def reason(self) -> str:
        """Its last exception, else the last line that is its own; empty when it said nothing.

        Spark gives what a Python program prints to standard error with its output, which is
        therefore looked at first. Lines in brackets are of the image.
        """
        if self.explanation:
            return self.explanation
        for printed in (self.stdout, self.stderr):
            lines = printed.decode("utf-8", "replace").strip().splitlines()
            own = [line for line in lines if line.strip() and not line.startswith("[")]
            if own:
                return own[-1][-REASON_CHARACTERS:]
        return ""


# A process cannot be kept in the store; by data directory too, as tests run several emulators.
_handles: dict[_Key, JobHandle] = {}


@contextmanager
def handle_of(context: Context, run_id: str) -> Iterator[JobHandle]:
    """Through which the run can be stopped, while the block lasts."""
    key = (context.settings.data_dir, run_id)
    handle = _handles.setdefault(key, JobHandle())
    try:
        yield handle
    finally:
        _handles.pop(key, None)


def submit(context: Context, run: SparkRun, handle: JobHandle) -> SparkExit:
    """Run the program to its end.

    Raises:
        ClientFault: The environment cannot be built: Java is missing, for one.
    """
    directory = _directory(context, run)
    directories.make(directory)
    try:
        ended = run_container(context, directory, run.run_id, _container_run(run), handle)
        return SparkExit(
            ended,
            explain_from_log(directory.log_path),
            _read(directory.root / "logs/stdout"),
            _read(directory.root / "logs/stderr"),
        )
    finally:
        directories.remove(directories.retire(directory))


def stop(context: Context, run_id: str, grace_seconds: float | None = None) -> None:
    """Ask the run to end, and end it when the grace is over; returns at once."""
    handle = _handles.get((context.settings.data_dir, run_id))
    process = handle.request_stop() if handle is not None else None
    if process is not None:
        grace = context.settings.limits.stop_grace_seconds
        grace = grace if grace_seconds is None else min(grace, grace_seconds)
        context.workers.start(f"stop {run_id}", process.stop, grace)


def end_now(context: Context, run_id: str) -> None:
    """End the run's processes, and return when they are gone."""
    handle = _handles.get((context.settings.data_dir, run_id))
    process = handle.request_stop() if handle is not None else None
    if process is not None:
        process.stop(0)


def end_those_left(context: Context, folder: str) -> None:
    """End what an emulator that was killed left running."""
    path = context.settings.data_dir / "jobs" / folder
    if path.is_dir():
        end_leftovers(path)
        shutil.rmtree(path, ignore_errors=True)


def _directory(context: Context, run: SparkRun) -> JobDirectory:
    data_dir = context.settings.data_dir
    path = data_dir / "jobs" / run.folder / run.run_id
    return JobDirectory(path, path / "ml", data_dir / "logs" / f"{run.log}.log")


def _container_run(run: SparkRun) -> Run:
    return Run(
        image_uri=IMAGE_URI,
        command=_COMMAND,
        arguments=run.arguments,
        variables=run.variables,
        requirements=None,
        read_only_inputs=(),
        timeout_seconds=run.timeout_seconds,
    )


def _read(path: Path) -> bytes:
    # The program could have put a link out of its folder there.
    return path.read_bytes() if path.is_file() and not path.is_symlink() else b""
