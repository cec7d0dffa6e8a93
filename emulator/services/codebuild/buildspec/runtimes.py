"""The runtimes that a buildspec may name, and how this machine's versions are found out."""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Runtime:
    """A program that tells its version.

    Attributes:
        command: What asks for the version.
        version: Finds the version in what the program prints, in its only group.
    """

    command: tuple[str, ...]
    version: re.Pattern[str]


# Source: "Available runtimes" of the CodeBuild user guide; python is found by other means.
RUNTIMES = {
    "python": Runtime(("python3", "--version"), re.compile(r"Python (\S+)")),
    "nodejs": Runtime(("node", "--version"), re.compile(r"v(\S+)")),
    "java": Runtime(("java", "-version"), re.compile(r'version "(?:1\.)?([^"]+)"')),
    "golang": Runtime(("go", "version"), re.compile(r"go version go(\S+)")),
    "ruby": Runtime(("ruby", "--version"), re.compile(r"ruby (\d[\d.]*)")),
    "php": Runtime(("php", "--version"), re.compile(r"PHP (\d[\d.]*)")),
    "dotnet": Runtime(("dotnet", "--version"), re.compile(r"(\d[\d.]*)")),
    "docker": Runtime(("docker", "--version"), re.compile(r"Docker version (\d[\d.]*)")),
    "android": Runtime(("sdkmanager", "--version"), re.compile(r"(\d[\d.]*)")),
}
_VENDOR = re.compile(r"^[a-z]+(?=\d)")  # corretto17 is version 17 of java
_ANY = ("latest", "x")


def wanted_version(text: str) -> str:
    """The numbers that a version has to begin with: 3.11 of "3.11" and "3.11.x", none of latest."""
    numbers = _VENDOR.sub("", text).split(".")
    return ".".join(number for number in numbers if number not in _ANY)


def is_wanted(version: str, wanted: str) -> bool:
    """Whether a version such as 3.11.7 is what a buildspec means by 3.11."""
    prefix = wanted_version(wanted)
    return not prefix or version == prefix or version.startswith(f"{prefix}.")


def runtime_fault(name: str, wanted: str, ask: Callable[[tuple[str, ...]], str]) -> str | None:
    """Why this machine cannot give the runtime, None if it can; ``ask`` runs a program.

    Source: CodeBuild's words for a version that its image has not.
    """
    runtime = RUNTIMES[name]
    match = runtime.version.search(ask(runtime.command))
    if match and is_wanted(match[1], wanted):
        return None
    has = f"this machine has {match[1]}" if match else f"this machine has no {runtime.command[0]}"
    return (
        f"Unknown runtime version named '{wanted}' of {name}. The build runs on this machine and "
        f"not in the build image: {has}."
    )
