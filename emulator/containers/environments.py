"""The environment of an image: a virtual environment built with uv and cached by content."""

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from emulator.containers.images import Image, Recipe

FORMAT = 1  # part of the cache's key: changes with what is built from the same recipe
PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
REQUIREMENTS_FILE = "requirements.txt"
REQUIREMENTS_BYTES = 1024 * 1024
LOCK_REPORT_SECONDS = 5.0
LOCK_POLL_SECONDS = 0.1
ERROR_CHARACTERS = 4000


class EnvironmentFailed(Exception):
    """An environment could not be built; the message has what uv said."""


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
    environment = _located(cache_dir, recipe, wanted)
    if environment.path.is_dir():
        return environment
    environment.path.parent.mkdir(parents=True, exist_ok=True)
    what = f"the environment of {recipe.name}"
    fill = partial(_fill, recipe=recipe)
    if wanted:
        # Before the lock, so that no builder waits for one lock while it holds another.
        base = build_environment(cache_dir, image, None, report)
        what += f" with {REQUIREMENTS_FILE}"
        fill = partial(_extend, base=base, recipe=recipe, requirements=wanted)
    with _lock(_beside(environment.path, ".lock"), report):
        if not environment.path.is_dir():
            _build(environment, report, what, fill, recipe)
    return environment


def _located(cache_dir: Path, recipe: Recipe, requirements: str) -> Environment:
    key = environment_key(recipe, requirements)
    return Environment(cache_dir / "environments" / f"{recipe.name}-{key}", key)


def environment_key(recipe: Recipe, requirements: str) -> str:
    """A hash of all that an environment is built from."""
    digest = hashlib.sha256()
    parts = [
        str(FORMAT), platform.python_version(), sys.platform, platform.machine(), sys.base_prefix,
        recipe.lock, repr(recipe.omitted), repr(_code_directories(recipe)),
        repr(sorted(_filled_commands(recipe).items())), requirements,
    ]  # fmt: skip
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
    building = _beside(environment.path, ".building")
    shutil.rmtree(building, ignore_errors=True)
    began = time.monotonic()
    report(f"building {what} (once; cached as {environment.path.name})")
    try:
        fill(building)
        _add_commands(building, environment.path, recipe)
        building.rename(environment.path)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    report(f"{what} built in {time.monotonic() - began:.0f} s")


def _fill(building: Path, recipe: Recipe) -> None:
    variables = _uv_variables()
    python = str(getattr(sys, "_base_executable", None) or sys.executable)
    _uv(["venv", "--relocatable", "--no-project", "--python", python, str(building)], variables)
    # The lock is complete, and without its omitted packages only when nothing is resolved.
    _install(building, recipe.lock, ["--no-deps"], variables)
    _add_code(building, recipe)
    _add_omitted(building, recipe)


def _extend(building: Path, base: Environment, recipe: Recipe, requirements: str) -> None:
    """Install requirements into a copy of the recipe's own environment.

    The copy's packages are links to the same files, which takes a second instead of an
    installation's many: uv and pip replace files and never write into them. Only the scripts, which
    uv does write into, are copied.
    """
    shutil.copytree(base.path / "lib", building / "lib", symlinks=True, copy_function=os.link)
    for entry in base.path.iterdir():
        if entry.is_symlink():
            (building / entry.name).symlink_to(entry.readlink())
        elif entry.is_file():
            shutil.copy2(entry, building)
        elif entry.name != "lib":
            shutil.copytree(entry, building / entry.name, symlinks=True)
    with tempfile.TemporaryDirectory() as directory:
        overrides = Path(directory) / "overrides.txt"
        overrides.write_text("".join(f"{name}; sys_platform=='never'\n" for name in recipe.omitted))
        options = ["--overrides", str(overrides)] if recipe.omitted else []
        _install(building, requirements, options, _uv_variables())


def _uv_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}


def _install(
    building: Path, requirements: str, options: list[str], variables: dict[str, str]
) -> None:
    if not requirements:
        return
    python = str(building / "bin" / "python")
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / REQUIREMENTS_FILE
        file.write_text(requirements)
        # Compiled now, because what a container compiles itself is thrown away with its overlay.
        command = ["pip", "install", "--python", python, "--compile-bytecode", *options]
        _uv([*command, "-r", str(file)], variables)


def _uv(arguments: list[str], variables: dict[str, str]) -> None:
    command = [uv_program(), *arguments, "--quiet", "--no-progress"]
    done = subprocess.run(
        command, env=variables, cwd="/", capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = done.stderr.strip()[-ERROR_CHARACTERS:]
        raise EnvironmentFailed(
            f"uv {arguments[0]} failed with exit code {done.returncode}: {said}"
        )


def uv_program() -> str:
    """The uv that was installed with the emulator, or else the one on PATH.

    Raises:
        EnvironmentFailed: There is none.
    """
    beside = Path(sys.executable).with_name("uv")
    program = str(beside) if beside.is_file() else shutil.which("uv")
    if program is None:
        raise EnvironmentFailed("uv is not installed: pip install uv")
    return program


def _site_packages(building: Path) -> Path:
    return building / "lib" / f"python{PYTHON_VERSION}" / "site-packages"


def _code_directories(recipe: Recipe) -> list[str]:
    places = recipe.places
    return [str((recipe.directory / entry.format(**places)).resolve()) for entry in recipe.path]


def _filled_commands(recipe: Recipe) -> dict[str, list[str]]:
    places = recipe.places
    return {
        name: [word.format(**places) for word in words] for name, words in recipe.commands.items()
    }


def _add_code(building: Path, recipe: Recipe) -> None:
    if recipe.path:
        lines = "".join(f"{directory}\n" for directory in _code_directories(recipe))
        (_site_packages(building) / "_image.pth").write_text(lines)


def _add_omitted(building: Path, recipe: Recipe) -> None:
    """Register the omitted packages as installed, or a pip inside a job would fetch them."""
    for name in recipe.omitted:
        pinned = re.search(rf"(?m)^{re.escape(name)}==([^\s;\\]+)", recipe.lock)
        version = pinned.group(1) if pinned else "0"
        module = name.replace("-", "_")
        directory = _site_packages(building) / f"{module}-{version}.dist-info"
        directory.mkdir(exist_ok=True)
        (directory / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            "Summary: Left out by the emulator's image recipe\n"
        )
        (directory / "INSTALLER").write_text("emulator\n")
        (directory / "RECORD").write_text("")


def _add_commands(building: Path, final: Path, recipe: Recipe) -> None:
    for name, (program, *words) in _filled_commands(recipe).items():
        first = str(final / "bin" / "python") if program == "python" else program
        script = building / "bin" / name
        script.unlink(missing_ok=True)
        script.write_text(f'#!/bin/sh\nexec {shlex.join([first, *words])} "$@"\n')
        script.chmod(0o755)
