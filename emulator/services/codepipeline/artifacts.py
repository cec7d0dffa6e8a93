"""Artifacts: zip objects in the pipeline's artifact store.

Source: "Input and output artifacts" of the user guide; keys are as AWS makes them:
``<pipeline, 20 characters>/<artifact, 10 characters>/<7 random ones>``.
"""

import os
import secrets
import string
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError

_PIPELINE_CHARACTERS, _ARTIFACT_CHARACTERS, _RANDOM_CHARACTERS = 20, 10, 7
_ALPHABET = string.ascii_letters + string.digits
_FILE_BYTES_AT_MOST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Artifact:
    """One artifact, made or to be made: a zip at ``s3://bucket/key``."""

    name: str
    bucket: str
    key: str

    def detail(self) -> dict[str, Any]:
        """The artifact as botocore's ArtifactDetail."""
        return {"name": self.name, "s3location": {"bucket": self.bucket, "key": self.key}}


def artifact_of(detail: Mapping[str, Any]) -> Artifact:
    """The artifact that an ArtifactDetail tells of."""
    place = detail["s3location"]
    return Artifact(detail["name"], place["bucket"], place["key"])


class Unreadable(Exception):
    """A file of an artifact that cannot be had; the message says which and why."""


def new_artifact(pipeline: str, bucket: str, name: str) -> Artifact:
    """Where an output artifact will be."""
    tail = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    folder = f"{pipeline[:_PIPELINE_CHARACTERS]}/{name[:_ARTIFACT_CHARACTERS]}"
    return Artifact(name, bucket, f"{folder}/{tail}")


def read_file(context: Context, artifact: Artifact, path: str) -> bytes:
    """One file of an artifact.

    Raises:
        Unreadable: The artifact, or the file in it, is not there.
    """
    try:
        _, stream = context.objects.open(artifact.bucket, artifact.key)
        with stream, zipfile.ZipFile(stream) as archive:
            member = archive.getinfo(path)
            if member.file_size > _FILE_BYTES_AT_MOST:
                raise Unreadable(
                    f"File [{path}] of artifact [{artifact.name}] has {member.file_size} bytes; at "
                    f"most {_FILE_BYTES_AT_MOST} are read"
                )
            return archive.read(member)
    except KeyError as error:
        raise Unreadable(f"File [{path}] does not exist in artifact [{artifact.name}]") from error
    except (AwsError, zipfile.BadZipFile) as error:
        raise Unreadable(
            f"Artifact [{artifact.name}] at s3://{artifact.bucket}/{artifact.key} cannot be read: "
            f"{error}"
        ) from error


def write_files(context: Context, artifact: Artifact, files: dict[str, bytes]) -> None:
    """Make the artifact of these files.

    Raises:
        AwsError: NoSuchBucket.
    """
    with scratch_file(context) as path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        context.objects.put_file(artifact.bucket, artifact.key, path)


@contextmanager
def scratch_file(context: Context) -> Iterator[Path]:
    """A path for a zip on the disk of the objects; what is left there is removed afterwards."""
    with scratch_directory(context) as directory:
        yield directory / "artifact.zip"


@contextmanager
def scratch_directory(context: Context) -> Iterator[Path]:
    """A directory of one's own on the disk of the objects."""
    root = context.settings.data_dir / "codepipeline"
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root) as directory:
        yield Path(directory)


def zip_directory(directory: Path, target: Path) -> None:
    """Zip a directory's files with their modes and symbolic links as they are."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, folders, files in os.walk(directory):
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            for name in sorted([*files, *links]):
                path = Path(folder) / name
                member = zipfile.ZipInfo(path.relative_to(directory).as_posix())
                member.external_attr = path.lstat().st_mode << 16
                member.compress_type = zipfile.ZIP_DEFLATED
                content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
                archive.writestr(member, content)
