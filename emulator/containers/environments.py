"""The environment of an image: a virtual environment built with uv and cached by content."""

import contextlib
import fcntl
import hashlib
import platform
import re
import shutil
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

from emulator.containers.images import Image, Recipe
from emulator.containers.installation import (
    REQUIREMENTS_FILE,
    EnvironmentFailed,
    add_commands,
    build_files,
    code_directories,
    filled_commands,
    install_recipe,
    install_requirements,
)

FORMAT = 1  # part of the cache's key: changes with what is built from the same recipe
REQUIREMENTS_BYTES = 1024 * 1024
LOCK_REPORT_SECONDS = 5.0
LOCK_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Environment:
    """A virtual environment.

    Attributes:
        path: Its directory, which is shared by all containers and never to be changed.
        key: What it was built from, as a hash.
    """

    path: Path
    key: str

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.path / "bin" / "python"

    @property
    def bin(self) -> Path:
        """The directory to put first on PATH."""
        return self.path / "bin"


def build_environment(
    cache_dir: Path, image: Image, requirements: str | None, report: Callable[[str], None]
) -> Environment:
    """Find the environment for an image in the cache, or build it there.

    Args:
        cache_dir: The cache, which several processes may use at the same time.
        image: The image whose lock file is installed.
        requirements: The content of the source directory's requirements.txt, installed after it.
        report: Called with a line of progress now and then.

    Raises:
        EnvironmentFailed: A program is missing, or uv failed.
    """
    recipe = image.recipe
    _check_programs(image)
    wanted = _normalized(requirements)
    environment = locate_environment(cache_dir, recipe, wanted)
    if environment.path.is_dir():
        return environment
    environment.path.parent.mkdir(parents=True, exist_ok=True)
    what = f"the environment of {recipe.name}"
    if recipe.package is not None:
        what += f" with {recipe.package} {image.version_running}"
    fill = partial(install_recipe, recipe=recipe)
    if wanted:
        # Before the lock, so that no builder waits for one lock while it holds another.
        base = build_environment(cache_dir, image, None, report)
        what += f" and {REQUIREMENTS_FILE}"
        fill = partial(install_requirements, base=base.path, recipe=recipe, requirements=wanted)
    with _lock(_beside(environment.path, ".lock"), report):
        if not environment.path.is_dir():
            _build(environment, report, what, fill, recipe)
    return environment


def locate_environment(cache_dir: Path, recipe: Recipe, requirements: str = "") -> Environment:
    """Where the environment is, or will be when it has been built."""
    key = environment_key(recipe, requirements)
    return Environment(cache_dir / "environments" / f"{recipe.name}-{key}", key)


def environment_key(recipe: Recipe, requirements: str) -> str:
    """A hash of all that an environment is built from."""
    digest = hashlib.sha256()
    parts = [
        str(FORMAT), platform.python_version(), sys.platform, platform.machine(), sys.base_prefix,
        recipe.lock, repr(recipe.omitted), repr(code_directories(recipe)),
        repr(sorted(filled_commands(recipe).items())), requirements,
    ]  # fmt: skip
    if recipe.build:
        parts.append(repr((recipe.build, build_files(recipe))))
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()[:20]


def requirements_of(source: Path) -> str | None:
    """The content of requirements.txt in a source directory or a sourcedir.tar.gz, if any."""
    if source.is_dir():
        path = source / REQUIREMENTS_FILE
        return path.read_text() if path.is_file() else None
    if not source.is_file() or not tarfile.is_tarfile(source):
        return None
    with tarfile.open(source) as archive:
        for member in archive:
            if member.name.removeprefix("./") == REQUIREMENTS_FILE and member.isfile():
                file = archive.extractfile(member)
                return file.read(REQUIREMENTS_BYTES).decode() if file else None
    return None


def _normalized(requirements: str | None) -> str:
    lines = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in (requirements or "").splitlines())
    return "\n".join(line for line in lines if line)


def _check_programs(image: Image) -> None:
    missing = [program for program in image.recipe.needs if shutil.which(program) is None]
    if missing:
        hint = image.recipe.needs_hint
        raise EnvironmentFailed(
            f"The image {image.uri} needs {', '.join(missing)} on this machine, which PATH does "
            f"not have." + (f" Install with: {hint}" if hint else "")
        )


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


@contextlib.contextmanager
def _lock(path: Path, report: Callable[[str], None]) -> Iterator[None]:
    # flock is released by the kernel when its holder dies, so no lock outlives a kill -9.
    with path.open("w") as file:
        next_report = time.monotonic()
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= next_report:
                    report("waiting for another process that builds the same environment")
                    next_report = time.monotonic() + LOCK_REPORT_SECONDS
                time.sleep(LOCK_POLL_SECONDS)
        yield


def _build(
    environment: Environment,
    report: Callable[[str], None],
    what: str,
    fill: Callable[[Path], None],
    recipe: Recipe,
) -> None:
    # A name of its own: a uv that outlived its killed emulator may still write to the last one.
    for abandoned in environment.path.parent.glob(f"{environment.path.name}.building-*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    building = _beside(environment.path, f".building-{uuid4().hex[:8]}")
    began = time.monotonic()
    report(f"building {what} (once; cached as {environment.path.name})")
    try:
        fill(building)
        add_commands(building, environment.path, recipe)
        building.rename(environment.path)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    report(f"{what} built in {time.monotonic() - began:.0f} s")
