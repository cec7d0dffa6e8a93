"""Runs SageMaker's containers as processes, without Docker.

An image URI is matched to a **recipe** (`images`), whose lock file makes an **environment**
(`environments`); a **job** or a **server** (`jobs`) is a process in it that sees its own /opt/ml
(`isolation`, `launcher`). An image that a build has pushed brings its recipe: `docker` makes it,
`image_store` has its files. One rule a stage: a recipe is data; an environment is never changed
once it is there; a container leaves nothing running behind.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from emulator.containers.archives import ArchiveRefused, pack_archive, unpack_archive
from emulator.containers.environments import (
    Environment,
    build_environment,
    requirements_of,
)
from emulator.containers.image_store import ImageStore
from emulator.containers.images import Image, Recipe, RecipeInvalid, load_recipes, resolve
from emulator.containers.installation import EnvironmentFailed
from emulator.containers.isolation import Isolation
from emulator.containers.jobs import ContainerJob, ContainerServer, Host, run_job, run_server
from emulator.containers.launching import Launch, LaunchFailed, Started
from emulator.containers.leftovers import end_leftovers
from emulator.containers.process import ContainerProcess
from emulator.containers.temporary import shown, temporary_mounts

__all__ = [
    "ArchiveRefused",
    "ContainerJob",
    "ContainerProcess",
    "ContainerServer",
    "Containers",
    "Environment",
    "EnvironmentFailed",
    "Image",
    "ImageStore",
    "Isolation",
    "Launch",
    "LaunchFailed",
    "Recipe",
    "RecipeInvalid",
    "Started",
    "end_leftovers",
    "load_recipes",
    "pack_archive",
    "recipe_directories",
    "requirements_of",
    "shown",
    "temporary_mounts",
    "unpack_archive",
]


def recipe_directories(
    environ: Mapping[str, str], data_dir: Path | None = None, given: Sequence[Path] = ()
) -> list[Path]:
    """The user's directories of recipes, absolute, in the order in which they are searched.

    They are those given, those in EMULATOR_RECIPES, then ``recipes`` in the data.
    """
    named = [
        Path(entry) for entry in environ.get("EMULATOR_RECIPES", "").split(os.pathsep) if entry
    ]
    own = [] if data_dir is None else [data_dir / "recipes"]
    # A container is in another directory than the emulator.
    return [directory.absolute() for directory in (*given, *named, *own)]


class Containers:
    """What the emulator's services run containers with."""

    def __init__(
        self,
        cache_dir: Path,
        base_environment: Mapping[str, str],
        recipe_directories: Sequence[Path] = (),
        isolation: Isolation | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            cache_dir: Where environments are kept, for all emulators of this user.
            base_environment: Variables of every container: endpoint, credentials, region.
            recipe_directories: Directories of recipes searched before the built-in ones.
            isolation: What to make containers of; found out on first use unless given.
        """
        self._cache_dir = cache_dir.absolute()
        self._recipe_directories = list(recipe_directories)
        self._host = Host(base_environment, isolation)
        self._find_pushed: Callable[[str], Image | None] = lambda _: None

    def bind(self, find_pushed: Callable[[str], Image | None]) -> None:
        """Give the registry, which knows the images that were pushed to it."""
        self._find_pushed = find_pushed

    def resolve(self, image_uri: str) -> Image:
        """Find the files of an image that was pushed, or else the recipe for it.

        Raises:
            AwsError: ValidationException: there is none; the message says how to add one.
        """
        pushed = self._find_pushed(image_uri)
        return pushed or resolve(image_uri, self._recipe_directories)

    def environment(
        self, image: Image, requirements: str | None, report: Callable[[str], None]
    ) -> Environment:
        """Find or build the environment of an image with requirements installed after its lock.

        Raises:
            EnvironmentFailed: With uv's own message.
        """
        return build_environment(self._cache_dir, image, requirements, report)

    def isolation(self, scratch: Path) -> Isolation:
        """What containers are made of here, found out by a trial in the directory at first."""
        return self._host.isolation_for(scratch)

    def run(self, job: ContainerJob) -> ContainerProcess:
        """Start a job.

        Raises:
            AwsError: The image has no default command and none was given.
            LaunchFailed: The kernel refused to make the container.
        """
        return run_job(self._host, job)

    def serve(self, server: ContainerServer) -> ContainerProcess:
        """Start a server; it is ready when its ``wait_ready`` says so.

        Raises:
            AwsError: The image has no ``serve`` and no command was given.
            LaunchFailed: The kernel refused to make the container.
        """
        return run_server(self._host, server)

    def start(self, launch: Launch) -> Started:
        """Start a command on the machine as it is, without an image; it ends with the emulator.

        The caller reads its output and its end, and closes both.

        Raises:
            LaunchFailed: The machine refused.
        """
        return self._host.launcher.start(launch)

    def close(self) -> None:
        """End all containers that still run."""
        self._host.launcher.close()
