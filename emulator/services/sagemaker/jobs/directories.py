"""Where a job lives on disk, and what the container sees as ``/opt/ml``."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

from emulator.context import Context
from emulator.errors import validation_error
from emulator.services.sagemaker.jobs.kinds import JobKind

CONTAINER_ROOT = PurePosixPath("/opt/ml")


@dataclass(frozen=True)
class JobDirectory:
    """The folders of one job.

    Attributes:
        path: All that belongs to the job.
        root: What the container sees as ``/opt/ml``.
        log_path: The job's log, a line is the time in epoch milliseconds, a tab and the text.
    """

    path: Path
    root: Path
    log_path: Path

    def inside(self, container_path: str) -> Path:
        """The host's path of a path in the container.

        Raises:
            AwsError: ValidationException, when the path is not below ``/opt/ml``.
        """
        return self.root / relative_to_container_root(container_path)

    def write_config(self, relative: str, content: Mapping[str, Any]) -> None:
        """Write one of the JSON files that SageMaker puts into the container."""
        target = self.root / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(content))


def jobs_directory(context: Context, kind: JobKind) -> Path:
    """The folder of all jobs of a kind."""
    return context.settings.data_dir / "jobs" / kind.directory


def of_job(context: Context, kind: JobKind, document: Mapping[str, Any]) -> JobDirectory:
    """Where the folders of a job are, whether or not they have been made."""
    name = document[kind.name_key]
    path = jobs_directory(context, kind) / name
    logs = context.settings.data_dir / "logs" / kind.log_group / name
    return JobDirectory(path, path / "ml", logs / f"algo-1-{int(document['CreationTime'])}.log")


def make(directory: JobDirectory) -> None:
    """Make a job's folders anew; what an earlier job of the name left is gone."""
    if directory.path.exists():
        shutil.rmtree(directory.path)
    directory.root.mkdir(parents=True)
    directory.log_path.parent.mkdir(parents=True, exist_ok=True)


def retire(directory: JobDirectory) -> Path:
    """Take a job's folders out of the way of a later job of the same name; gives where they went.

    Removing them takes longer than that, and so has to wait until the job has been seen to end.
    """
    retired = directory.path.with_name(f".{directory.path.name}.{uuid4().hex}")
    directory.path.rename(retired)
    return retired


def remove(retired: Path) -> None:
    """Remove a job's folders; what it made unreadable is left for the next start."""
    shutil.rmtree(retired, ignore_errors=True)


def relative_to_container_root(container_path: str) -> str:
    """The path below ``/opt/ml``.

    Raises:
        AwsError: ValidationException, when it is not below it.
    """
    path = PurePosixPath(container_path)
    relative = path.parts[len(CONTAINER_ROOT.parts) :]
    if path.parts[: len(CONTAINER_ROOT.parts)] != CONTAINER_ROOT.parts or not relative:
        raise validation_error(
            f'LocalPath "{container_path}" is not valid: expected an absolute path below '
            f"{CONTAINER_ROOT}/, for example {CONTAINER_ROOT}/processing/input"
        )
    if ".." in relative:
        raise validation_error(f'LocalPath "{container_path}" is not valid: it contains ".."')
    return str(PurePosixPath(*relative))
