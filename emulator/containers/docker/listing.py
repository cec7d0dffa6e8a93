"""``docker images``, ``docker tag``, ``docker version`` and ``docker info``."""

import platform
from collections.abc import Callable

from emulator.containers.docker.engine import Engine
from emulator.containers.docker.failures import DockerFailed
from emulator.containers.docker.references import Reference
from emulator.containers.image_store import short
from emulator.containers.manifests import machine_architecture

Say = Callable[[str], None]

_HEADER = ("REPOSITORY", "TAG", "IMAGE ID", "SIZE")
_NONE = "<none>"
_KILOBYTE = 1000


def list_images(engine: Engine, name: str | None, is_quiet: bool, say: Say) -> None:
    """Print the images that the build has made, by their names; those of one name if it is given.

    Docker's column CREATED is missing, as the same files make the same image at any time.
    """
    state = engine.state()
    named = [(*tag.rpartition(":")[::2], digest) for tag, digest in sorted(state.tags.items())]
    unnamed = [digest for digest in state.digests if digest not in state.tags.values()]
    rows = [*named, *((_NONE, _NONE, digest) for digest in unnamed)]
    wanted = [row for row in rows if name in (None, row[0], f"{row[0]}:{row[1]}")]
    if is_quiet:
        for digest in dict.fromkeys(digest for *_, digest in wanted):
            say(short(digest))
        return
    table = [_HEADER, *((*row[:2], short(row[2]), _size(engine, row[2])) for row in wanted)]
    widths = [max(len(row[column]) for row in table) for column in range(len(_HEADER))]
    for row in table:
        say("   ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def tag(engine: Engine, source: str, reference: Reference, target: Reference) -> None:
    """Give an image another name; ``source`` is a name of it, or the first digits of its id.

    Raises:
        DockerFailed: There is no such image.
    """
    with engine.changed() as state:
        digest = state.tags.get(str(reference)) or next(
            (each for each in state.digests if _is_id(source, each)), None
        )
        if digest is None:
            raise DockerFailed(f"Error response from daemon: No such image: {reference}")
        state.tags[str(target)] = digest


def print_version(engine: Engine, say: Say) -> None:
    """Say what answers for Docker."""
    say("Server: the emulator's docker, which builds and pushes images by their recipe.toml")
    say(f" OS/Arch:   linux/{machine_architecture()}")
    say(f" Python:    {platform.python_version()}")
    say(f" Registry:  {engine.surroundings.account_id}.dkr.ecr.{engine.surroundings.region}")


def print_info(engine: Engine, say: Say) -> None:
    """Say what the engine has, and where."""
    state = engine.state()
    say("Server: the emulator's docker")
    say(" Containers: 0")
    say(f" Images: {len(state.digests)}")
    say(f" Architecture: {platform.machine()}")
    say(f" Docker Root Dir: {engine.surroundings.images}")


def _is_id(text: str, digest: str) -> bool:
    digits = text.removeprefix("sha256:")
    return bool(digits) and digest.partition(":")[2].startswith(digits)


def _size(engine: Engine, digest: str) -> str:
    stored = engine.store.find(digest)
    size = float(stored.manifest.size_bytes) if stored else 0.0
    for unit in ("B", "kB", "MB"):
        if size < _KILOBYTE:
            return f"{size:.3g}{unit}"
        size /= _KILOBYTE
    return f"{size:.3g}GB"
