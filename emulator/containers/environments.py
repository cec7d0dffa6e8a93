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
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
    key = environment_key(recipe, wanted)
    environment = Environment(cache_dir / "environments" / f"{recipe.name}-{key}", key)
    if environment.path.is_dir():
        return environment
    environment.path.parent.mkdir(parents=True, exist_ok=True)
    with _lock(_beside(environment.path, ".lock"), report):
        if not environment.path.is_dir():
            _build(environment, recipe, wanted, report)
    return environment


def environment_key(recipe: Recipe, requirements: str) -> str:
    """A hash of all that an environment is built from."""
    digest = hashlib.sha256()
    parts = [
        str(FORMAT), platform.python_version(), sys.platform, platform.machine(), sys.base_prefix,
        str(recipe.directory), recipe.lock, repr(recipe.omitted), repr(recipe.path),
        repr(sorted(recipe.commands.items())), requirements,
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
    environment: Environment, recipe: Recipe, requirements: str, report: Callable[[str], None]
) -> None:
    building = _beside(environment.path, ".building")
    shutil.rmtree(building, ignore_errors=True)
    began = time.monotonic()
    report(f"building the environment of {recipe.name} (once; cached as {environment.path.name})")
    try:
        _fill(building, environment.path, recipe, requirements, report)
        building.rename(environment.path)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    report(f"environment of {recipe.name} built in {time.monotonic() - began:.0f} s")


def _fill(
    building: Path, final: Path, recipe: Recipe, requirements: str, report: Callable[[str], None]
) -> None:
    variables = dict(os.environ)
    variables.pop("VIRTUAL_ENV", None)
    python = str(getattr(sys, "_base_executable", None) or sys.executable)
    _uv(["venv", "--relocatable", "--no-project", "--python", python, str(building)], variables)
    inputs = _beside(building, ".inputs")
    inputs.mkdir(exist_ok=True)
    try:
        report(f"installing the packages of {recipe.name}")
        # The lock is complete, and without its omitted packages only when nothing is resolved.
        lock = inputs / "requirements.lock"
        _install(building, lock, recipe.lock, ["--no-deps"], variables)
        if requirements:
            report(f"installing {REQUIREMENTS_FILE}")
        overrides = inputs / "overrides.txt"
        overrides.write_text("".join(f"{name}; sys_platform=='never'\n" for name in recipe.omitted))
        options = ["--overrides", str(overrides)] if recipe.omitted else []
        _install(building, inputs / REQUIREMENTS_FILE, requirements, options, variables)
    finally:
        shutil.rmtree(inputs)
    _add_code(building, recipe)
    _add_omitted(building, recipe)
    _add_commands(building, final, recipe)


def _install(
    building: Path, file: Path, content: str, options: list[str], variables: dict[str, str]
) -> None:
    if not content:
        return
    file.write_text(content)
    python = str(building / "bin" / "python")
    # Compiled now, because what a container compiles itself is thrown away with its overlay.
    _uv(
        ["pip", "install", "--python", python, "--compile-bytecode", *options, "-r", str(file)],
        variables,
    )


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


def _add_code(building: Path, recipe: Recipe) -> None:
    if recipe.path:
        places = recipe.places
        lines = [str((recipe.directory / each.format(**places)).resolve()) for each in recipe.path]
        (_site_packages(building) / "_image.pth").write_text("\n".join(lines) + "\n")


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
    for name, words in recipe.commands.items():
        filled = [word.format(**recipe.places) for word in words]
        if filled[0] == "python":
            filled[0] = str(final / "bin" / "python")
        script = building / "bin" / name
        script.unlink(missing_ok=True)
        script.write_text(f'#!/bin/sh\nexec {shlex.join(filled)} "$@"\n')
        script.chmod(0o755)
