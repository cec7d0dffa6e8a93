"""``docker build``: a context becomes an image of the store, and its environment is made."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emulator.containers.docker.context import BuildContext, read_context
from emulator.containers.docker.engine import Engine
from emulator.containers.docker.failures import DockerFailed
from emulator.containers.docker.references import Reference
from emulator.containers.environments import build_environment
from emulator.containers.image_store import StoredImage, short
from emulator.containers.images import (
    BUILT_IN_RECIPES,
    RECIPE_FILE,
    Image,
    Recipe,
    RecipeInvalid,
    read_recipe,
)
from emulator.containers.installation import EnvironmentFailed, code_directories

Say = Callable[[str], None]


@dataclass(frozen=True)
class Build:
    """What is asked for.

    Attributes:
        folder: The context.
        file: The Dockerfile; by default the one in the context.
        is_quiet: Only the image's id is printed.
        iid_file: Where to write that, too.
    """

    folder: str
    tags: tuple[Reference, ...] = ()
    file: str | None = None
    is_quiet: bool = False
    iid_file: str | None = None


def build(engine: Engine, request: Build, say: Say) -> None:
    """Build an image and give it its names.

    Raises:
        DockerFailed: The context, its recipe or this machine lacks something.
    """
    tell: Say = (lambda _: None) if request.is_quiet else say
    context = read_context(request.folder, request.file)
    try:
        tell(
            f"The emulator's docker runs no instruction of {context.dockerfile}: "
            f"{RECIPE_FILE} beside it stands for it"
        )
        _check_recipe(read_recipe(context.root / context.recipe_folder), context.root)
        stored = _store(engine, context)
        image = stored.image(str(next(iter(request.tags), short(stored.digest))))
        _make_environment(engine, image, stored, tell)
    except RecipeInvalid as error:
        raise _failed(error.message) from error
    except EnvironmentFailed as error:
        raise _failed(str(error)) from error
    with engine.changed() as state:
        state.tags |= {str(tag): stored.digest for tag in request.tags}
    if request.iid_file is not None:
        Path(request.iid_file).write_text(stored.digest)
    if request.is_quiet:
        say(stored.digest)
    tell(f"Successfully built {short(stored.digest)}")
    for tag in request.tags:
        tell(f"Successfully tagged {tag}")


def _failed(reason: str) -> DockerFailed:
    return DockerFailed(f"ERROR: failed to build: {reason}")


def _store(engine: Engine, context: BuildContext) -> StoredImage:
    def claim(digest: str) -> None:
        state = engine.state()
        state.claim(digest)
        engine.keep(state)

    return engine.store.add(context.root, context.files, context.recipe_folder, claim)


def _check_recipe(recipe: Recipe, root: Path) -> None:
    """Refuse what the files of the image alone could not run."""
    faults = [
        f"path has {directory}, which is outside of the context"
        for directory in code_directories(recipe)
        if not any(Path(directory).is_relative_to(place) for place in (root, BUILT_IN_RECIPES))
    ]
    faults += [
        f"the command {name} has {word!r}, which is outside of the context"
        for name, words in recipe.commands.items()
        for word in words
        if word.startswith("{recipe}")
        and not Path(word.format(**recipe.places)).resolve().is_relative_to(root)
    ]
    faults += [
        f"lock has {file}, which is outside of the context"
        for file in recipe.lock_files
        if not file.resolve().is_relative_to(root)
    ]
    if faults:
        raise RecipeInvalid(f"{recipe.directory / RECIPE_FILE}: {'; '.join(faults)}")


def _make_environment(engine: Engine, image: Image, stored: StoredImage, say: Say) -> None:
    _check_recipe(image.recipe, stored.files)
    build_environment(engine.surroundings.cache_dir, image, None, say)
