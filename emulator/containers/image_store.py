"""The files of images that builds have made, in the emulator's data directory.

    images/<digest>/files           what the image holds, its recipe among it
    images/<digest>/manifest.json   what ECR knows of it
    images/<digest>/config.json
    images/engines/<build>.json     what the docker of a build that runs has

An image stays as long as ECR has it, or a build that runs. Several processes use the store: this
emulator, and the docker of each build.
"""

import contextlib
import fcntl
import json
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from emulator.containers.images import Image, Recipe, pushed_image, read_recipe
from emulator.containers.manifests import Manifest, make_manifest, read_manifest

_SHORT_DIGITS = 12  # of a digest, as Docker shows it
_FILES = "files"
_MANIFESTS = "[0-9a-f]*/manifest.json"  # without what is being added


@dataclass(frozen=True)
class StoredImage:
    """An image whose files are here.

    Attributes:
        directory: Where it is in the store.
    """

    directory: Path
    manifest: Manifest

    @property
    def digest(self) -> str:
        """Its digest in a registry."""
        return self.manifest.digest

    @property
    def recipe(self) -> Recipe:
        """The recipe that it brings, named by its digest.

        Raises:
            RecipeInvalid: With all the faults of its file.
        """
        folder = self.files / self.manifest.recipe_folder
        return _read_recipe(folder, f"image-{short(self.digest)}")

    @property
    def files(self) -> Path:
        """The folder of what it holds."""
        return self.directory / _FILES

    def image(self, image_uri: str) -> Image:
        """What runs for a URI of it.

        Raises:
            RecipeInvalid: With all the faults of its recipe.
        """
        return pushed_image(image_uri, self.digest, self.recipe)


def short(digest: str) -> str:
    """The first digits of a digest, as Docker shows an image's id."""
    return digest.partition(":")[2][:_SHORT_DIGITS]


@lru_cache(maxsize=64)
def _read_recipe(folder: Path, name: str) -> Recipe:
    """Read once, as the files of a digest never change."""
    return read_recipe(folder, name)


class ImageStore:
    """Images by their digest."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.engines = directory / "engines"

    @property
    def is_empty(self) -> bool:
        """Whether there is no image."""
        return not any(self._directory.glob(_MANIFESTS))

    def find(self, digest: str) -> StoredImage | None:
        """The image of a digest."""
        directory = self._place(digest)
        try:
            content = (directory / "manifest.json").read_bytes()
            config = (directory / "config.json").read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return StoredImage(directory, read_manifest(content, config))

    def add(
        self, root: Path, files: Sequence[str], recipe_folder: str, claim: Callable[[str], None]
    ) -> StoredImage:
        """Copy files into the store, where they stay as they are.

        Args:
            root: What the files' paths are relative to.
            files: Regular files, and links to others among them.
            recipe_folder: Where the recipe is, relative to the root.
            claim: Called with the digest before the image can be seen; keeps it from `sweep`.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        adding = self._directory / f".adding-{uuid4().hex}"
        try:
            for name in files:
                _copy(root / name, adding / _FILES / name)
            manifest = make_manifest(adding / _FILES, files, recipe_folder)
            (adding / "manifest.json").write_bytes(manifest.content)
            (adding / "config.json").write_bytes(manifest.config)
            place = self._place(manifest.digest)
            with self.lock():
                claim(manifest.digest)
                if not place.is_dir():
                    adding.rename(place)
        finally:
            shutil.rmtree(adding, ignore_errors=True)
        return StoredImage(place, manifest)

    def sweep(self, registered: Callable[[], Collection[str]]) -> None:
        """Remove the images that neither a registry nor a build has; ``registered`` is asked."""
        if self.is_empty:
            return
        with self.lock():
            kept = {*registered(), *self._claimed()}
            places = {self._place(digest) for digest in kept}
            for found in self._directory.glob(_MANIFESTS):
                if found.parent not in places:
                    shutil.rmtree(found.parent, ignore_errors=True)

    def forget_engines(self) -> None:
        """Forget what builds had that died with the last emulator."""
        shutil.rmtree(self.engines, ignore_errors=True)
        for abandoned in self._directory.glob(".adding-*"):
            shutil.rmtree(abandoned, ignore_errors=True)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the store, so that nobody else changes what is in it; for a moment only."""
        with (self._directory / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _claimed(self) -> set[str]:
        return {
            digest
            for path in self.engines.glob("*.json")
            for digest in json.loads(path.read_text())["digests"]
        }

    def _place(self, digest: str) -> Path:
        return self._directory / digest.partition(":")[2]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target, follow_symlinks=False)
    if not source.is_symlink():
        target.chmod(0o555 if source.stat().st_mode & 0o100 else 0o444)
