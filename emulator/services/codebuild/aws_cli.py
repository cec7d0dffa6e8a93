"""The AWS CLI of builds: an environment like an image's, made when a build first calls ``aws``."""

import sys
from collections.abc import Sequence
from pathlib import Path

from emulator.containers.environments import Environment, build_environment, locate_environment
from emulator.containers.images import Image, resolve
from emulator.containers.installation import EnvironmentFailed

_IMAGE = "aws-cli:latest"


def locate(cache_dir: Path) -> Environment:
    """Where it is in the cache, or will be."""
    return locate_environment(cache_dir, _image().recipe)


def main(argv: Sequence[str]) -> int:
    """Make it in the cache that is named; 0, or 127 as of a program that is not there."""
    (cache_dir,) = argv
    try:
        build_environment(Path(cache_dir), _image(), None, _say)
    except EnvironmentFailed as error:
        _say(f"aws: the AWS CLI cannot be installed: {error}")
        return 127
    return 0


def _image() -> Image:
    return resolve(_IMAGE)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
