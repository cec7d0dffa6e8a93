"""From the name of a pipeline to its definition and the code that goes with it.

A model's package `pipelines.<name>` has two graphs: its module `pipeline` makes the model, and
builds by the package's name; its module `endpoint` deploys it, and builds as `<name>.endpoint`.
Both have

    SOURCES                      the folders of steps/ whose code its steps run
    definition(target, sources)  the definition as JSON

and `endpoint` also has

    DEPLOYMENT                   the stages, and what an endpoint must answer

A definition follows from files and arguments alone, so it is kept by their hash: building an
unchanged pipeline again does not import the SDK.
"""

import hashlib
import importlib
import importlib.metadata
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.source import SourceArchive, pack
from pipelines.target import Target

PIPELINES_DIRECTORY = Path(__file__).resolve().parent
STEPS_DIRECTORY = PIPELINES_DIRECTORY.parent / "steps"
# The modules that hold graphs, and what they must have.
_GRAPHS = {
    "pipeline": ("SOURCES", "definition"),
    "endpoint": ("SOURCES", "definition", "DEPLOYMENT"),
}
_SDK = ("sagemaker", "sagemaker-core", "sagemaker-train", "sagemaker-serve", "sagemaker-mlops")


@dataclass(frozen=True)
class PipelineBuild:
    """A definition as JSON, and the archives that must be in S3 before it can run."""

    definition: str
    archives: tuple[SourceArchive, ...]


class UnknownPipelineError(ValueError):
    """There is no pipeline of this name, or its module holds no graph."""


def build(
    name: str,
    target: Target,
    cache_directory: Path | None = None,
    report: Callable[[str], object] = lambda _: None,
) -> PipelineBuild:
    """Builds a pipeline by name, such as "book_ratings"; asks AWS for nothing.

    What takes seconds is said to `report` before it starts.

    Raises:
        UnknownPipelineError: there is no module for the name.
        SourceError: the code of its steps cannot be packed.
    """
    sources = pack_sources(name, target)
    kept = cached_path(name, target, cache_directory) if cache_directory else None
    if kept and kept.is_file():
        return PipelineBuild(kept.read_text(encoding="utf-8"), tuple(sources.values()))
    report(f"Building the definition of {name}; the SageMaker SDK takes some seconds to load ...")
    definition: str = load_module(name).definition(target, sources)
    if kept:
        _keep(kept, definition)
    return PipelineBuild(definition, tuple(sources.values()))


def pack_sources(name: str, target: Target) -> dict[str, SourceArchive]:
    """Packs the folders of steps/ whose code a pipeline runs, by folder.

    Raises:
        UnknownPipelineError: there is no module for the name.
        SourceError: a folder cannot be packed.
    """
    folders: tuple[str, ...] = load_module(name).SOURCES
    return {folder: pack(STEPS_DIRECTORY / folder, target.bucket) for folder in folders}


def names() -> list[str]:
    """The pipelines of this repository, sorted."""
    return sorted(_modules())


def default_cache_directory(environment: Mapping[str, str]) -> Path:
    """Where definitions are kept for this user."""
    home = environment.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "pipeline-definitions"


def cached_path(name: str, target: Target, cache_directory: Path) -> Path:
    """Where the definition of a pipeline, as its files are now, is kept."""
    return cache_directory / f"{_key(name, target, pack_sources(name, target))}.json"


def load_module(name: str) -> Any:
    """The module of a pipeline, imported.

    Raises:
        UnknownPipelineError: there is no module for the name, or it lacks what a graph has.
    """
    modules = _modules()
    if name not in modules:
        raise UnknownPipelineError(
            f"There is no pipeline {name!r}: expected one of {', '.join(sorted(modules))}. "
            "A model's graph is pipelines/<name>/pipeline.py, that of its deployment endpoint.py."
        )
    module = importlib.import_module(modules[name])
    wanted = _GRAPHS[modules[name].rpartition(".")[2]]
    missing = [member for member in wanted if not hasattr(module, member)]
    if missing:
        file = modules[name].replace(".", "/") + ".py"
        raise UnknownPipelineError(f"{file} holds no graph, for it lacks: {', '.join(missing)}.")
    return module


def _modules() -> dict[str, str]:
    """The modules that hold graphs, by the pipeline's name."""
    found = {}
    for graph in _GRAPHS:
        for path in PIPELINES_DIRECTORY.glob(f"*/{graph}.py"):
            folder = path.parent.name
            name = folder if graph == "pipeline" else f"{folder}.{graph}"
            found[name] = f"pipelines.{folder}.{graph}"
    return found


def _key(name: str, target: Target, sources: Mapping[str, SourceArchive]) -> str:
    parts = [name, repr(target), sys.version, *(source.s3_uri for source in sources.values())]
    parts += [f"{package} {importlib.metadata.version(package)}" for package in _SDK]
    for path in sorted(PIPELINES_DIRECTORY.rglob("*.py")):
        parts += [
            path.relative_to(PIPELINES_DIRECTORY).as_posix(),
            path.read_text(encoding="utf-8"),
        ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _keep(path: Path, definition: str) -> None:
    # A home that cannot be written to costs seconds, not the build.
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_text(definition, encoding="utf-8")
        beside.replace(path)
    except OSError:
        return
