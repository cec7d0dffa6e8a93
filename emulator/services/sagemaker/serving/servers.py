"""Model servers: a model's container, started on its model data until it answers /ping.

Used by endpoints, which keep servers, and by transform jobs, which need one for a while.

Source: "Use Your Own Inference Code with Hosting Services": /opt/ml/model, GET /ping, SIGTERM and
then SIGKILL after 30 seconds.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.containers import (
    ContainerProcess,
    ContainerServer,
    EnvironmentFailed,
    Image,
    LaunchFailed,
    requirements_of,
    unpack_archive,
)
from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.sagemaker.models import (
    bucket_and_key,
    model_data_location,
    resolved_container,
)

_STOP_GRACE_SECONDS = 30.0
# The container's name where the model gives it none, as in AWS's failure reasons.
_CONTAINER_NAME = "container_1"


class ModelServerFailed(Exception):
    """A model server that could not be started; ``reason`` is in AWS's words where it has any."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PingFailed(ModelServerFailed):
    """The container ran, but never answered /ping with 200.

    Attributes:
        exit_code: What it exited with, or None if it was still running when its time was over.
    """

    def __init__(self, exit_code: int | None, timeout_seconds: float) -> None:
        how = (
            f"did not answer within {timeout_seconds:g} seconds"
            if exit_code is None
            else f"exited with code {exit_code}"
        )
        super().__init__(f"The container did not pass the ping health check: it {how}.")
        self.exit_code = exit_code


@dataclass(frozen=True)
class ServerPlan:
    """What to start and where.

    Attributes:
        model: The Model document, as CreateModel keeps it.
        name: Names the processes, e.g. the endpoint and the variant.
        root: What the container sees as /opt/ml; made anew.
        log_path: Lines ``EPOCH_MS<TAB>TEXT``, also of what goes before the start.
        variables: Environment variables besides the model's own, which win.
        startup_timeout_seconds: Time to answer /ping once the process runs; None for the
            emulator's limit.
    """

    model: Mapping[str, Any]
    name: str
    root: Path
    log_path: Path
    variables: Mapping[str, str]
    startup_timeout_seconds: float | None = None


@dataclass(frozen=True)
class ModelServer:
    """A server that answered /ping."""

    process: ContainerProcess
    port: int
    image: Image
    root: Path
    stop_grace_seconds: float

    def stop(self) -> None:
        """End the server and remove its files."""
        self.process.stop(self.stop_grace_seconds)
        shutil.rmtree(self.root, ignore_errors=True)


def stop_grace_seconds(context: Context) -> float:
    """How long a model server has from SIGTERM to SIGKILL."""
    return min(_STOP_GRACE_SECONDS, context.settings.limits.stop_grace_seconds)


def _do_nothing(_: ContainerProcess) -> None:
    pass


def start_model_server(
    context: Context,
    plan: ServerPlan,
    on_process: Callable[[ContainerProcess], None] = _do_nothing,
) -> ModelServer:
    """Fetch the model data, start the container and wait until it answers.

    ``on_process`` gets the process as soon as there is one: who stops it ends the wait.

    Raises:
        ModelServerFailed: The model data, the environment or the container is at fault; nothing
            runs any more, and the files are removed.
    """
    try:
        return _start(context, plan, on_process)
    except OSError as error:
        shutil.rmtree(plan.root, ignore_errors=True)
        raise ModelServerFailed(f"The model server cannot be started: {error}") from error
    except BaseException:
        shutil.rmtree(plan.root, ignore_errors=True)
        raise


def _start(
    context: Context, plan: ServerPlan, on_process: Callable[[ContainerProcess], None]
) -> ModelServer:
    containers = plan.model.get("Containers") or [plan.model["PrimaryContainer"]]
    try:
        container = resolved_container(context, containers[0])
        image = context.containers.resolve(container["Image"])
        _place_model_data(context, container, plan.root)
        variables = _place_code(context, container.get("Environment", {}), plan.root)
        requirements = _requirements(variables, plan.root)
        environment = context.containers.environment(image, requirements, _reporter(context, plan))
        process = context.containers.serve(
            ContainerServer(
                name=plan.name,
                image=image,
                environment=environment,
                variables={**plan.variables, **variables},
                root=plan.root,
                log_path=plan.log_path,
            )
        )
    except (AwsError, EnvironmentFailed, LaunchFailed) as error:
        reason = error.message if isinstance(error, AwsError) else str(error)
        raise ModelServerFailed(reason) from error
    on_process(process)
    timeout_seconds = plan.startup_timeout_seconds
    if timeout_seconds is None:
        timeout_seconds = context.settings.limits.startup_health_check_seconds
    grace_seconds = stop_grace_seconds(context)
    is_ready = process.wait_ready(timeout_seconds)
    exit_code = process.exit_code
    if not is_ready or exit_code is not None or process.port is None:
        process.stop(0 if exit_code is not None else grace_seconds)
        raise PingFailed(exit_code, timeout_seconds)
    return ModelServer(process, process.port, image, plan.root, grace_seconds)


