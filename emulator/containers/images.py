"""Image URIs and the recipes that stand for them.

A recipe is a directory with ``recipe.toml``, lock files and, where needed, code:

    repositories = ["sagemaker-xgboost"]    # names matched, whatever the account and region
    package = "xgboost"                     # whose version the tag asks for (optional)
    lock = "requirements-*.lock"            # hashed; one for each version of it (optional)
    omitted = ["nvidia-nccl-cu12"]          # locked packages that are left out (optional)
    path = ["."]                            # directories on Python's path (optional)
    needs = ["Rscript"]                     # programs this machine must have (optional)
    needs_hint = "apt-get install r-base"   # how to get them (optional)
    build = ["python", "-m", "image.build"] # run in the new environment (optional)
    [commands]                              # what `train`, `serve` and `process` run
    train = ["python", "-m", "xgboost_image.train"]
    [variables]                             # set in every container

In ``path`` and ``commands``, ``{recipe}`` is the recipe's directory and ``{built_in}`` that of the
emulator's own recipes, whose ``_framework`` has a server for models with scripts.

A tag runs the version that it names; where no lock has that, the next one above it.
"""

import glob
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from emulator.containers.recipe_faults import faults_of
from emulator.errors import AwsError, validation_error

BUILT_IN_RECIPES = Path(__file__).parent / "recipes"
RECIPE_FILE = "recipe.toml"
_VERSION = re.compile(r"(\d+(?:\.\d+)*)")


class RecipeInvalid(AwsError):
    """A recipe that cannot be read; the message lists every fault."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


@dataclass(frozen=True)
class Recipe:
    """What stands for an image.

    Attributes:
        lock: The content of the lock file that is installed, here the newest.
        locks: The content of all of them by the version of the main package, oldest first; empty
            without a main package.
        lock_files: Where they were read.
    """

    name: str
    directory: Path
    repositories: tuple[str, ...]
    package: str | None = None
    lock: str = ""
    locks: Mapping[str, str] = field(default_factory=dict)
    lock_files: tuple[Path, ...] = ()
    omitted: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needs_hint: str = ""
    build: tuple[str, ...] = ()
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def places(self) -> dict[str, str]:
        """What stands for placeholders in paths and commands."""
        return {"recipe": str(self.directory), "built_in": str(BUILT_IN_RECIPES)}


@dataclass(frozen=True)
class Image:
    """An image URI with the recipe that runs it.

    Attributes:
        version_requested: What the tag asks for, e.g. "1.7"; "latest" without a tag.
        version_running: What the recipe's lock has, e.g. "1.7.4"; as requested for a recipe
            without a main package.
        digest: Of an image that was pushed to ECR with its files and its recipe.
    """

    uri: str
    repository: str
    tag: str
    recipe: Recipe
    version_requested: str
    version_running: str
    digest: str = ""

    @property
    def description(self) -> str:
        """What runs, and in place of what, in one line."""
        package = self.recipe.package
        if self.digest:
            return f"{self.repository}:{self.tag} as it was pushed, {self.digest}"
        if package is None:
            return f"{self.repository}:{self.tag} by recipe {self.recipe.name}"
        running = f"{package} {self.version_running}"
        exact = _is_version(self.version_running, self.version_requested)
        place = "" if exact else f" in place of {self.version_requested}, which has no lock file"
        return f"{self.repository}:{self.tag} runs {running}{place}"


def resolve(image_uri: str, recipe_directories: Sequence[Path] = ()) -> Image:
    """Find the recipe for an image, whatever account and region its URI names.

    Args:
        image_uri: The URI as given in an API call.
        recipe_directories: Directories of recipes searched before the built-in ones.

    Raises:
        AwsError: ValidationException: no recipe, or the tag asks for what cannot be installed.
        RecipeInvalid: A recipe's file has faults.
    """
    repository, tag = _split(image_uri)
    recipes = load_recipes([*recipe_directories, BUILT_IN_RECIPES])
    recipe = next((each for each in recipes if repository in each.repositories), None)
    if recipe is None:
        raise _unknown(image_uri, repository, recipes)
    requested = _requested_version(image_uri, recipe, tag)
    if not recipe.locks:
        return Image(image_uri, repository, tag, recipe, requested, requested)
    running = _locked_version(image_uri, recipe, requested)
    recipe = replace(recipe, lock=recipe.locks[running])
    return Image(image_uri, repository, tag, recipe, requested, running)


def pushed_image(image_uri: str, digest: str, recipe: Recipe) -> Image:
    """The image of a URI whose files were pushed: its tag is a name and asks for no version."""
    repository, tag = _split(image_uri)
    newest = ["latest", *recipe.locks][-1]
    return Image(image_uri, repository, tag, recipe, "latest", newest, digest)


def load_recipes(directories: Iterable[Path]) -> list[Recipe]:
    """Read every recipe below the directories, in order of search."""
    return [
        _read_once(path.parent, _stamp(path.parent))
        for directory in directories
        for path in sorted(directory.glob(f"*/{RECIPE_FILE}"))
    ]


@lru_cache(maxsize=256)
def _read_once(directory: Path, _: tuple[tuple[str, int, int], ...]) -> Recipe:
    """Each job looks for its image twice, and reading every lock file takes a millisecond."""
    return read_recipe(directory)


def _stamp(directory: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when a file of the recipe does."""
    with os.scandir(directory) as entries:
        stats = [(entry.name, entry.stat()) for entry in entries if entry.is_file()]
    return tuple(sorted((name, found.st_mtime_ns, found.st_size) for name, found in stats))


