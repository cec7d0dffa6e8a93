"""build: make the environments of images now, rather than when the first job needs them."""

import argparse
import os
import sys
from pathlib import Path

from emulator.commands.directories import make_cache_dir
from emulator.errors import AwsError


def build(arguments: argparse.Namespace) -> int:
    """Build what is not in the cache yet, saying what runs for each image.

    Raises:
        DirectoryUnusable: The cache cannot be made or written.
    """
    # Not for every command to wait for, as the modules of all commands are imported together.
    from emulator.containers import Containers, EnvironmentFailed, recipe_directories

    make_cache_dir(arguments.cache_dir)
    try:
        requirements = _requirements(arguments.requirements)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else f"not UTF-8 at byte {error.start}"
        print(f"build: --requirements: {arguments.requirements}: {why}", file=sys.stderr)
        return 2
    recipes = recipe_directories(os.environ, arguments.data, arguments.recipes)
    containers = Containers(arguments.cache_dir, {}, recipes)
    is_whole = True
    for image_uri in arguments.images:
        try:
            image = containers.resolve(image_uri)
            containers.environment(image, requirements, report=print)
            print(image.description)
        except (AwsError, EnvironmentFailed) as error:
            print(error, file=sys.stderr)
            is_whole = False
    return 0 if is_whole else 1


def _requirements(path: Path | None) -> str | None:
    return path.read_text(encoding="utf-8") if path else None
