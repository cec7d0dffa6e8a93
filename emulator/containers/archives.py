"""model.tar.gz and its kin: safe to unpack, quick and reproducible to pack."""

import gzip
import os
import posixpath
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from emulator.errors import AwsError

GZIP_LEVEL = 1
MAX_UNPACKED_BYTES = 64 * 1024**3
NAMED_FAULTS = 20


class ArchiveRefused(AwsError):
    """An archive that cannot be unpacked safely, or not at all."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


def unpack_archive(
    archive: Path, target: Path, max_unpacked_bytes: int = MAX_UNPACKED_BYTES
) -> None:
    """Unpack a tar archive, compressed or not, into a directory: all of it or nothing.

    Args:
        archive: The archive.
        target: The directory, made when missing; what it has stays.
        max_unpacked_bytes: The bound on the sum of the files.

    Raises:
        ArchiveRefused: Not an archive, too large, or with members that are outside the folder,
            link out of it or are devices; the message names them all.
    """
    target.mkdir(parents=True, exist_ok=True)
    staging = target / f".unpacking-{uuid4().hex}"
    try:
        with tarfile.open(archive) as tar:
            members = _checked(archive, tar, max_unpacked_bytes)
            staging.mkdir()
            # Checked already; Python's own filter, where this release has it, is a second net.
            tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            tar.extractall(staging, members)  # noqa: S202
        _merge(staging, target)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise ArchiveRefused(
            f"The archive {archive.name} cannot be unpacked: {error}. Expected a tar archive, "
            f"compressed with gzip."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _checked(archive: Path, tar: tarfile.TarFile, max_bytes: int) -> list[tarfile.TarInfo]:
    members, faults, size_bytes = [], [], 0
    links: set[str] = set()
    for member in tar:
        fault = _fault(member, links)
        if fault is not None:
            faults.append(f"{member.name!r} {fault}")
        if member.issym():
            links.add(posixpath.normpath(member.name))
        size_bytes += member.size
        members.append(member)
        if size_bytes > max_bytes:
            faults.append(f"unpacks to more than {max_bytes} bytes")
            break
    if faults:
        more = f" and {len(faults) - NAMED_FAULTS} more" if len(faults) > NAMED_FAULTS else ""
        raise ArchiveRefused(
            f"The archive {archive.name} is refused: {'; '.join(faults[:NAMED_FAULTS])}{more}."
        )
    return members


def _fault(member: tarfile.TarInfo, links: set[str]) -> str | None:
    name = posixpath.normpath(member.name)
    if _is_outside(name):
        return "is outside the archive's folder"
    if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
        return "is a device or a pipe"
    if any(str(parent) in links for parent in _parents(name)):
        return "is placed through a link"
    if member.issym():
        destination = posixpath.normpath(posixpath.join(posixpath.dirname(name), member.linkname))
        if posixpath.isabs(member.linkname) or _is_outside(destination):
            return f"links to {member.linkname!r}, outside the archive's folder"
    if member.islnk() and _is_outside(posixpath.normpath(member.linkname)):
        return f"links to {member.linkname!r}, outside the archive's folder"
    return None


def _is_outside(name: str) -> bool:
    return posixpath.isabs(name) or name == ".." or name.startswith("../")


def _parents(name: str) -> Iterator[str]:
    while "/" in name:
        name = posixpath.dirname(name)
        yield name


def _merge(staging: Path, target: Path) -> None:
    for entry in list(staging.iterdir()):
        place = target / entry.name
        if _is_directory(entry) and _is_directory(place):
            _merge(entry, place)
            continue
        if place.is_symlink():  # replaced, never written through
            place.unlink()
        entry.replace(place)


def _is_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def pack_archive(source_dir: Path, target: Path) -> None:
    """Pack a directory's content into a tar.gz: the same bytes for the same content.

    Args:
        source_dir: The directory; its entries are at the archive's top level.
        target: The archive, which appears only when it is complete.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        with (
            unfinished.open("wb") as file,
            gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0) as stream,
            tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as tar,
        ):
            for path in _sorted_entries(source_dir):
                name = path.relative_to(source_dir).as_posix()
                _add(tar, path, name)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _sorted_entries(directory: Path) -> Iterator[Path]:
    for entry in sorted(directory.iterdir(), key=lambda path: os.fsencode(path.name)):
        yield entry
        if _is_directory(entry):
            yield from _sorted_entries(entry)


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    member = tar.gettarinfo(path, name)
    if member is None:  # a socket
        return
    if member.islnk():  # a second name of a file: its content all the same
        member.type, member.linkname, member.size = tarfile.REGTYPE, "", path.stat().st_size
    if not (member.isfile() or member.isdir() or member.issym()):
        return
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    if member.isfile():
        with path.open("rb") as file:
            tar.addfile(member, file)
    else:
        tar.addfile(member)
