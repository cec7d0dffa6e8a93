"""Image URIs and the recipes that stand for them.

A recipe is a directory with ``recipe.toml``, a lock file and, where needed, code:

    repositories = ["sagemaker-xgboost"]    # names matched, whatever the account and region
    package = "xgboost"                     # whose version the tag asks for (optional)
    lock = "requirements.lock"              # hashed (optional)
    omitted = ["nvidia-nccl-cu12"]          # locked packages that are left out (optional)
    path = ["."]                            # directories on Python's path (optional)
    needs = ["Rscript"]                     # programs this machine must have (optional)
    needs_hint = "apt-get install r-base"   # how to get them (optional)
    [locks]                                 # other lock files, for tags with these versions
    "1.7" = "requirements-1.7.lock"
    [commands]                              # what `train`, `serve` and `process` run
    train = ["python", "-m", "xgboost_image.train"]
    [variables]                             # set in every container

In ``path`` and ``commands``, ``{recipe}`` is the recipe's directory and ``{built_in}`` that of the
emulator's own recipes, whose ``_framework`` has a server for models with scripts.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from emulator.errors import AwsError, validation_error

BUILT_IN_RECIPES = Path(__file__).parent / "recipes"
RECIPE_FILE = "recipe.toml"
_VERSION = re.compile(r"(\d+(?:\.\d+)*)")
_KEYS: Mapping[str, type] = {
    "repositories": list,
    "package": str,
    "lock": str,
    "locks": dict,
    "omitted": list,
    "path": list,
    "needs": list,
    "needs_hint": str,
    "commands": dict,
    "variables": dict,
}


class RecipeInvalid(AwsError):
    """A recipe that cannot be read; the message lists every fault."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


@dataclass(frozen=True)
class Recipe:
    """What stands for an image."""

    name: str
    directory: Path
    repositories: tuple[str, ...]
    package: str | None = None
    lock: str = ""
    locks: Mapping[str, str] = field(default_factory=dict)
    omitted: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needs_hint: str = ""
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def places(self) -> dict[str, str]:
        """What stands for placeholders in paths and commands."""
        return {"recipe": str(self.directory), "built_in": str(BUILT_IN_RECIPES)}

    @cached_property
    def package_version(self) -> str | None:
        """The version of the main package that the lock pins."""
        if self.package is None:
            return None
        pinned = re.search(rf"(?m)^{re.escape(self.package)}==([^\s;\\]+)", self.lock)
        return pinned.group(1) if pinned else None


@dataclass(frozen=True)
class Image:
    """An image URI with the recipe that runs it.

    Attributes:
        version_requested: What the tag asks for, e.g. "1.7"; "latest" without a tag.
        version_running: What the recipe's lock has, e.g. "3.2.0"; as requested for a recipe
            without a main package.
    """

    uri: str
    repository: str
    tag: str
    recipe: Recipe
    version_requested: str
    version_running: str

    @property
    def description(self) -> str:
        """What runs, and in place of what, in one line."""
        package = self.recipe.package
        if package is None:
            return f"{self.repository}:{self.tag} by recipe {self.recipe.name}"
        running = f"{package} {self.version_running}"
        exact = self.version_requested == "latest" or _is_same_version(
            self.version_requested, self.version_running
        )
        place = "" if exact else f" in place of {self.version_requested}, which is not locked"
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
    recipe = _with_lock(recipe, requested)
    running = recipe.package_version or requested
    return Image(image_uri, repository, tag, recipe, requested, running)


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


def read_recipe(directory: Path) -> Recipe:
    """Read one recipe.

    Raises:
        RecipeInvalid: With all the faults of its file.
    """
    path = directory / RECIPE_FILE
    try:
        content = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise RecipeInvalid(f"{path}: not TOML: {error}") from error
    faults = _faults(content, directory)
    if faults:
        raise RecipeInvalid(f"{path}: " + "; ".join(faults))
    return Recipe(
        name=directory.name,
        directory=directory,
        repositories=tuple(content["repositories"]),
        package=content.get("package"),
        lock=(directory / content["lock"]).read_text() if "lock" in content else "",
        locks={
            version: (directory / file).read_text()
            for version, file in content.get("locks", {}).items()
        },
        omitted=tuple(content.get("omitted", ())),
        path=tuple(content.get("path", ())),
        needs=tuple(content.get("needs", ())),
        needs_hint=content.get("needs_hint", ""),
        commands={name: tuple(words) for name, words in content.get("commands", {}).items()},
        variables=content.get("variables", {}),
    )


def _faults(content: dict[str, Any], directory: Path) -> list[str]:
    faults = [f"unknown key {key!r}; known: {', '.join(_KEYS)}" for key in content.keys() - _KEYS]
    for key, kind in _KEYS.items():
        if key in content and not isinstance(content[key], kind):
            faults.append(f"{key} is {type(content[key]).__name__}, expected {kind.__name__}")
    if not content.get("repositories"):
        faults.append("repositories is missing: name at least one repository")
    locks = content.get("locks", {})
    named = [content.get("lock"), *(locks.values() if isinstance(locks, dict) else ())]
    for lock in named:
        if lock is not None and not (isinstance(lock, str) and (directory / lock).is_file()):
            faults.append(f"lock file {lock!r} does not exist")
    return faults


def _split(image_uri: str) -> tuple[str, str]:
    path, _, digest = image_uri.partition("@")
    last = path.rpartition("/")[2]
    repository, _, tag = last.partition(":")
    return repository, tag or digest or "latest"


def _requested_version(image_uri: str, recipe: Recipe, tag: str) -> str:
    version = _VERSION.match(tag)
    if version is None or tag.startswith("sha256:"):
        if recipe.package is None or tag == "latest" or tag.startswith("sha256:"):
            return "latest"
        raise validation_error(
            f"The image {image_uri} asks for {tag!r} of {recipe.package}, which is no version. "
            f"Use a version tag, such as {recipe.package_version}, or latest."
        )
    newest = recipe.package_version
    if newest is not None and _numbers(version.group(1)) > _numbers(newest):
        raise validation_error(
            f"The image {image_uri} asks for {recipe.package} {version.group(1)}, but the recipe "
            f"{recipe.name} has {newest}. Use a tag up to {newest}, or add a recipe with a newer "
            f"lock file."
        )
    return version.group(1)


def _with_lock(recipe: Recipe, requested: str) -> Recipe:
    for version, lock in recipe.locks.items():
        if _is_same_version(version, requested):
            return replace(recipe, lock=lock)
    return recipe


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _is_same_version(requested: str, running: str) -> bool:
    numbers = _numbers(requested)
    return _numbers(running)[: len(numbers)] == numbers


def _unknown(image_uri: str, repository: str, recipes: list[Recipe]) -> AwsError:
    known = sorted({name for recipe in recipes for name in recipe.repositories})
    return validation_error(
        f"The image {image_uri} cannot run in the emulator: no recipe has the repository "
        f"{repository!r}. Known repositories: {', '.join(known)}. To add one, make a directory "
        f"with a {RECIPE_FILE} that names it under repositories, and a lock file, in "
        f"recipes/ of the data directory or in the directory that EMULATOR_RECIPES names."
    )
