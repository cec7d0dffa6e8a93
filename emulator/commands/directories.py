"""The two directories that the emulator writes: its data, and the cache of environments."""

import os
import tempfile
from pathlib import Path


class DirectoryUnusable(Exception):
    """A directory cannot be made or written."""


def default_data_dir() -> Path:
    """Where an emulator keeps everything: each directory that it is started in has its own."""
    return Path(os.environ.get("EMULATOR_DATA", ".emulator")).absolute()


def data_flag(data_dir: Path) -> str:
    """What a command typed here needs to mean this data directory."""
    return "" if data_dir == default_data_dir() else f" --data {data_dir}"


def default_cache_dir() -> Path:
    """Where image environments are kept, for all data directories together."""
    chosen = os.environ.get("EMULATOR_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return Path(chosen) if chosen else home / "sagemaker-emulator"


def make_data_dir(data_dir: Path) -> None:
    """Make the data directory.

    Raises:
        DirectoryUnusable: It cannot be made or written.
    """
    _make(data_dir, "data", "--data DIR")


def make_cache_dir(cache_dir: Path) -> None:
    """Make the directory of environments.

    Raises:
        DirectoryUnusable: It cannot be made or written.
    """
    _make(cache_dir, "cache", "EMULATOR_CACHE=DIR, or XDG_CACHE_HOME=DIR for all programs")


def _make(directory: Path, kind: str, how: str) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise DirectoryUnusable(
            f"The {kind} directory {directory} cannot be used: {error.strerror}. "
            f"Give another one: {how}"
        ) from error
