"""leaderboard: a pipeline's training jobs by a metric, with their hyperparameters."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from model_build.get_pipeline_definition import add_pipeline_flag, pipeline_module
from model_build.ranking import (
    NoSuchPipeline,
    Ranking,
    UnknownMetric,
    choose_objective,
    find_jobs,
    rank,
    tuned_objectives,
)
from model_build.ranking_output import FORMATS, show
from pipelines.build import name_in_sagemaker
from pipelines.command_line import (
    UsageError,
    client,
    command,
    fail,
    region_from,
    say,
)

_TOP = 20
# Wide enough for a table that nobody looks at in a terminal.
_FILE_WIDTH = 180


class NothingTrained(Exception):
    """The pipeline has no training job yet."""


@command("leaderboard", NoSuchPipeline, NothingTrained, usage=(UnknownMetric,))
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Prints and writes the ranking; 0, or 1 when there is nothing to rank, 2 on bad usage."""
    arguments = _parser().parse_args(argv)
    region = region_from(arguments, environment)
    _check_outputs(arguments.output)
    ranking = _ranking(arguments, environment, make_client("sagemaker", region))
    _show(ranking, arguments.top)
    return _write(ranking, arguments.output)


def _ranking(
    arguments: argparse.Namespace, environment: Mapping[str, str], sagemaker: Any
) -> Ranking:
    own = name_in_sagemaker(pipeline_module(arguments.pipeline))
    name = arguments.pipeline_name or environment.get("SAGEMAKER_PIPELINE_NAME") or own
    jobs = find_jobs(sagemaker, name)
    if not jobs:
        raise NothingTrained(
            f"Pipeline {name} has no training jobs. run-pipeline runs it; a new job can take some"
            " seconds to be found."
        )
    tuned = tuned_objectives(sagemaker, name)
    objective = choose_objective(jobs, tuned, arguments.metric, arguments.is_minimized)
    return rank(name, jobs, objective)


def _check_outputs(paths: Sequence[Path]) -> None:
    wrong = [str(path) for path in paths if path.suffix not in FORMATS]
    if wrong:
        raise UsageError(
            f"--output: got {', '.join(wrong)}, expected a file that ends in {', '.join(FORMATS)}."
        )


def _show(ranking: Ranking, top: int) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=_FILE_WIDTH)
    show(ranking, top, console)


def _write(ranking: Ranking, paths: Sequence[Path]) -> int:
    for path in paths:
        try:
            path.write_text(FORMATS[path.suffix](ranking), encoding="utf-8")
        except OSError as error:
            return fail(f"leaderboard: --output: {error}")
        say(f"Wrote {path}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="leaderboard",
        description="Ranks the training jobs of all runs of a pipeline by a metric, those of its "
        "tuning jobs too, with the hyperparameters that tell them apart.",
        epilog="example: leaderboard --pipeline book_ratings --metric validation:rmse --top 5 "
        "--output ranking.csv",
    )
    add_pipeline_flag(parser, "rank")
    parser.add_argument("--pipeline-name", help="its name in SageMaker [SAGEMAKER_PIPELINE_NAME]")
    parser.add_argument("--region", help="region [AWS_REGION or AWS_DEFAULT_REGION]")
    parser.add_argument(
        "--metric", help="metric to rank by [what the pipeline's tuning jobs improve]"
    )
    direction = parser.add_mutually_exclusive_group()
    for flag, value in (("--minimize", True), ("--maximize", False)):
        direction.add_argument(
            flag,
            dest="is_minimized",
            action="store_const",
            const=value,
            help=f"the {'lowest' if value else 'highest'} value is the best "
            "[as the tuning jobs have it, or as metrics of that name usually are]",
        )
    parser.add_argument("--top", type=_count, default=_TOP, help=f"jobs to show [{_TOP}]")
    parser.add_argument(
        "--output",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="write the whole ranking as .csv, .json or .html; may be repeated",
    )
    return parser


def _count(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a whole number from 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
