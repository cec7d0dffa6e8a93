"""From the name of a pipeline to its definition and the code that goes with it.

A pipeline is a package `pipelines.<name>` whose module `pipeline` has `build(target)`.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pipelines
from pipelines.source import SourceArchive
from pipelines.target import Target

STEPS_DIRECTORY = Path(__file__).resolve().parents[1] / "steps"


@dataclass(frozen=True)
class PipelineBuild:
    """A definition as JSON, and the archives that must be in S3 before it can run."""

    definition: str
    archives: tuple[SourceArchive, ...]


class UnknownPipelineError(ValueError):
    """There is no pipeline of this name."""


def build(name: str, target: Target) -> PipelineBuild:
    """Builds a pipeline by name, such as "book_ratings"; asks AWS for nothing.

    Raises:
        UnknownPipelineError: `pipelines.<name>.pipeline` does not exist.
        SourceError: the code of its steps cannot be packed.
    """
    if name not in names():
        raise UnknownPipelineError(
            f"There is no pipeline {name!r}: expected one of {', '.join(names())}. "
            f"A pipeline is a package pipelines/<name>/ with a module pipeline.py."
        )
    module = importlib.import_module(f"pipelines.{name}.pipeline")
    build_pipeline: Callable[[Target], PipelineBuild] = module.build
    return build_pipeline(target)


def names() -> list[str]:
    """The pipelines of this repository, sorted."""
    return sorted(
        module.name
        for module in pkgutil.iter_modules(pipelines.__path__)
        if module.ispkg and (Path(pipelines.__path__[0]) / module.name / "pipeline.py").is_file()
    )