def read_recipe(directory: Path, name: str = "") -> Recipe:
    """Read one recipe, which has its directory's name unless another is given.

    Raises:
        RecipeInvalid: With all the faults of its file.
    """
    path = directory / RECIPE_FILE
    try:
        content = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeInvalid(f"{path}: not TOML: {error}") from error
    package, locks = content.get("package"), _read_locks(directory, content.get("lock"))
    faults = [*faults_of(content), *_lock_faults(content, locks)]
    if faults:
        raise RecipeInvalid(f"{path}: " + "; ".join(faults))
    by_version = _by_version(package, locks) if package else {}
    return Recipe(
        name=name or directory.name,
        directory=directory,
        repositories=tuple(content["repositories"]),
        package=package,
        lock=next(reversed((by_version or locks).values()), ""),
        locks=by_version,
        lock_files=tuple(directory / file for file in locks),
        omitted=tuple(content.get("omitted", ())),
        path=tuple(content.get("path", ())),
        needs=tuple(content.get("needs", ())),
        needs_hint=content.get("needs_hint", ""),
        build=tuple(content.get("build", ())),
        commands={name: tuple(words) for name, words in content.get("commands", {}).items()},
        variables=content.get("variables", {}),
    )


def _read_locks(directory: Path, pattern: object) -> dict[str, str]:
    if not isinstance(pattern, str):
        return {}
    files = sorted(glob.glob(pattern, root_dir=directory))  # noqa: PTH207 - takes absolute ones
    return {file: (directory / file).read_text() for file in files if (directory / file).is_file()}


def _by_version(package: str, locks: Mapping[str, str]) -> dict[str, str]:
    pinned = ((_pinned_version(package, lock), lock) for lock in locks.values())
    versions = {version: lock for version, lock in pinned if version is not None}
    return {version: versions[version] for version in sorted(versions, key=_numbers)}


def _pinned_version(package: str, lock: str) -> str | None:
    pinned = re.search(rf"(?m)^{re.escape(package)}==([^\s;\\]+)", lock)
    return pinned.group(1) if pinned else None


def _lock_faults(content: dict[str, Any], locks: Mapping[str, str]) -> list[str]:
    pattern, package = content.get("lock"), content.get("package")
    if isinstance(pattern, str) and not locks:
        return [f"lock file {pattern!r} does not exist"]
    if not isinstance(package, str):
        several = f"{pattern!r} are {len(locks)} lock files: name the package that they tell apart"
        return [several] if len(locks) > 1 else []
    return [
        f"lock file {file!r} pins no version of {package}"
        for file, lock in locks.items()
        if _pinned_version(package, lock) is None
    ]


def _split(image_uri: str) -> tuple[str, str]:
    path, _, digest = image_uri.partition("@")
    last = path.rpartition("/")[2]
    repository, _, tag = last.partition(":")
    return repository, tag or digest or "latest"


def _requested_version(image_uri: str, recipe: Recipe, tag: str) -> str:
    version = _VERSION.match(tag)
    is_digest = tag.startswith("sha256:")
    if version is not None and not is_digest:
        return version.group(1)
    if not recipe.locks or is_digest or tag == "latest":
        return "latest"
    raise validation_error(
        f"The image {image_uri} asks for {tag!r} of {recipe.package}, which is no version. "
        f"Use a version tag, such as {[*recipe.locks][-1]}, or latest."
    )


def _locked_version(image_uri: str, recipe: Recipe, requested: str) -> str:
    same = [version for version in recipe.locks if _is_version(version, requested)]
    above = [version for version in recipe.locks if _numbers(version) > _numbers(requested)]
    if same or above:
        return same[-1] if same else above[0]
    newest = [*recipe.locks][-1]
    raise validation_error(
        f"The image {image_uri} asks for {recipe.package} {requested}, but the recipe "
        f"{recipe.name} has {', '.join(recipe.locks)}. Use a tag up to {newest}, or add a recipe "
        f"with a newer lock file."
    )


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _is_version(version: str, requested: str) -> bool:
    numbers = _numbers(requested)  # none for "latest", which is every version
    return _numbers(version)[: len(numbers)] == numbers


def _unknown(image_uri: str, repository: str, recipes: list[Recipe]) -> AwsError:
    known = sorted({name for recipe in recipes for name in recipe.repositories})
    return validation_error(
        f"The image {image_uri} cannot run in the emulator: no recipe has the repository "
        f"{repository!r}. Known repositories: {', '.join(known)}. To add one, make a directory "
        f"with a {RECIPE_FILE} that names it under repositories, in recipes/ of the data "
        f"directory, in a directory given to `python -m emulator up --recipes DIR`, or in one that "
        f"EMULATOR_RECIPES names; or push the image from a build of CodeBuild, with its "
        f"{RECIPE_FILE} beside its Dockerfile."
    )
