"""S3 objects -> files of the container."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from emulator.context import Context
from emulator.errors import AwsError
from emulator.json_text import read_json
from emulator.services.sagemaker.jobs.failures import ClientFault
from emulator.services.sagemaker.jobs.s3_uris import S3Uri, parse_s3_uri

_MANIFEST_SIZE_BYTES_MAX = 64 * 1024 * 1024
_COPY_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class InputFile:
    """One object and where it lies below its input's folder."""

    uri: S3Uri
    relative_path: str


def has_objects(context: Context, uri: S3Uri) -> bool:
    """Whether at least one object's key starts with the URI's key."""
    if not context.objects.bucket_exists(uri.bucket):
        return False
    return next(iter(islice(context.objects.list(uri.bucket, uri.key), 1)), None) is not None


def list_files(context: Context, data_type: str, uri: S3Uri) -> list[InputFile]:
    """The files that an S3 data source stands for, sorted by key or in the manifest's order.

    Raises:
        ClientFault: The manifest cannot be read, or a key has no place in a folder.
    """
    if data_type == "ManifestFile":
        return _refuse_clashes(list(_files_of_manifest(context, uri)))
    return _refuse_clashes(list(_files_of_prefix(context, uri)))


def _files_of_prefix(context: Context, uri: S3Uri) -> Iterator[InputFile]:
    if not context.objects.bucket_exists(uri.bucket):
        return
    for found in context.objects.list(uri.bucket, uri.key):
        if found.key.endswith("/"):  # a console's folder marker
            continue
        yield InputFile(S3Uri(uri.bucket, found.key), _below_prefix(found.key, uri.key))


def _below_prefix(key: str, prefix: str) -> str:
    """The key's path in the container.

    SageMaker takes a prefix for a folder and strips it; a prefix that ends in the middle of a
    name keeps that name, and one that is a whole key gives the bare file.
    """
    folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
    if key.startswith(folder):
        return key[len(folder) :]
    return key[prefix.rfind("/") + 1 :]


def _files_of_manifest(context: Context, uri: S3Uri) -> Iterator[InputFile]:
    prefix, *suffixes = _read_manifest(context, uri)
    for suffix in suffixes:
        target = parse_s3_uri(prefix + suffix)
        if context.objects.head(target.bucket, target.key) is None:
            raise ClientFault(
                f'Failed to download data. The manifest "{uri}" names "{target}", which does not '
                "exist."
            )
        yield InputFile(target, suffix)


def _read_manifest(context: Context, uri: S3Uri) -> list[str]:
    try:
        path = context.objects.path(uri.bucket, uri.key)
    except AwsError as error:
        raise ClientFault(
            f'Failed to download data. Cannot read the manifest "{uri}": {error.message}'
        ) from error
    if path.stat().st_size > _MANIFEST_SIZE_BYTES_MAX:
        raise ClientFault(f'The manifest "{uri}" is larger than {_MANIFEST_SIZE_BYTES_MAX} bytes.')
    try:
        head, *suffixes = read_json(path.read_text())
        entries = [head["prefix"], *suffixes]
    except (ValueError, TypeError, KeyError) as error:
        raise ClientFault(
            f'The manifest "{uri}" is not valid: expected [{{"prefix": "s3://..."}}, "suffix", ...]'
        ) from error
    if not all(isinstance(entry, str) for entry in entries):
        raise ClientFault(f'The manifest "{uri}" is not valid: prefix and suffixes are strings.')
    return entries


def _refuse_clashes(files: list[InputFile]) -> list[InputFile]:
    """Refuse keys that no folder can hold: ``..``, a name twice, a file that is also a folder."""
    paths = {file.relative_path for file in files}
    for file in files:
        parts = PurePosixPath(file.relative_path).parts
        if not parts or ".." in parts or PurePosixPath(file.relative_path).is_absolute():
            raise ClientFault(
                f'Failed to download data. The key of "{file.uri}" leads out of the input folder.'
            )
        parents = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
        if any(parent in paths for parent in parents):
            raise ClientFault(
                f"Failed to download data. Cannot download {file.uri}, a previously downloaded "
                "file/folder clashes with chosen download target"
            )
    if len(paths) != len(files):
        raise ClientFault("Failed to download data. Several objects have the same file name.")
    return files


def place(context: Context, files: list[InputFile], target: Path, *, is_copied: bool) -> None:
    """Put the files into the target folder.

    Args:
        context: The emulator.
        files: What ``list_files`` gave.
        target: The folder, made when missing.
        is_copied: Copy instead of link, for a folder that the job may write into.
    """
    target.mkdir(parents=True, exist_ok=True)
    for file in files:
        destination = target / file.relative_path
        destination.parent.mkdir(parents=True, exist_ok=True)
        if is_copied:
            _copy(context, file.uri, destination)
        else:
            context.objects.link(file.uri.bucket, file.uri.key, destination)


def _copy(context: Context, uri: S3Uri, destination: Path) -> None:
    _, content = context.objects.open(uri.bucket, uri.key)
    with content, destination.open("xb") as target:
        shutil.copyfileobj(content, target, _COPY_CHUNK_BYTES)
