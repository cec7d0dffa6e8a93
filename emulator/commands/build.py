"""build: make the environments of images now, rather than when the first job needs them."""

import argparse
import os
import sys

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
    requirements = arguments.requirements.read_text() if arguments.requirements else None
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
