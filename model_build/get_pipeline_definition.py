"""get-pipeline-definition: a pipeline's definition as JSON, without any call to AWS."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.build import UnknownPipelineError, build, default_cache_directory
from pipelines.command_line import (
    UsageError,
    add_target_flags,
    command,
    say,
    target_from,
)
from pipelines.source import SourceError

ROLE_VARIABLE = "SAGEMAKER_PIPELINE_ROLE_ARN"


@command("get-pipeline-definition", usage=(UnknownPipelineError, SourceError))
def main(argv: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Prints or writes the definition; 0, or 2 when the command cannot start."""
    arguments = _parser().parse_args(argv)
    target = target_from(arguments, environment, ROLE_VARIABLE)
    name = pipeline_module(arguments.pipeline)
    built = build(name, target, default_cache_directory(environment), say)
    if arguments.definition_file is None:
        sys.stdout.write(built.definition)
        return 0
    try:
        arguments.definition_file.write_text(built.definition, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--definition-file: {error}") from error
    return 0


def add_pipeline_flag(parser: argparse.ArgumentParser, verb: str = "build") -> None:
    """Adds --pipeline, also under the name that AWS's seed code gives it."""
    parser.add_argument(
        "-n",
        "--pipeline",
        "--module-name",
        default="book_ratings",
        help=f"pipeline to {verb}: a folder of pipelines/ [book_ratings]",
    )


def pipeline_module(name: str) -> str:
    """The pipeline's folder, also from a module name such as pipelines.book_ratings.pipeline."""
    return name.removeprefix("pipelines.").removesuffix(".pipeline")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="get-pipeline-definition",
        description="Prints the definition of a pipeline as JSON. Calls nothing in AWS.",
    )
    add_pipeline_flag(parser)
    add_target_flags(parser, ROLE_VARIABLE)
    parser.add_argument(
        "-f", "--definition-file", type=Path, help="file to write to instead of standard output"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
