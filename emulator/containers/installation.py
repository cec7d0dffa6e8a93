"""Fills the directory of an environment: packages by uv, the recipe's code and commands."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from emulator.containers.images import Recipe

PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
REQUIREMENTS_FILE = "requirements.txt"
ERROR_CHARACTERS = 4000


class EnvironmentFailed(Exception):
    """An environment could not be built; the message has what uv said."""


def install_recipe(building: Path, recipe: Recipe) -> None:
    """Make a virtual environment with the recipe's lock and code."""
    variables = _uv_variables()
    python = str(getattr(sys, "_base_executable", None) or sys.executable)
    _uv(["venv", "--relocatable", "--no-project", "--python", python, str(building)], variables)
    # The lock is complete, and without its omitted packages only when nothing is resolved.
    _install(building, recipe.lock, ["--no-deps"], variables)
    _accept_package(building, recipe)
    _add_code(building, recipe)
    _add_omitted(building, recipe)
    _run_build(building, recipe)


def install_requirements(building: Path, base: Path, recipe: Recipe, requirements: str) -> None:
    """Install requirements into a copy of the recipe's own environment.

    The copy's packages are links to the same files, which takes a second instead of an
    installation's many: uv and pip replace files and never write into them. Only the scripts, which
    uv does write into, are copied.
    """
    shutil.copytree(base / "lib", building / "lib", symlinks=True, copy_function=os.link)
    for entry in base.iterdir():
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


def _run_build(building: Path, recipe: Recipe) -> None:
    """Let the recipe add what no package has, such as what is compiled for the environment."""
    if not recipe.build:
        return
    program, *words = (word.format(**recipe.places) for word in recipe.build)
    first = str(building / "bin" / "python") if program == "python" else program
    done = subprocess.run(
        [first, *words], cwd=building, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-ERROR_CHARACTERS:]
        raise EnvironmentFailed(f"The build of {recipe.name} failed: {said}")


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


def code_directories(recipe: Recipe) -> list[str]:
    """What the recipe puts on Python's path."""
    places = recipe.places
    return [str((recipe.directory / entry.format(**places)).resolve()) for entry in recipe.path]


def build_files(recipe: Recipe) -> list[tuple[str, str]]:
    """The files that a recipe's build can read, and their hashes; none without a build."""
    if not recipe.build:
        return []
    files = sorted(path for path in recipe.directory.rglob("*") if path.is_file())
    return [
        (path.relative_to(recipe.directory).as_posix(), sha256(path.read_bytes()).hexdigest())
        for path in files
        if "__pycache__" not in path.parts
    ]


def filled_commands(recipe: Recipe) -> dict[str, list[str]]:
    """The recipe's commands with real directories for their placeholders."""
    places = recipe.places
    return {
        name: [word.format(**places) for word in words] for name, words in recipe.commands.items()
    }


def _accept_package(building: Path, recipe: Recipe) -> None:
    """Let the main package say of itself that it fits this Python, as it was just found to do.

    XGBoost up to 1.7 says inside that it is for another Python, and uv would replace it by the
    newest as soon as a requirements.txt names it.
    """
    module = (recipe.package or "").replace("-", "_")
    for said in _site_packages(building).glob(f"{module}-*.dist-info/WHEEL"):
        text = re.sub(r"(?m)^Tag: .*$", "Tag: py3-none-any", said.read_text())
        said.unlink()  # it is a link into uv's cache
        said.write_text(text)


def _add_code(building: Path, recipe: Recipe) -> None:
    if recipe.path:
        lines = "".join(f"{directory}\n" for directory in code_directories(recipe))
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


def add_commands(building: Path, final: Path, recipe: Recipe) -> None:
    """Write the recipe's commands as programs for the environment that moves to ``final``."""
    for name, (program, *words) in filled_commands(recipe).items():
        first = str(final / "bin" / "python") if program == "python" else program
        script = building / "bin" / name
        script.unlink(missing_ok=True)
        script.write_text(f'#!/bin/sh\nexec {shlex.join([first, *words])} "$@"\n')
        script.chmod(0o755)
