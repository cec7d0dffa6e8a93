"""What is run in a container, and how it is run there."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from emulator.containers import isolation as kernel
from emulator.containers.environments import Environment
from emulator.containers.images import Image
from emulator.containers.isolation import Isolation
from emulator.containers.launching import Launch, Launcher, LaunchFailed
from emulator.containers.leftovers import scratch_of, write_record
from emulator.containers.log import JobLog
from emulator.containers.process import ContainerProcess, free_port, remove_scratch
from emulator.containers.temporary import (
    TEMPORARY_DIRECTORIES,
    needed_to_read,
    shared_memory_mounts,
    shown,
    temporary_mounts,
)
from emulator.errors import AwsError

HOST_NAMES = ("algo-1",)
PROCESSING_CONFIG = Path("config", "processingjobconfig.json")


@dataclass(frozen=True)
class ContainerJob:
    """A command to run to its end.

    Attributes:
        command: The program and its first arguments; None for the image's own default: "process"
            when the root has a processing job's configuration, else "train".
        root: The directory which the process sees as /opt/ml.
        read_only_inputs: Paths relative to the root that hold hard links to objects.
        log_path: Where its output goes, as lines ``EPOCH_MS<TAB>TEXT``, bounded in size.
        on_line: Called with each line of output, from a thread.
    """

    name: str
    image: Image
    environment: Environment
    command: tuple[str, ...] | None
    arguments: tuple[str, ...]
    variables: Mapping[str, str]
    root: Path
    read_only_inputs: tuple[str, ...]
    log_path: Path
    on_line: Callable[[str], None] | None = None


@dataclass(frozen=True)
class ContainerServer:
    """A server to run until it is stopped; its members are those of ContainerJob.

    Attributes:
        command: None for the image's own "serve".
    """

    name: str
    image: Image
    environment: Environment
    variables: Mapping[str, str]
    root: Path
    log_path: Path
    command: tuple[str, ...] | None = None
    arguments: tuple[str, ...] = ()
    read_only_inputs: tuple[str, ...] = ()
    on_line: Callable[[str], None] | None = None


@dataclass
class Host:
    """The machine that runs containers: its launcher and what its kernel allows.

    Attributes:
        base_environment: Variables of every container: endpoint, credentials and region.
        isolation: Found out on first use unless given.
    """

    base_environment: Mapping[str, str]
    isolation: Isolation | None = None
    launcher: Launcher = field(default_factory=Launcher)
    _found: dict[int, Isolation] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def isolation_for(self, scratch: Path) -> Isolation:
        """The isolation of containers, found out with a trial in the scratch directory."""
        if self.isolation is not None:
            return self.isolation
        file_system = scratch.stat().st_dev  # not every one can carry an overlay
        with self._lock:
            if file_system not in self._found:
                trial = scratch / "trial"
                trial.mkdir()
                self._found[file_system] = kernel.probe(self.launcher, trial)
            return self._found[file_system]


def run_job(host: Host, job: ContainerJob) -> ContainerProcess:
    """Start a job; it runs until it ends or is stopped.

    Raises:
        AwsError: The image has no default command; or a null character is in the command.
        LaunchFailed: The kernel refused.
    """
    return _start(host, job, None)


def run_server(host: Host, server: ContainerServer) -> ContainerProcess:
    """Start a server on a free port of 127.0.0.1, told in SAGEMAKER_BIND_TO_PORT.

    Source: "Use Your Own Inference Code with Hosting Services"; SageMaker's toolkits.

    Raises:
        AwsError: The image has no ``serve``.
        LaunchFailed: The kernel refused.
    """
    port = free_port()
    variables = {**server.variables, "SAGEMAKER_BIND_TO_PORT": str(port)}
    variables.setdefault("SAGEMAKER_SAFE_PORT_RANGE", f"{port}-{port}")
    job = ContainerJob(
        server.name, server.image, server.environment, server.command or ("serve",),
        server.arguments, variables, server.root, server.read_only_inputs, server.log_path,
        server.on_line,
    )  # fmt: skip
    if server.command is None:
        _check_default(server.image, "serve")
    return _start(host, job, port)


def _start(host: Host, job: ContainerJob, port: int | None) -> ContainerProcess:
    command = (*_command(job), *job.arguments)
    _refuse_null_characters(command, job.variables)
    job = replace(job, root=job.root.absolute())
    scratch = scratch_of(job.root)
    remove_scratch(scratch)
    for name in ("home", "tmp"):
        (scratch / name).mkdir(parents=True)
    log = JobLog(job.log_path, job.on_line)
    try:
        isolation = host.isolation_for(scratch)
        launch = _launch(job, command, scratch, isolation, host.base_environment)
        log.note(f"[emulator: {job.image.description}; isolation: {isolation.description}]")
        started = host.launcher.start(launch)
    except LaunchFailed as error:
        log.note(f"[emulator: the container could not be started: {error}]")
        log.close()
        remove_scratch(scratch)
        raise
    write_record(scratch, job.name, started)
    return ContainerProcess(job.name, isolation.name, port, started, log, scratch)


def _command(job: ContainerJob) -> tuple[str, ...]:
    if job.command is not None:
        return job.command
    name = "process" if (job.root / PROCESSING_CONFIG).is_file() else "train"
    _check_default(job.image, name)
    return (name,)


def _refuse_null_characters(command: Sequence[str], variables: Mapping[str, str]) -> None:
    """A kernel ends each argument and each variable at the first one."""
    places = [
        f"argument {number} of the command" for number, text in enumerate(command) if "\0" in text
    ]
    places += [f"the variable {name!r}" for name, text in variables.items() if "\0" in name + text]
    if places:
        raise AwsError(
            "ValidationException",
            f"No process can be given a null character (U+0000): it is in {', '.join(places)}.",
        )


def _check_default(image: Image, name: str) -> None:
    if name not in image.recipe.commands:
        has = ", ".join(image.recipe.commands) or "none"
        raise AwsError(
            "ValidationException",
            f"The image {image.uri} has no default command {name!r} (it has: {has}). "
            f"Give a command, such as AppSpecification's ContainerEntrypoint.",
        )


def _launch(
    job: ContainerJob,
    command: tuple[str, ...],
    scratch: Path,
    isolation: Isolation,
    base_environment: Mapping[str, str],
) -> Launch:
    variables = {
        "TMPDIR": str(TEMPORARY_DIRECTORIES[0] if isolation.namespaces else scratch / "tmp"),
        **container_variables(job, scratch, os.environ),
        **base_environment,
        **job.variables,
    }
    if "AWS_DEFAULT_REGION" in variables:  # AWS's containers have both
        variables.setdefault("AWS_REGION", variables["AWS_DEFAULT_REGION"])
    launch = Launch(command, variables, scratch / "home", isolation.namespaces)
    if not isolation.has_overlay:
        for relative in job.read_only_inputs:
            kernel.detach_links(job.root / relative)
    if not isolation.namespaces:
        return kernel.rewrite(launch, job.root)
    return replace(launch, mounts=_mounts(job, scratch, isolation))


def _mounts(job: ContainerJob, scratch: Path, isolation: Isolation) -> Sequence[Sequence[str]]:
    root = job.root
    mounts: list[list[str]] = []
    if isolation.has_overlay:
        over = [root / relative for relative in job.read_only_inputs]
        for number, lower in enumerate([job.environment.path, *over]):
            layers = scratch / f"layers-{number}"
            mounts.append(kernel.overlay(lower, layers, isolation.namespaces))
    # After the overlays, so that the root is shown with them.
    mounts += kernel.ml_root_mounts(root, scratch)
    mounts += kernel.hosts_mounts(HOST_NAMES, scratch)
    written = [job.environment.path, scratch / "home"]
    needed = shown(needed_to_read(job.image, job.environment), written)
    return mounts + shared_memory_mounts(needed) + temporary_mounts(scratch, needed)


def container_variables(
    job: ContainerJob, scratch: Path, environ: Mapping[str, str]
) -> dict[str, str]:
    """What every container finds in its environment, before the service's variables."""
    path = os.pathsep.join([str(job.environment.bin), environ.get("PATH", os.defpath)])
    return {
        "LANG": "C.UTF-8",
        **kernel.inherited(environ),
        "PATH": path,
        "HOME": str(scratch / "home"),
        "VIRTUAL_ENV": str(job.environment.path),
        # As in SageMaker's own images: a line is seen when it is printed.
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Containers share this machine's cores, where each has an instance of its own on AWS:
        # threads that spin while they wait for each other then take the core from whom they wait
        # for, which makes XGBoost on two busy cores twenty times slower.
        "OMP_WAIT_POLICY": "PASSIVE",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "NO_PROXY": ",".join(filter(None, ["127.0.0.1,localhost", environ.get("NO_PROXY")])),
        **job.image.recipe.variables,
    }
