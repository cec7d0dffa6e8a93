"""From the name of a pipeline to its definition and the code that goes with it.

A model's package `pipelines.<name>` has two graphs: its module `pipeline` makes the model, and
builds by the package's name; its module `endpoint` deploys it, and builds as `<name>.endpoint`.
Further modules may have other graphs that make the model, and build as `<name>.<module>`. All have

    SOURCES                      what of steps/ its steps run: folders, or single files
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
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.source import SourceArchive, pack, take_file
from pipelines.target import Target

PIPELINES_DIRECTORY = Path(__file__).resolve().parent
STEPS_DIRECTORY = PIPELINES_DIRECTORY.parent / "steps"
_MEMBERS = ("SOURCES", "definition")
# The modules that are graphs whatever they hold, and what they must have.
_GRAPHS = {"pipeline": _MEMBERS, "endpoint": (*_MEMBERS, "DEPLOYMENT")}
# Any other module is one if it has both, which is seen without importing it.
_HAS_MEMBERS = (re.compile(r"^SOURCES\b", re.M), re.compile(r"^def definition\(", re.M))
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
    """Packs what of steps/ a pipeline runs, by the names in its SOURCES.

    Raises:
        UnknownPipelineError: there is no module for the name.
        SourceError: a folder cannot be packed, or a file is missing.
    """
    sources: tuple[str, ...] = load_module(name).SOURCES
    return {source: _packed(STEPS_DIRECTORY / source, target.bucket) for source in sources}


def _packed(path: Path, bucket: str) -> SourceArchive:
    return take_file(path, bucket) if path.suffix else pack(path, bucket)


def names() -> list[str]:
    """The pipelines of this repository, sorted."""
    return sorted(_modules())


def name_in_sagemaker(name: str) -> str:
    """What SageMaker calls a pipeline unless the user names it: its names have hyphens alone."""
    return name.replace("_", "-").replace(".", "-")


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
            "A model's graph is pipelines/<name>/pipeline.py, that of its deployment endpoint.py; "
            "a further one is any module there with SOURCES and definition."
        )
    module = importlib.import_module(modules[name])
    wanted = _GRAPHS.get(modules[name].rpartition(".")[2], _MEMBERS)
    missing = [member for member in wanted if not hasattr(module, member)]
    if missing:
        file = modules[name].replace(".", "/") + ".py"
        raise UnknownPipelineError(f"{file} holds no graph, for it lacks: {', '.join(missing)}.")
    return module


def _modules() -> dict[str, str]:
    """The modules that hold graphs, by the pipeline's name."""
    found = {}
    for path in sorted(PIPELINES_DIRECTORY.glob("*/*.py")):
        folder, graph = path.parent.name, path.stem
        if graph in _GRAPHS or _has_members(path):
            name = folder if graph == "pipeline" else f"{folder}.{graph}"
            found[name] = f"pipelines.{folder}.{graph}"
    return found


def _has_members(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    return all(member.search(text) for member in _HAS_MEMBERS)


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
