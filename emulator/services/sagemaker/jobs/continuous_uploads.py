"""Outputs that are uploaded while the job runs: S3UploadMode Continuous."""

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from emulator.context import Context
from emulator.services.sagemaker.jobs.directories import JobDirectory
from emulator.services.sagemaker.jobs.failures import ClientFault
from emulator.services.sagemaker.jobs.outputs import (
    files_below,
    key_of,
    require_bucket,
    require_inside,
)
from emulator.services.sagemaker.jobs.s3_uris import S3Uri

_INTERVAL_SECONDS = 1.0


@dataclass
class ContinuousOutput:
    """One folder and what of it has been uploaded.

    Attributes:
        uploaded: Time of change and size of each file when it was last uploaded.
    """

    folder: Path
    uri: S3Uri
    uploaded: dict[Path, tuple[int, int]] = field(default_factory=dict)


@contextmanager
def upload_continuously(
    context: Context, directory: JobDirectory, outputs: Sequence[ContinuousOutput]
) -> Iterator[None]:
    """Upload what is new or changed every second, and once more at the end, however that comes.

    Raises:
        ClientFault: At the end: the bucket is gone, or a link leads out of ``/opt/ml``.
    """
    if not outputs:
        yield
        return
    ended = threading.Event()

    def upload_until_the_end() -> None:
        # What cannot be uploaded now is told by the last upload, as the job's failure.
        with suppress(ClientFault, OSError):
            while not ended.wait(_INTERVAL_SECONDS):
                for output in outputs:
                    _upload_changed(context, directory, output)

    thread = threading.Thread(target=upload_until_the_end, name="continuous upload", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        for output in outputs:
            _upload_changed(context, directory, output)


def _upload_changed(context: Context, directory: JobDirectory, output: ContinuousOutput) -> None:
    require_bucket(context, output.uri)
    require_inside(directory, output.folder)
    scratch = directory.path / "continuous-upload"
    for path in files_below(output.folder):
        with suppress(FileNotFoundError):  # the job has removed it since the folder was listed
            stat = path.lstat()
            state = (stat.st_mtime_ns, stat.st_size)
            if path.is_symlink() or output.uploaded.get(path) == state:
                continue
            shutil.copyfile(path, scratch, follow_symlinks=False)
            target = output.uri.join(key_of(path.relative_to(output.folder)))
            context.objects.put_file(target.bucket, target.key, scratch)
            output.uploaded[path] = state
