"""Gives a container a /tmp, a /var/tmp and a /dev/shm of its own, as each on AWS has.

What the container needs of this machine's own stays where it is when it lies in one of them, so
that a clone, a cache or an interpreter may be in /tmp.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

from emulator.containers.environments import Environment
from emulator.containers.images import BUILT_IN_RECIPES, Image
from emulator.containers.installation import code_directories
from emulator.containers.isolation import bind, inherited

TEMPORARY_DIRECTORIES = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - the container's
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the container's
EVERYBODY_WRITES = 0o1777


def shown(read: Iterable[Path], written: Iterable[Path] = ()) -> dict[Path, str]:
    """What a container needs of the machine, under all its names, and the kind of its mount.

    Args:
        read: What the container cannot change there.
        written: What it can.
    """
    kinds = dict.fromkeys(_all_names(tuple(read)), "read-only")
    return kinds | {name: "bind" for path in written for name in _names(path)}


def temporary_mounts(
    scratch: Path,
    needed: Mapping[Path, str],
    directories: Sequence[Path] = TEMPORARY_DIRECTORIES,
) -> list[list[str]]:
    """The mounts that show directories in the scratch as the temporary ones.

    They hide what the machine has there, so that they come after all other mounts.

    Args:
        scratch: The container's own directory; what is mounted is made in it.
        needed: What stays in sight.
        directories: The temporary ones; those that the machine does not have are left out.
    """
    around = scratch.resolve().parents
    mounts, hiding = [], []
    # The one that the scratch is in comes last, because it hides what is shown in its place.
    for hidden in sorted(_real(tuple(directories)), key=around.__contains__):
        own = scratch / "-".join(hidden.parts[1:])
        own.mkdir(exist_ok=True)
        own.chmod(EVERYBODY_WRITES)
        # A directory before what is in it, which it would hide.
        for name in sorted(name for name in needed if hidden in name.parents):
            mount_point = own / name.relative_to(hidden)
            _make_mount_point(mount_point, name)
            mounts.append([needed[name], str(name), str(mount_point), ""])
        hiding.append(bind(own, hidden))
    return mounts + hiding


def shared_memory_mounts(needed: Iterable[Path]) -> list[list[str]]:
    """The mount of a /dev/shm whose memory is free again when the container has ended.

    There is none where something lies in the machine's that the container needs.
    """
    needs_it = any(SHARED_MEMORY in name.parents for name in needed)
    if needs_it or not SHARED_MEMORY.is_dir():
        return []
    return [["tmpfs", "tmpfs", str(SHARED_MEMORY), f"mode={EVERYBODY_WRITES:o}"]]


@cache
def _real(directories: tuple[Path, ...]) -> frozenset[Path]:
    return frozenset(directory.resolve() for directory in directories if directory.is_dir())


@lru_cache(maxsize=256)
def _all_names(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Looked for once: every step has a container, and its image the same paths as the last."""
    return tuple(name for path in paths for name in _names(path))


def _names(path: Path) -> Iterator[Path]:
    """An existing path, and what it is called after each link on its way; nothing for another."""
    if not os.path.exists(path):  # noqa: PTH110 - False also for what this user may not see
        return
    yield path
    for part in (*reversed(path.parents), path):
        if part.is_symlink():
            target = Path(os.path.normpath(part.parent / part.readlink()))
            yield from _names(target / path.relative_to(part))
            return


def _make_mount_point(mount_point: Path, source: Path) -> None:
    if source.is_dir():
        mount_point.mkdir(parents=True, exist_ok=True)
    else:
        mount_point.parent.mkdir(parents=True, exist_ok=True)
        mount_point.touch()


def needed_to_read(image: Image, environment: Environment) -> list[Path]:
    """What a container of the image needs of the machine besides its environment.

    The image's own code, what the programs were installed with, and the files that the inherited
    variables name, such as certificates.
    """
    recipe = image.recipe
    needed = map(shutil.which, recipe.needs)
    programs = [environment.python, *(Path(program) for program in needed if program)]
    prefixes = [name.parent.parent for name in _all_names(tuple(programs))]
    named = [Path(value) for value in inherited(os.environ).values() if value.startswith("/")]
    code = [Path(directory) for directory in code_directories(recipe)]
    return [BUILT_IN_RECIPES, recipe.directory, *code, *prefixes, *named]
