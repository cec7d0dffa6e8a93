"""tuning-report: what a tuning job tried and what came of it, as a page and pictures."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from model_build.get_pipeline_definition import pipeline_module
from model_build.tuning import finding, history
from model_build.tuning.finding import Found, NotFoundError, Reference
from model_build.tuning.job import Definition, TuningJob, read_tuning_job
from pipelines.build import name_in_sagemaker
from pipelines.command_line import (
    UsageError,
    client,
    command,
    region_from,
    say,
)

PAGE = "report.html"
_ROWS_PRINTED = 10
_NAMES_TOLD = 5


def now() -> datetime:
    """The time at which a report is read."""
    return datetime.now(UTC)


@command("tuning-report", NotFoundError, OSError)
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
    clock: Callable[[], datetime] = now,
) -> int:
    """Writes the report; 0, or 1 when AWS refuses or has no such job, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    if bool(arguments.job) == bool(arguments.pipeline):
        raise UsageError("give the tuning job, or --pipeline, and not both.")
    sagemaker = make_client("sagemaker", _region(arguments, environment))
    found = _found(sagemaker, arguments)
    tuning_job = _read(sagemaker, found.tuning_job_name)
    references = list(_references(sagemaker, found, arguments.compare, tuning_job))
    output = arguments.output or Path("tuning-report", tuning_job.name)
    say(f"Drawing {tuning_job.name} ...")
    written = write(tuning_job, references, clock(), output)
    _print_summary(tuning_job, references, clock())
    print("\n".join(f"Wrote {path}" for path in written))
    return 0


def write(
    tuning_job: TuningJob, references: Sequence[Reference], at: datetime, output: Path
) -> list[Path]:
    """Writes the page and, once there is an objective, the pictures; each is whole or absent.

    Pictures that an earlier report has left in `output` go, so that none is of another job.
    """
    from model_build.tuning.charts import view_of
    from model_build.tuning.page import page
    from model_build.tuning.pictures import PICTURES, draw

    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix=".") as beside:
        Path(beside, PAGE).write_text(page(tuning_job, references, at), encoding="utf-8")
        for definition in tuning_job.definitions:
            if definition.best is None:
                continue
            view = view_of(tuning_job, definition, references, at)
            for name, draw_one in PICTURES.items():
                draw(view, draw_one, Path(beside, _prefix(definition) + name))
        for definition in tuning_job.definitions:
            for name in PICTURES:
                Path(output, _prefix(definition) + name).unlink(missing_ok=True)
        made = sorted(Path(beside).iterdir(), key=lambda path: (path.name != PAGE, path.name))
        return [path.replace(output / path.name) for path in made]


def _prefix(definition: Definition) -> str:
    return f"{definition.name}-" if definition.name else ""


def _region(arguments: argparse.Namespace, environment: Mapping[str, str]) -> str:
    if not arguments.region and arguments.job:
        named = finding.region_of(arguments.job)
        if named:
            return named
    return region_from(arguments, environment)


def _found(sagemaker: Any, arguments: argparse.Namespace) -> Found:
    if arguments.pipeline:
        name = name_in_sagemaker(pipeline_module(arguments.pipeline))
        return finding.newest_of_pipeline(sagemaker, name)
    return Found(finding.job_name(arguments.job, "hyper-parameter-tuning-job"), {})


def _read(sagemaker: Any, name: str) -> TuningJob:
    try:
        return read_tuning_job(sagemaker, name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ResourceNotFound", "ValidationException"):
            raise
        known = ", ".join(finding.newest_names(sagemaker, _NAMES_TOLD)) or "none"
        message = error.response["Error"]["Message"]
        raise NotFoundError(f"{message} The newest tuning jobs: {known}.") from error


def _references(
    sagemaker: Any, found: Found, compared: Sequence[str], tuning_job: TuningJob
) -> Iterator[Reference]:
    """What was asked for, then the trainings of the same execution that print the same metric."""
    metrics = {definition.objective.metric for definition in tuning_job.definitions}
    for given in compared:
        name = finding.job_name(given, "training-job")
        values = finding.references(sagemaker, name, name, metrics)
        if not values:
            raise UsageError(
                f"--compare {name}: the training job has no value of {', '.join(sorted(metrics))}; "
                "its metric definitions must have that metric."
            )
        yield from values
    for step, name in found.training_jobs.items():
        yield from finding.references(sagemaker, step, name, metrics)


def _print_summary(tuning_job: TuningJob, references: Sequence[Reference], at: datetime) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    console.print(
        f"{tuning_job.name}: {tuning_job.status}, {tuning_job.strategy}; "
        f"training jobs: {history.counted(tuning_job.jobs)}",
        markup=False,
    )
    if tuning_job.reason:
        console.print(tuning_job.reason, markup=False)
    for definition in tuning_job.definitions:
        if definition.best is None:
            where = f" of definition {definition.name}" if definition.name else ""
            say(f"No training job{where} has given the objective yet: no pictures.")
            continue
        console.print(_table(definition, at))
        for sentence in history.compared(definition, references):
            console.print(sentence, markup=False)


def _table(definition: Definition, at: datetime) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(definition.name) or None, title_justify="left")
    table.add_column("")
    for column in (definition.objective.metric, "duration"):
        table.add_column(escape(column), justify="right")
    for column in ("status", "hyperparameters"):
        table.add_column(column)
    for place, job in enumerate(definition.best_first()[:_ROWS_PRINTED], 1):
        tuned = (f"{name}={history.short(v)}" for name, v in sorted(job.hyperparameters.items()))
        table.add_row(
            str(place) if job.value is not None else "",
            history.number(job.value),
            history.duration(job.seconds(at)),
            escape(job.status),
            escape(" ".join(tuned)),
            style="bold" if job is definition.best else None,
        )
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tuning-report",
        description="Draws what a tuning job tried and what came of it, running or ended: one "
        f"page ({PAGE}) that needs no network, and the same charts as PNG.",
        epilog="Example: tuning-report --pipeline book_ratings",
    )
    parser.add_argument("job", nargs="?", metavar="TUNING_JOB", help="its name or ARN")
    parser.add_argument(
        "--pipeline",
        metavar="NAME",
        help="the newest tuning job of this pipeline's executions; trainings of the same execution "
        "that print the objective too are drawn as lines to compare with",
    )
    parser.add_argument(
        "--compare",
        action="append",
        default=[],
        metavar="TRAINING_JOB",
        help="a training job, by name or ARN, whose last value of the objective is drawn as a "
        "line; may be repeated",
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="where to write [tuning-report/TUNING_JOB]"
    )
    parser.add_argument("--region", help="region [the ARN's, AWS_REGION or AWS_DEFAULT_REGION]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
