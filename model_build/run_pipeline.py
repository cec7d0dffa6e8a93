"""run-pipeline: builds a pipeline, creates or updates it in SageMaker, and starts it."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from model_build.execution_parameters import from_environment, variable
from model_build.get_pipeline_definition import ROLE_VARIABLE, add_pipeline_flag, pipeline_module
from pipelines import commit as commits
from pipelines.build import (
    STEPS_DIRECTORY,
    PipelineBuild,
    UnknownPipelineError,
    build,
    default_cache_directory,
    name_in_sagemaker,
    pack_sources,
)
from pipelines.command_line import (
    UsageError,
    add_target_flags,
    client,
    command,
    pairs,
    say,
    target_from,
)
from pipelines.run import Clients, submit, wait
from pipelines.source import SourceError
from pipelines.target import Target
from pipelines.upsert import PipelineRequest, project_tags


@command("run-pipeline", usage=(UnknownPipelineError, SourceError))
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Runs the pipeline; 0, or 1 when AWS refuses or the run fails, 2 when it cannot start."""
    arguments = _parser().parse_args(argv)
    target = target_from(arguments, environment, ROLE_VARIABLE)
    tags = pairs(arguments.tag, "--tag")
    parameters = pairs(arguments.parameter, "--parameter")
    built = _built(arguments, target, environment)
    found = from_environment(built.definition, parameters, environment)
    clients = Clients(*(make_client(name, target.region) for name in ("sagemaker", "s3", "logs")))
    pipeline = PipelineRequest(
        name=_pipeline_name(arguments, environment),
        definition=built.definition,
        role_arn=target.role_arn,
        description=arguments.description,
        tags=project_tags(clients.sagemaker, environment) | tags,
    )
    for name, value in found.items():
        print(f"Parameter {name}: {value} (from {variable(name)})")
    commit = commits.current(STEPS_DIRECTORY.parent, environment)
    description = commits.describe(commit) if commit else ""
    if commit:
        print(f"Code: {description}")
    given = parameters | found
    arn = submit(clients, pipeline, built.archives, given, sys.stdout, description)
    if not arguments.wait:
        return 0
    ended = wait(clients, pipeline.name, arn, sys.stdout, sys.stderr)
    return 0 if ended.has_succeeded else 1


def _built(
    arguments: argparse.Namespace, target: Target, environment: Mapping[str, str]
) -> PipelineBuild:
    name = pipeline_module(arguments.pipeline)
    if arguments.definition_file is None:
        return build(name, target, default_cache_directory(environment), say)
    try:
        definition = arguments.definition_file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--definition-file: {error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"--definition-file: {arguments.definition_file} is not UTF-8 at byte {error.start}. "
            "Make it again with get-pipeline-definition."
        ) from error
    archives = tuple(pack_sources(name, target).values())
    other = [archive.s3_uri for archive in archives if archive.s3_uri not in definition]
    if other:
        raise UsageError(
            f"{arguments.definition_file} was made for other code or another bucket: it does not "
            f"name {', '.join(other)}. Make it again with get-pipeline-definition."
        )
    return PipelineBuild(definition, archives)


def _pipeline_name(arguments: argparse.Namespace, environment: Mapping[str, str]) -> str:
    own = name_in_sagemaker(pipeline_module(arguments.pipeline))
    name: str = arguments.pipeline_name or environment.get("SAGEMAKER_PIPELINE_NAME") or own
    return name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run-pipeline",
        description="Creates or updates a pipeline in SageMaker and starts it.",
    )
    add_pipeline_flag(parser)
    add_target_flags(parser, ROLE_VARIABLE)
    parser.add_argument("--pipeline-name", help="its name in SageMaker [SAGEMAKER_PIPELINE_NAME]")
    parser.add_argument("--description", default="Trains and registers a model.")
    parser.add_argument(
        "--tag", action="append", default=[], metavar="KEY=VALUE", help="may be repeated"
    )
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="may be repeated; one that has no default and is not given comes from the environment "
        "variable of its name in capitals, RatingsS3Uri from RATINGS_S3_URI",
    )
    parser.add_argument(
        "--definition-file", type=Path, help="run this definition instead of building one"
    )
    parser.add_argument("--wait", action="store_true", help="show the steps until the run ends")
    return parser


if __name__ == "__main__":
    sys.exit(main())
