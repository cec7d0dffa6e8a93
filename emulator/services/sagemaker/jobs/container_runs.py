"""One container from its environment to its exit code."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.containers import ContainerJob, EnvironmentFailed, requirements_of
from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.sagemaker.jobs import directories, lifecycle, running
from emulator.services.sagemaker.jobs.directories import JobDirectory
from emulator.services.sagemaker.jobs.failures import (
    ClientFault,
    client_error,
    internal_server_error,
)
from emulator.services.sagemaker.jobs.kinds import JobKind
from emulator.services.sagemaker.jobs.lifecycle import Document
from emulator.services.sagemaker.jobs.running import JobHandle

logger = logging.getLogger(__name__)

EXITED = "exited"
STOPPED = "stopped"
TIMED_OUT = "timed out"

# The name under which the SageMaker SDK uploads a packed source directory.
SOURCE_ARCHIVE = "sourcedir.tar.gz"


@dataclass(frozen=True)
class Run:
    """What is run in a container.

    Attributes:
        command: None for the image's own.
        requirements: Text of a requirements.txt that the environment has to meet.
        read_only_inputs: Folders below ``/opt/ml`` that hold links to S3 objects.
        timeout_seconds: MaxRuntimeInSeconds.
    """

    image_uri: str
    command: tuple[str, ...] | None
    arguments: tuple[str, ...]
    variables: Mapping[str, str]
    requirements: str | None
    read_only_inputs: tuple[str, ...]
    timeout_seconds: float
    on_line: Callable[[str], None] | None = None


@dataclass(frozen=True)
class Exit:
    """How a container ended.

    Attributes:
        cause: ``EXITED``, ``STOPPED`` on request or ``TIMED_OUT``.
        code: As a shell counts: 128 + N for signal N. None if it never started.
    """

    cause: str
    code: int | None


@dataclass(frozen=True)
class Ending:
    """A job's terminal status and what its document says besides."""

    status: str
    members: Mapping[str, Any] = field(default_factory=dict)


def run_container(
    context: Context, directory: JobDirectory, name: str, run: Run, handle: JobHandle
) -> Exit:
    """Build the environment if need be, run the container and wait for its end.

    Raises:
        ClientFault: The environment cannot be built, in uv's words.
        AwsError: The image is unknown.
    """
    job = _container_job(context, directory, name, run)
    if handle.stop_requested.is_set():
        return Exit(STOPPED, None)
    process = context.containers.run(job)
    handle.attach(process)
    grace_seconds = context.settings.limits.stop_grace_seconds
    if handle.stop_requested.is_set():  # it came between the last look and attach
        return Exit(STOPPED, _shell_code(process.stop(grace_seconds)))
    code = process.wait(run.timeout_seconds)
    if code is None:
        return Exit(TIMED_OUT, _shell_code(process.stop(grace_seconds)))
    return Exit(STOPPED if handle.stop_requested.is_set() else EXITED, _shell_code(code))


def _container_job(context: Context, directory: JobDirectory, name: str, run: Run) -> ContainerJob:
    image = context.containers.resolve(run.image_uri)
    try:
        environment = context.containers.environment(
            image, run.requirements, _reporter(context, directory)
        )
    except EnvironmentFailed as error:
        raise ClientFault(str(error)) from error
    return ContainerJob(
        name=name,
        image=image,
        environment=environment,
        command=run.command,
        arguments=run.arguments,
        variables=run.variables,
        root=directory.root,
        read_only_inputs=run.read_only_inputs,
        log_path=directory.log_path,
        on_line=run.on_line,
    )


def _shell_code(code: int) -> int:
    return 128 - code if code < 0 else code


def _reporter(context: Context, directory: JobDirectory) -> Callable[[str], None]:
    """Progress of a first build goes to the job's log, where its author looks."""

    def report(line: str) -> None:
        with directory.log_path.open("a", encoding="utf-8") as log:
            log.write(f"{int(context.clock() * 1000)}\t{line}\n")

    return report


def run_to_end(
    context: Context,
    kind: JobKind,
    document: Document,
    work: Callable[[JobDirectory], Ending],
    on_ending: Callable[[Document, Ending, float], None] | None = None,
) -> None:
    """Run a job's work in a directory of its own and write its terminal status.

    Args:
        context: The emulator.
        kind: The kind of job.
        document: The job as it was created.
        work: The job itself.
        on_ending: Changes the document along with the status.
    """
    directory = directories.of_job(context, kind, document)
    retired: list[Path] = []

    def work_in_directory() -> Ending:
        directories.make(directory)
        try:
            return work(directory)
        finally:
            retired.append(directories.retire(directory))

    end_job(context, kind, document, work_in_directory, on_ending)
    for path in retired:
        directories.remove(path)


def end_job(
    context: Context,
    kind: JobKind,
    document: Document,
    work: Callable[[], Ending],
    on_ending: Callable[[Document, Ending, float], None] | None = None,
) -> None:
    """Run a job's work and write its terminal status, whatever happens; then tell who listens."""
    name = document[kind.name_key]
    ending = _guarded(kind, name, work)

    def end(changed: Document) -> None:
        if lifecycle.is_terminal(kind, changed):  # the emulator is shutting down and has failed it
            return
        now = context.clock()
        lifecycle.enter(kind, changed, ending.status, now)
        changed.update(ending.members)
        if on_ending is not None:
            on_ending(changed, ending, now)

    context.store.update(kind.noun, name, end)
    running.remove(context, kind, name)


def _guarded(kind: JobKind, name: str, work: Callable[[], Ending]) -> Ending:
    try:
        return work()
    except ClientFault as error:
        return failed(client_error(error.message))
    except AwsError as error:
        return failed(client_error(error.message))
    except Exception as error:  # the thread's boundary: the job has to end all the same
        logger.exception("%s %s failed in the emulator", kind.words, name)
        return failed(internal_server_error(f"{type(error).__name__}: {error}"))


def failed(reason: str, **members: Any) -> Ending:
    """The ending of a job that did not work."""
    return Ending(lifecycle.FAILED, {"FailureReason": reason, **members})


def requirements_of_folders(folders: Sequence[Path]) -> str | None:
    """The requirements.txt of the source folders among these, as they are or packed in one."""
    texts = [
        text
        for folder in folders
        for source in (folder, folder / SOURCE_ARCHIVE)
        if (text := requirements_of(source)) is not None
    ]
    return "\n".join(texts) or None
