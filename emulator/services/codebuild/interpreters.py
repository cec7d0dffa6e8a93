"""Runtimes: a Python environment of the build's own, and checks that this machine has the others.

A build gets a virtual environment also when it asks for no version: ``pip install`` in a build
would change this machine's Python otherwise, where on AWS it changes an image that is thrown away.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from emulator.containers.installation import EnvironmentFailed, uv_program
from emulator.json_text import read_json
from emulator.services.codebuild.buildspec.runtimes import runtime_fault, wanted_version
from emulator.services.codebuild.failures import client_error, yaml_error

_SECONDS = 60
_SAID_CHARACTERS = 2000


def runtime_faults(versions: Mapping[str, str], variables: Mapping[str, str]) -> list[str]:
    """Why this machine cannot give the runtimes that a buildspec names."""

    def ask(command: Sequence[str]) -> str:
        done = _run(command, variables)
        return "" if done is None else done.stdout + done.stderr

    faults = []
    for name, version in versions.items():
        if name == "python":
            if find_python(version, variables) is None:
                faults.append(_no_python(version, variables))
        else:
            fault = runtime_fault(name, version, ask)
            faults += [fault] if fault else []
    return faults


def find_python(version: str, variables: Mapping[str, str]) -> str | None:
    """An interpreter of this machine of that version; of any version, the emulator's own."""
    wanted = wanted_version(version)
    own = ".".join(map(str, sys.version_info[:3]))
    if not wanted or own == wanted or own.startswith(f"{wanted}."):
        return str(getattr(sys, "_base_executable", None) or sys.executable)
    words = ("python", "find", "--no-python-downloads", "--no-project", "--system", wanted)
    done = _uv(words, variables)
    return done.stdout.strip() if done is not None and done.returncode == 0 else None


def make_environment(directory: Path, version: str, variables: Mapping[str, str]) -> Path:
    """Make the build's environment, and give the folder to put first on PATH.

    Raises:
        PhaseFailed: There is no such Python, or no environment can be made of it.
    """
    python = find_python(version, variables)
    if python is None:
        raise yaml_error(_no_python(version, variables))
    # uv has its pip at hand in no time; without a network it may not, and Python has one, too.
    words = ("venv", "--quiet", "--no-project", "--seed", "--python", python, str(directory))
    done = _uv(words, variables)
    if done is None or done.returncode != 0:
        done = _run((python, "-m", "venv", "--clear", str(directory)), variables)
    if done is None or done.returncode != 0:
        said = "it did not end" if done is None else (done.stdout + done.stderr).strip()
        raise client_error(
            f"No Python environment can be made of {python}: {said[-_SAID_CHARACTERS:]}"
        )
    return directory / "bin"


def _no_python(version: str, variables: Mapping[str, str]) -> str:
    words = ("python", "list", "--only-installed", "--output-format", "json")
    done = _uv(words, variables)
    versions = sorted(set(_versions(done.stdout if done is not None else "")))
    return (
        f"Unknown runtime version named '{version}' of python. The build runs on this machine and "
        f"not in the build image; this machine has the following versions: {', '.join(versions)}"
    )


def _versions(text: str) -> list[str]:
    try:
        return [str(each["version"]) for each in read_json(text)]
    except (ValueError, KeyError, TypeError):
        return [".".join(map(str, sys.version_info[:3]))]


def _uv(
    words: Sequence[str], variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str] | None:
    try:
        program = uv_program()
    except EnvironmentFailed:  # no uv on this machine
        return None
    return _run((program, *words), variables)


def _run(
    command: Sequence[str], variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            command,
            env=dict(variables),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
