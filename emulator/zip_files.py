"""What every reader of zips needs: which faults are the zip's, and a file out of it."""

import shutil
import stat
import zipfile
import zlib
from pathlib import Path

# Raised by zipfile for what is no zip, is cut off or damaged, or has a password or a method that
# Python lacks.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


def write_file(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    """Write an entry's content; programs stay programs, and everybody may read.

    The path has been checked by the caller, and its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(entry) as source, path.open("wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)
    path.chmod(0o755 if (entry.external_attr >> 16) & stat.S_IXUSR else 0o644)
