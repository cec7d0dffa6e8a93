"""The repository's code as the zip that a new project's repository begins with."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class SeedError(Exception):
    """There is no code to begin with: the folder is no checkout of a repository."""


@dataclass(frozen=True)
class Seed:
    """The files of a commit, without its history.

    Attributes:
        has_changes: Whether the checkout has changes that the commit has not.
    """

    archive: bytes
    commit: str
    has_changes: bool


def pack(directory: Path = ROOT) -> Seed:
    """The commit that is checked out, the same bytes for the same commit.

    Raises:
        SeedError: The directory is no checkout, or has no commit.
    """
    commit = _git(directory, "rev-parse", "HEAD").decode().strip()
    changes = _git(directory, "status", "--porcelain")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed.zip"
        _git(directory, "archive", "--format=zip", f"--output={path}", commit)
        return Seed(path.read_bytes(), commit, bool(changes.strip()))


def _git(directory: Path, *words: str) -> bytes:
    command = ["git", "-C", str(directory), *words]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"").decode(errors="replace").strip() or str(error)
        raise SeedError(
            f"The seed code is the commit that is checked out in {directory}: {said}. "
            "Clone the template with git, or make its folder a repository with a commit."
        ) from error
    return done.stdout
