"""Sources -> files in the build's directory."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.codebuild.checks import GIT_SOURCES
from emulator.services.codebuild.directories import BuildDirectory
from emulator.services.codebuild.failures import client_error
from emulator.services.codebuild.git_sources import clone
from emulator.services.codebuild.handles import Handle
from emulator.services.codebuild.zips import unpack
from emulator.store import Document

_S3_ARN = "arn:aws:s3:::"


@dataclass
class Fetched:
    """What was fetched.

    Attributes:
        resolved_version: The commit of the primary source; empty when it is in no repository.
        secondary: The directories of the other sources, by identifier.
    """

    resolved_version: str = ""
    secondary: dict[str, str] = field(default_factory=dict)


def fetch_sources(
    context: Context,
    build: Document,
    directory: BuildDirectory,
    variables: Mapping[str, str],
    handle: Handle,
) -> Fetched:
    """Fetch all sources of a build.

    Raises:
        PhaseFailed: One cannot be had.
        Stopped: The build was asked to stop.
    """
    if "_Pipeline" in build:
        return _fetch_artifacts(context, build, directory)
    fetched = Fetched()
    versions = {
        each["sourceIdentifier"]: each["sourceVersion"]
        for each in build.get("secondarySourceVersions") or ()
    }
    fetched.resolved_version = _fetch(
        context, build["source"], build.get("sourceVersion"), directory.source(), variables, handle
    )
    for source in build.get("secondarySources") or ():
        identifier = source["sourceIdentifier"]
        target = directory.source(identifier)
        target.mkdir()
        _fetch(context, source, versions.get(identifier), target, variables, handle)
        fetched.secondary[identifier] = str(target)
    return fetched


def _fetch(
    context: Context,
    source: Mapping[str, Any],
    version: str | None,
    target: Path,
    variables: Mapping[str, str],
    handle: Handle,
) -> str:
    kind = source["type"]
    if kind in GIT_SOURCES:
        return clone(context, source, version, target, variables, handle)
    if kind == "S3":
        bucket, _, key = source["location"].removeprefix(_S3_ARN).partition("/")
        _reading(lambda: _fetch_objects(context, bucket, key, version, target), source["location"])
    return ""


def _fetch_artifacts(context: Context, build: Document, directory: BuildDirectory) -> Fetched:
    pipeline = build["_Pipeline"]
    fetched = Fetched(pipeline["resolvedSourceVersion"])
    for number, artifact in enumerate(pipeline["inputs"]):
        target = directory.source(artifact["name"] if number else "")
        target.mkdir(exist_ok=True)
        if number:
            fetched.secondary[artifact["name"]] = str(target)
        place = f"{artifact['bucket']}/{artifact['key']}"
        _reading(
            lambda artifact=artifact, target=target: _unpack_object(  # type: ignore[misc]
                context, artifact["bucket"], artifact["key"], target
            ),
            place,
        )
    return fetched


def _reading(read: Callable[[], None], place: str) -> None:
    try:
        read()
    except AwsError as error:
        raise client_error(f"{error.code}: {error.message} for the source {place}") from error


def _fetch_objects(
    context: Context, bucket: str, key: str, version: str | None, target: Path
) -> None:
    if key.endswith(".zip"):
        _unpack_object(context, bucket, key, target, version)
        return
    if version:
        raise client_error(f"Source version {version!r} is given, but a folder has none")
    prefix = key if key.endswith("/") or not key else f"{key}/"
    names = [info.key for info in context.objects.list(bucket, prefix)]
    if not names:
        raise client_error(f"There is no object below s3://{bucket}/{prefix}")
    for name in names:
        relative = PurePosixPath(name[len(prefix) :])
        if relative.is_absolute() or ".." in relative.parts:
            raise client_error(f"The object {name!r} cannot be a file below the source's folder")
        if name.endswith("/"):
            continue
        path = target / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        _copy_object(context, bucket, name, path)


def _unpack_object(
    context: Context, bucket: str, key: str, target: Path, version: str | None = None
) -> None:
    archive = target.with_name(f"{target.name}.zip")
    _copy_object(context, bucket, key, archive, version)
    unpack(archive, target)
    archive.unlink()


def _copy_object(
    context: Context, bucket: str, key: str, path: Path, version: str | None = None
) -> None:
    """A copy: a build may change its source, and a link would change the object with it."""
    _, opened = context.objects.open(bucket, key, version)
    with opened, path.open("wb") as sink:
        shutil.copyfileobj(opened, sink, 1 << 20)