def _place_model_data(context: Context, container: Mapping[str, Any], root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    model_dir = root / "model"
    model_dir.mkdir(parents=True)
    location = model_data_location(container)
    if location is None:
        return
    s3_uri, is_archive = location
    try:
        if is_archive:
            archive = context.objects.path(*bucket_and_key(s3_uri))
        else:
            _copy_prefix(context, s3_uri, model_dir)
    except AwsError as error:
        raise ModelServerFailed(
            f'Failed to download model data for container "{_name(container)}" from URL:'
            f' "{s3_uri}". Please ensure that there is an object located at the URL and that the'
            f" role passed to CreateModel has permissions to download the object. ({error.message})"
        ) from error
    if is_archive:
        _unpack(archive, model_dir, _name(container), s3_uri)


def _name(container: Mapping[str, Any]) -> str:
    return str(container.get("ContainerHostname", _CONTAINER_NAME))


def _unpack(archive: Path, target: Path, container_name: str, s3_uri: str) -> None:
    try:
        unpack_archive(archive, target)
    except AwsError as error:
        raise ModelServerFailed(
            f'Failed to extract model data archive for container "{container_name}" from URL'
            f' "{s3_uri}". Please ensure that the object located at the URL is a valid tar.gz'
            f" archive. ({error.message})"
        ) from error


def _copy_prefix(context: Context, s3_uri: str, model_dir: Path) -> None:
    """Copy, and not link: a server may write into its model directory."""
    bucket, prefix = bucket_and_key(s3_uri)
    found = [item.key for item in context.objects.list(bucket, prefix)]
    if not found:
        raise ModelServerFailed(f"Could not find model data at {s3_uri}.")
    for key in found:
        relative = key.removeprefix(prefix).lstrip("/") or key.rpartition("/")[2]
        target = Path(os.path.normpath(model_dir / relative))
        if not target.is_relative_to(model_dir) or key.endswith("/"):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(context.objects.path(bucket, key), target)


def _place_code(context: Context, given: Mapping[str, str], root: Path) -> dict[str, str]:
    """Unpack a source directory in S3 beside the model, as the framework images do.

    Source: sagemaker-inference-toolkit and sagemaker-containers: SAGEMAKER_SUBMIT_DIRECTORY is a
    directory in the container or an S3 URI, which is unpacked to /opt/ml/code.
    """
    variables = dict(given)
    submitted = variables.get("SAGEMAKER_SUBMIT_DIRECTORY", "").strip('"')
    if submitted.startswith("s3://"):
        code_dir = root / "code"
        code_dir.mkdir()
        archive = context.objects.path(*bucket_and_key(submitted))
        _unpack(archive, code_dir, _CONTAINER_NAME, submitted)
        variables["SAGEMAKER_SUBMIT_DIRECTORY"] = "/opt/ml/code"
    return variables


def _requirements(variables: Mapping[str, str], root: Path) -> str | None:
    submitted = Path(variables.get("SAGEMAKER_SUBMIT_DIRECTORY", "").strip('"') or "/opt/ml/code")
    candidates = [root / "model" / "code"]
    if submitted.is_relative_to("/opt/ml"):
        inside = Path(os.path.normpath(root / submitted.relative_to("/opt/ml")))
        if inside.is_relative_to(root):
            candidates.insert(0, inside)
    for directory in candidates:
        text = requirements_of(directory) if directory.is_dir() else None
        if text is not None:
            return text
    return None


def _reporter(context: Context, plan: ServerPlan) -> Callable[[str], None]:
    """Progress of a first build goes to the container's log, where its author looks."""

    def report(line: str) -> None:
        plan.log_path.parent.mkdir(parents=True, exist_ok=True)
        with plan.log_path.open("a", encoding="utf-8") as log:
            log.write(f"{int(context.clock() * 1000)}\t{line}\n")

    return report
