"""Where a build and its project keep their files.

``<data>/builds/<uuid>`` is the build's own and removed when it has ended; ``<data>/build-caches``
has what LOCAL caches keep; ``<cache>/codebuild/home`` is the home of all builds, so that what
package managers keep there is downloaded once.
"""

import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from emulator.containers import end_leftovers
from emulator.containers.leftovers import scratch_of
from emulator.context import Context
from emulator.services.codebuild.records import uuid_of


@dataclass(frozen=True)
class BuildDirectory:
    """A build's directory.

    Attributes:
        scratch: Of its shell; names what has to end when the emulator was killed.
        home: HOME, which outlives the build.
    """

    path: Path
    scratch: Path
    home: Path

    @property
    def temporary(self) -> Path:
        """TMPDIR."""
        return self.path / "tmp"

    @property
    def interpreter(self) -> Path:
        """The build's Python environment."""
        return self.path / "python"

    @property
    def tools(self) -> Path:
        """The programs that CodeBuild's images have and this machine need not."""
        return self.path / "tools"

    def source(self, identifier: str = "") -> Path:
        """Where a source lies: the primary one, or the secondary one of the identifier."""
        return self.path / (f"src-{identifier}" if identifier else "src")


def directory_of(context: Context, build_id: str) -> BuildDirectory:
    """The build's directory, which may not be there yet."""
    path = _folder(context) / uuid_of(build_id)
    return BuildDirectory(path, scratch_of(path), context.settings.cache_dir / "codebuild" / "home")


def make(directory: BuildDirectory) -> None:
    """Make it."""
    for path in (directory.temporary, directory.source(), directory.home):
        path.mkdir(parents=True, exist_ok=True)


def remove(directory: BuildDirectory) -> None:
    """Remove it; the home stays."""
    for path in (directory.path, directory.scratch):
        shutil.rmtree(path, ignore_errors=True)


def end_those_left(context: Context) -> None:
    """End what an emulator that was killed left running, and let its files be removed."""
    folder = _folder(context)
    if folder.is_dir():
        end_leftovers(folder)
        folder.rename(folder.with_name(f"{folder.name}-{uuid4().hex}"))
    # In a thread, as gigabytes of packages would keep the emulator from its start.
    for abandoned in folder.parent.glob(f"{folder.name}-*"):
        context.workers.start("remove builds", shutil.rmtree, abandoned, True)


def remove_cache(context: Context, project_name: str) -> None:
    """Forget what a project's LOCAL cache keeps."""
    shutil.rmtree(context.settings.data_dir / "build-caches" / project_name, ignore_errors=True)


def cache_directory(context: Context, project_name: str, cached_path: str) -> Path:
    """Where a project's LOCAL cache keeps what belongs at the path."""
    key = sha256(cached_path.encode()).hexdigest()[:20]
    return context.settings.data_dir / "build-caches" / project_name / key


def _folder(context: Context) -> Path:
    return context.settings.data_dir / "builds"
