"""The files of a build's context."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emulator.containers.docker.failures import DockerFailed
from emulator.containers.docker.ignoring import Rule, read_rules, without_ignored
from emulator.containers.images import RECIPE_FILE


@dataclass(frozen=True)
class BuildContext:
    """A folder that an image is built from.

    Attributes:
        root: The folder.
        files: Paths relative to it, sorted; regular files and links to others among them.
        dockerfile: The Dockerfile, relative to the root.
        recipe_folder: The Dockerfile's folder, which has the recipe, relative to the root.
    """

    root: Path
    files: tuple[str, ...]
    dockerfile: str
    recipe_folder: str


def read_context(folder: str, file: str | None) -> BuildContext:
    """Look at a context; ``file`` is the Dockerfile, by default the one in it.

    Raises:
        DockerFailed: It cannot be built; the message has all that is wrong with its files.
    """
    if folder == "-" or "://" in folder or folder.startswith("git@"):
        raise _unprepared(f"the emulator's docker builds folders of this machine, and not {folder}")
    root = Path(folder).absolute()
    if not root.is_dir():
        raise _unprepared(f'path "{folder}" not found')
    root = root.resolve()
    dockerfile = Path(file).absolute() if file is not None else root / "Dockerfile"
    needed = (dockerfile, dockerfile.with_name(RECIPE_FILE))
    _check_needed(root, *needed)
    names = [path.resolve().relative_to(root).as_posix() for path in needed]
    kept = without_ignored(_names(root), _rules(root, dockerfile))
    # What the build itself needs is there although it is ignored: as Docker does.
    files = tuple(sorted({*kept, *names}))
    _check_kinds(root, files)
    return BuildContext(root, files, names[0], Path(names[1]).parent.as_posix())


def _check_needed(root: Path, dockerfile: Path, recipe: Path) -> None:
    faults = []
    if not dockerfile.is_file():
        faults.append(
            f"unable to evaluate symlinks in Dockerfile path: lstat {dockerfile}: no such file or "
            f"directory"
        )
    elif not dockerfile.read_bytes().strip():
        faults.append(f"the Dockerfile ({dockerfile}) cannot be empty")
    if not recipe.is_file():
        faults.append(
            f"{recipe}: no such file. The emulator runs an image by the {RECIPE_FILE} beside its "
            f"Dockerfile, which names the programs, packages and commands that stand for it"
        )
    faults += [
        f"{path} is outside of the context {root}"
        for path in (dockerfile, recipe)
        if path.is_file() and not path.resolve().is_relative_to(root)
    ]
    if faults:
        raise _unprepared("; ".join(faults))


def _rules(root: Path, dockerfile: Path) -> tuple[Rule, ...]:
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    path = own if own.is_file() else root / ".dockerignore"
    if not path.is_file():
        return ()
    try:
        return read_rules(path.read_text())
    except ValueError as error:
        raise _unprepared(f"{path}: {error}") from error


def _names(root: Path) -> Iterator[str]:
    """All that is below the folder and no folder; links are not followed."""
    for folder, folders, files in os.walk(root):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in (*files, *links):
            yield Path(folder, name).relative_to(root).as_posix()


def _check_kinds(root: Path, files: tuple[str, ...]) -> None:
    faults = []
    for name in files:
        path = root / name
        if path.is_symlink():
            target = path.readlink()
            if target.is_absolute() or not path.resolve().is_relative_to(root):
                faults.append(f"{name} is a link out of the context, to {target}")
        elif not path.is_file():
            faults.append(f"{name} is neither a file nor a folder")
    if faults:
        raise _unprepared("; ".join(faults))


def _unprepared(reason: str) -> DockerFailed:
    return DockerFailed(f"unable to prepare context: {reason}")
