"""Caches: what a buildspec's cache paths hold outlives the build.

LOCAL: each directory is a link to one that lasts. S3: a zip is fetched before and kept after.

Source: https://docs.aws.amazon.com/codebuild/latest/userguide/build-caching.html
"""

from collections.abc import Iterator
from pathlib import Path

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.codebuild.buildspec import Buildspec
from emulator.services.codebuild.buildspec.file_patterns import matching_files
from emulator.services.codebuild.directories import BuildDirectory, cache_directory
from emulator.services.codebuild.failures import PhaseFailed
from emulator.services.codebuild.logs import BuildLog
from emulator.services.codebuild.zips import pack, unpack
from emulator.store import Document

_CUSTOM = "LOCAL_CUSTOM_CACHE"
_HOMES = ("~/", "$HOME/", "/root/")


def restore(
    context: Context, build: Document, spec: Buildspec, directory: BuildDirectory, log: BuildLog
) -> None:
    """Put what earlier builds left where the cache paths say."""
    cache = build.get("cache") or {}
    if cache.get("type") == "LOCAL" and _CUSTOM in (cache.get("modes") or ()):
        for path in spec.cache_paths:
            _link(context, build["projectName"], path, directory, log)
    elif cache.get("type") == "S3":
        _fetch(context, build, directory, log)


def keep(
    context: Context, build: Document, spec: Buildspec, directory: BuildDirectory, log: BuildLog
) -> None:
    """Keep what the cache paths hold, in S3; a LOCAL cache holds it already."""
    cache = build.get("cache") or {}
    if cache.get("type") != "S3" or not spec.cache_paths:
        return
    files = dict(_files(spec, directory))
    log.say(f"Creating cache artifact of {len(files)} file(s)")
    archive = directory.path / "cache.zip"
    pack(sorted(files.items()), archive)
    try:
        context.objects.put_file(*_place(build), archive)
    except AwsError as error:  # a cache that is lost costs time and nothing else, as on AWS
        log.say(f"Unable to upload cache: {error.code}: {error.message}")


def _located(path: str, directory: BuildDirectory) -> tuple[str, Path, str] | None:
    """Of a cache path: "source" or "home", that folder, and the path below it."""
    for prefix in _HOMES:
        if path.startswith(prefix):
            return "home", directory.home, path.removeprefix(prefix)
    source = directory.source()
    relative = path.removeprefix(f"{source}/")
    if relative.startswith("/") or ".." in relative.split("/"):
        return None
    return "source", source, relative


def _link(
    context: Context, project_name: str, path: str, directory: BuildDirectory, log: BuildLog
) -> None:
    located = _located(path, directory)
    if located is None:
        log.say(f"Not cached, as it is outside of the source and of HOME: {path}")
        return
    place, folder, relative = located
    if place == "home":
        return  # which lasts as a whole
    relative = relative.removesuffix("/**/*").removesuffix("/*").strip("/")
    target = folder / relative
    if not relative or "*" in relative or target.exists() or target.is_symlink():
        log.say(f"Not cached, as only a directory that the source has not can be: {path}")
        return
    kept = cache_directory(context, project_name, relative)
    kept.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(kept, target_is_directory=True)
    log.say(f"Symlinking: {relative} => the project's local cache")


def _fetch(context: Context, build: Document, directory: BuildDirectory, log: BuildLog) -> None:
    bucket, key = _place(build)
    archive, unpacked = directory.path / "cache.zip", directory.path / "cache"
    try:
        context.objects.link(bucket, key, archive)
        unpacked.mkdir()
        unpack(archive, unpacked)
    except AwsError as error:
        log.say(f"Unable to download cache: {error.code}: {error.message}")
        return
    except PhaseFailed as error:
        log.say(f"Unable to unpack cache: {error.message}")
        return
    finally:
        archive.unlink(missing_ok=True)
    for name, folder in (("source", directory.source()), ("home", directory.home)):
        for path in sorted((unpacked / name).rglob("*")) if (unpacked / name).is_dir() else ():
            target = folder / path.relative_to(unpacked / name)
            # What the source brings itself counts, as on AWS.
            if (path.is_file() or path.is_symlink()) and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)
    log.say("Cache is restored")


def _files(spec: Buildspec, directory: BuildDirectory) -> Iterator[tuple[str, Path]]:
    for path in spec.cache_paths:
        located = _located(path, directory)
        if located is None:
            continue
        place, folder, relative = located
        is_directory = (folder / relative).is_dir()
        pattern = f"{relative.rstrip('/')}/**/*" if is_directory else relative
        # From the pattern's fixed part, as HOME has much more than what is to be kept.
        fixed = pattern.partition("*")[0].rpartition("/")[0]
        base = folder / fixed
        if base.is_dir():
            rest = pattern.removeprefix(fixed).strip("/")
            for name in matching_files(base, [rest])[rest]:
                yield f"{place}/{fixed}/{name}".replace("//", "/"), base / name


def _place(build: Document) -> tuple[str, str]:
    cache = build["cache"]
    bucket, _, prefix = cache["location"].removeprefix("arn:aws:s3:::").partition("/")
    name = cache.get("cacheNamespace") or build["projectName"]
    return bucket, "/".join(filter(None, (prefix.strip("/"), f"{name}.zip")))
