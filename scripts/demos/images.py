"""Make the environments that a pipeline's images need, as a part of setting up."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
_IMAGE_MEMBERS = ("ImageUri", "TrainingImage", "Image")
_SOURCE_PREFIX = "s3://any/source/"


@dataclass(frozen=True, order=True)
class Need:
    """An image, and the requirements.txt of the code that it runs, if there is one."""

    image_uri: str
    requirements: Path | None


def prepare(pipeline: str) -> int:
    """Build the environment of every image that the definition names; the exit code."""
    print(f"Reading which images the pipeline {pipeline} uses ...", flush=True)
    needed = needs(pipeline)
    for requirements in sorted({need.requirements for need in needed}, key=str):
        uris = [need.image_uri for need in needed if need.requirements == requirements]
        command = [sys.executable, "-m", "emulator", "build"]
        if requirements is not None:
            command += ["--requirements", str(requirements)]
        done = subprocess.run([*command, *uris], cwd=ROOT, check=False)
        if done.returncode != 0:
            return done.returncode
    return 0


def needs(pipeline: str) -> list[Need]:
    """What the steps of the pipeline's definition run, each once."""
    program = Path(sys.executable).parent / "get-pipeline-definition"
    words = ["--pipeline", pipeline, "--default-bucket", "any", "--region", "us-east-1"]
    role = ["--role-arn", "arn:aws:iam::123456789012:role/any"]
    command = [str(program), *words, *role]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found = {need for step in _steps(json.loads(done.stdout)["Steps"]) for need in _needs(step)}
    return sorted(found, key=str)


def _steps(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in steps:
        arguments = step["Arguments"]
        if step["Type"] == "Condition":
            yield from _steps([*arguments["IfSteps"], *arguments["ElseSteps"]])
        else:
            yield step


def _needs(step: dict[str, Any]) -> Iterator[Need]:
    folders = {
        text.removeprefix(_SOURCE_PREFIX).partition("/")[0]
        for _, text in _texts(step)
        if text.startswith(_SOURCE_PREFIX)
    }
    files = [ROOT / "steps" / folder / "requirements.txt" for folder in sorted(folders)]
    requirements = next((file for file in files if file.is_file()), None)
    for name, text in _texts(step):
        if name in _IMAGE_MEMBERS:
            yield Need(text, requirements)


def _texts(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a step, with the name of the member that holds it."""
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            yield from _texts(inner, inner_name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, name)
    elif isinstance(value, str):
        yield name, value
