"""What a Docker engine keeps between commands: which images there are by which names, and logins.

On AWS each build has an engine of its own. So it has here: a file beside the images, until the
build has ended.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from emulator.containers.image_store import ImageStore


@dataclass(frozen=True)
class Surroundings:
    """Where an engine is.

    Attributes:
        endpoint_url: The emulator's, for the API of ECR.
        images: The image store's directory.
        cache_dir: Where environments are kept.
    """

    endpoint_url: str
    region: str
    account_id: str
    images: Path
    cache_dir: Path


@dataclass
class State:
    """What the engine has now.

    Attributes:
        tags: The digest of each name.
        digests: Of all images that it has built, with a name or without.
        logins: The registries that it is logged in to.
    """

    tags: dict[str, str] = field(default_factory=dict)
    digests: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    def claim(self, digest: str) -> None:
        """Keep an image from being removed."""
        if digest not in self.digests:
            self.digests.append(digest)


class Engine:
    """The engine of one build, in a file; commands may run at the same time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        said = json.loads(path.read_text())["surroundings"]
        self.surroundings = Surroundings(
            said["endpoint_url"],
            said["region"],
            said["account_id"],
            Path(said["images"]),
            Path(said["cache_dir"]),
        )
        self.store = ImageStore(self.surroundings.images)

    @classmethod
    def start(cls, surroundings: Surroundings, name: str) -> Self:
        """A new engine, which has nothing yet."""
        path = cls.place(surroundings.images, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, vars(surroundings), State())
        return cls(path)

    @staticmethod
    def place(images: Path, name: str) -> Path:
        """Where an engine's file is."""
        return ImageStore(images).engines / f"{name}.json"

    def state(self) -> State:
        """What it has now, to read."""
        content = json.loads(self.path.read_text())
        return State(content["tags"], content["digests"], content["logins"])

    @contextmanager
    def changed(self) -> Iterator[State]:
        """What it has now, to change; kept when the block ends."""
        with self.store.lock():
            state = self.state()
            yield state
            self.keep(state)

    def keep(self, state: State) -> None:
        """Keep it; the caller holds the store's lock."""
        _write(self.path, vars(self.surroundings), state)


def _write(path: Path, surroundings: dict[str, Any], state: State) -> None:
    """In place only when it is whole: the store's sweep reads it, too."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps({"surroundings": surroundings, **vars(state)}, default=str))
    beside.replace(path)
