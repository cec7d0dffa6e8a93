"""The code that steps run: packed so that the same files give the same bytes, and the same key.

SageMaker reuses a step only when its arguments are equal, and the place of the code is one of them.
So the key carries the hash of the content: unchanged code keeps its address, changed code moves.
"""

import gzip
import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ARCHIVE_NAME = "sourcedir.tar.gz"
_CONTENT_TYPES = {".gz": "application/gzip", ".py": "text/x-python"}
_FORMAT: Final = tarfile.USTAR_FORMAT
_LEFT_OUT_DIRECTORIES = frozenset({"__pycache__", ".git", ".ipynb_checkpoints", ".pytest_cache"})
_LEFT_OUT_SUFFIXES = frozenset({".pyc", ".pyo"})


class SourceError(ValueError):
    """A source directory that cannot be packed."""


@dataclass(frozen=True)
class SourceArchive:
    """A packed source directory, or a single file, and where it goes; nothing was uploaded yet."""

    content: bytes
    sha256: str
    bucket: str
    key: str

    @property
    def s3_uri(self) -> str:
        """The address that steps read the archive from."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def file_name(self) -> str:
        """What it is called where a job sees it."""
        return self.key.rpartition("/")[2]


def pack(directory: Path, bucket: str) -> SourceArchive:
    """Packs a directory as sourcedir.tar.gz: sorted, no times, no owners, no compiled files.

    Raises:
        SourceError: the directory is missing, holds no file, or holds a link.
    """
    files = _files(directory)
    content = _gzip(_tar(directory, files))
    sha256 = hashlib.sha256(content).hexdigest()
    return SourceArchive(
        content, sha256, bucket, f"source/{directory.name}/{sha256}/{ARCHIVE_NAME}"
    )


def take_file(path: Path, bucket: str) -> SourceArchive:
    """Takes a single file as it is, for a service that is given one, such as spark-submit.

    Raises:
        SourceError: there is no such file.
    """
    if not path.is_file() or path.is_symlink():
        raise SourceError(f"Source file {path} does not exist, or is a link.")
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"source/{path.parent.name}.{path.stem}/{sha256}/{path.name}"
    return SourceArchive(content, sha256, bucket, key)


def upload(s3: Any, archive: SourceArchive) -> bool:
    """Uploads an archive unless its content is there already; True if it was uploaded."""
    # Packing, which says an image's tag, takes nothing but Python.
    from botocore.exceptions import ClientError

    try:
        s3.head_object(Bucket=archive.bucket, Key=archive.key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
    else:
        return False
    s3.put_object(
        Bucket=archive.bucket,
        Key=archive.key,
        Body=archive.content,
        ContentType=_CONTENT_TYPES.get(Path(archive.key).suffix, "application/octet-stream"),
    )
    return True


def _files(directory: Path) -> list[Path]:
    if not directory.is_dir():
        raise SourceError(f"Source directory {directory} does not exist.")
    paths = [path for path in sorted(directory.rglob("*")) if _is_kept(path, directory)]
    links = [str(path.relative_to(directory)) for path in paths if path.is_symlink()]
    if links:
        raise SourceError(
            f"Source directory {directory} holds links, which a container cannot follow: "
            f"{', '.join(links)}. Replace them by files."
        )
    files = [path for path in paths if path.is_file()]
    if not files:
        raise SourceError(f"Source directory {directory} holds no file to upload.")
    names = [path.relative_to(directory).as_posix() for path in files]
    too_long = [name for name in names if not _fits(name)]
    if too_long:
        raise SourceError(
            f"Source directory {directory} holds paths that are too long for an archive: "
            f"{', '.join(too_long)}. Up to 100 bytes always fit."
        )
    return files


def _is_kept(path: Path, directory: Path) -> bool:
    parts = path.relative_to(directory).parts
    return not _LEFT_OUT_DIRECTORIES.intersection(parts) and path.suffix not in _LEFT_OUT_SUFFIXES


def _fits(name: str) -> bool:
    try:
        tarfile.TarInfo(name).tobuf(_FORMAT)
    except ValueError:
        return False
    return True


def _tar(directory: Path, files: list[Path]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=_FORMAT) as tar:
        for path in files:
            member = tarfile.TarInfo(path.relative_to(directory).as_posix())
            content = path.read_bytes()
            member.size = len(content)
            member.mode = 0o644
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _gzip(content: bytes) -> bytes:
    buffer = io.BytesIO()
    # An empty name and a zero time keep the header free of where and when it was made.
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=6, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()
