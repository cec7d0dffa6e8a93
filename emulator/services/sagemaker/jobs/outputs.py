"""Files of the container -> S3 objects."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from emulator.context import Context
from emulator.services.sagemaker.jobs.directories import CONTAINER_ROOT, JobDirectory
from emulator.services.sagemaker.jobs.failures import ClientFault
from emulator.services.sagemaker.jobs.s3_uris import S3Uri


def upload_folder(context: Context, directory: JobDirectory, folder: Path, uri: S3Uri) -> int:
    """Upload each file below the folder, keeping the paths; gives how many there were.

    The files are given away: the folder is of no use afterwards.

    Raises:
        ClientFault: The bucket is missing, a link leads out of ``/opt/ml``, or a file name cannot
            be a key.
    """
    require_bucket(context, uri)
    require_inside(directory, folder)
    paths = list(files_below(folder))
    # Links first: a file that is given away is no longer there to be linked to.
    for path in sorted(paths, key=lambda path: not path.is_symlink()):
        source = _copy_of_link(directory, path) if path.is_symlink() else path
        target = uri.join(key_of(path.relative_to(folder)))
        context.objects.put_file(target.bucket, target.key, source)
    return len(paths)


def require_bucket(context: Context, uri: S3Uri) -> None:
    """Check that results have somewhere to go.

    Raises:
        ClientFault: The bucket does not exist.
    """
    if not context.objects.bucket_exists(uri.bucket):
        raise ClientFault(
            f'Failed to upload data to "{uri}". The bucket "{uri.bucket}" does not exist.'
        )


def require_inside(directory: JobDirectory, folder: Path) -> None:
    """Check that the job has not put a link in the folder's place: its files are given away.

    Raises:
        ClientFault: The folder, or one above it, is a link out of ``/opt/ml``.
    """
    if not folder.resolve().is_relative_to(directory.root.resolve()):
        relative = folder.relative_to(directory.root)
        raise ClientFault(
            f"Failed to upload data. {CONTAINER_ROOT / relative} was replaced by a link that "
            f"leads out of {CONTAINER_ROOT}."
        )


def key_of(relative: Path) -> str:
    """The key of a file, below its output's.

    Raises:
        ClientFault: The name is not UTF-8.
    """
    key = relative.as_posix()
    try:
        key.encode()
    except UnicodeEncodeError as error:
        raise ClientFault(
            f"Failed to upload data. The file name {key!r} is not UTF-8, which keys in S3 must be."
        ) from error
    return key


def files_below(folder: Path) -> Iterator[Path]:
    """Regular files and links to files below the folder, in a stable order.

    Pipes, sockets and devices are nothing that S3 could keep; a link to a folder is not followed.
    """
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent) / name
            if path.is_symlink() or path.is_file():
                yield path


def _copy_of_link(directory: JobDirectory, link: Path) -> Path:
    target = _target_on_host(directory, link).resolve()
    if not target.is_relative_to(directory.root.resolve()) or not target.is_file():
        raise ClientFault(
            f"Failed to upload data. {link.relative_to(directory.root)} is a link to "
            f"{link.readlink()}: expected a file below {CONTAINER_ROOT}."
        )
    copy = directory.path / "linked-file"
    shutil.copyfile(target, copy)
    return copy


def _target_on_host(directory: JobDirectory, link: Path) -> Path:
    target = link.readlink()
    if target.is_absolute() and target.is_relative_to(CONTAINER_ROOT):
        return directory.root / target.relative_to(CONTAINER_ROOT)
    return link.parent / target
