"""Zips of sources, artifacts and caches: programs stay programs, and nothing leaves its folder."""

import os
import shutil
import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from emulator.services.codebuild.failures import client_error
from emulator.zip_files import UNREADABLE, write_file

_UNPACKED_BYTES_AT_MOST = 64 * 1024**3
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can tell
_COMPRESSION_LEVEL = 1
_NAMED_FAULTS = 20


def unpack(archive: Path, target: Path) -> None:
    """Unpack a zip into a directory, links within it too; all of it is checked before.

    Raises:
        PhaseFailed: It is no zip, too large, or has entries that lead out of the directory.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            _check(opened, entries)
            for entry in entries:
                _unpack_entry(opened, entry, target)
    except (*UNREADABLE, OSError) as error:
        raise client_error(f"The zip cannot be unpacked: {error}") from error


def _check(opened: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    faults, links = [], set()
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            faults.append(f"{entry.filename!r} is outside the folder")
        elif any(str(parent) in links for parent in path.parents):
            faults.append(f"{entry.filename!r} is placed through a link")
        if _is_link(entry):
            links.add(str(path))
            target = opened.read(entry).decode(errors="replace")
            place = os.path.normpath(path.parent / target)
            if target.startswith("/") or place.split("/")[0] == "..":
                faults.append(f"{entry.filename!r} links to {target!r}, outside the folder")
    if sum(entry.file_size for entry in entries) > _UNPACKED_BYTES_AT_MOST:
        faults.append(f"it unpacks to more than {_UNPACKED_BYTES_AT_MOST} bytes")
    if faults:
        more = f" and {len(faults) - _NAMED_FAULTS} more" if len(faults) > _NAMED_FAULTS else ""
        raise client_error(f"The zip is refused: {'; '.join(faults[:_NAMED_FAULTS])}{more}")


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _unpack_entry(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    path = target / PurePosixPath(entry.filename)
    if entry.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():  # replaced, never written through
        path.unlink()
    if _is_link(entry):
        path.symlink_to(opened.read(entry).decode())
        return
    write_file(opened, entry, path)


def pack(files: Iterable[tuple[str, Path]], archive: Path) -> None:
    """Write files into a zip by their names in it; a link stays a link."""
    with zipfile.ZipFile(
        archive, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION_LEVEL
    ) as opened:
        for name, path in files:
            _pack_entry(opened, name, path)


def _pack_entry(opened: zipfile.ZipFile, name: str, path: Path) -> None:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    if path.is_symlink():
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(entry, str(path.readlink()))
        return
    mode = 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
    entry.external_attr = (stat.S_IFREG | mode) << 16
    with path.open("rb") as source, opened.open(entry, "w", force_zip64=True) as sink:
        shutil.copyfileobj(source, sink, 1 << 20)
