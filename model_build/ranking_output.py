"""A ranking for people, as a table, and for programs, as CSV, JSON or HTML."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from model_build.ranking import Ranking, TrainedJob

_STYLE = (
    "body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}"
    "th,td{padding:.3em .7em;border-bottom:1px solid #ddd;text-align:left}"
    "tr:first-child td{font-weight:bold}"
)


def show(ranking: Ranking, top: int, console: Console) -> None:
    """Print the best jobs, with the hyperparameters that tell them apart."""
    metric, jobs = ranking.objective.metric, ranking.jobs[:top]
    differing = ranking.differing()
    steps = any(job.step for job in jobs)
    console.print(_title(ranking), markup=False)
    table = Table()
    table.add_column("", justify="right")
    table.add_column(metric, justify="right", no_wrap=True)
    for name in differing:
        table.add_column(name, justify="right")
    if steps:
        table.add_column("step")
    table.add_column("training job", overflow="fold")
    for place, job in enumerate(jobs, start=1):
        values = [_shown(job.hyperparameters.get(name, "")) for name in differing]
        step = [job.step] if steps else []
        cells = [str(place), _shown(job.metrics[metric]), *values, *step, job.name]
        table.add_row(*(Text(cell) for cell in cells))  # so that no value is taken for markup
    console.print(table)
    if len(ranking.jobs) > len(jobs):
        console.print(f"{len(jobs)} of {len(ranking.jobs)} jobs; --top shows more.")
    if ranking.constant():
        same = ", ".join(f"{name} {value}" for name, value in ranking.constant().items())
        console.print(f"The same in all: {same}", markup=False)
    if ranking.unranked:
        have = "more has" if ranking.unranked == 1 else "more have"
        console.print(f"{ranking.unranked} {have} no {metric}: failed, running or not measured.")


def _title(ranking: Ranking) -> str:
    best = "lowest" if ranking.objective.is_minimized else "highest"
    return f"{ranking.pipeline}: training jobs by {ranking.objective.metric}, the {best} first"


def _shown(value: object) -> str:
    try:
        return f"{float(str(value)):.6g}"
    except ValueError:
        return str(value)


def as_csv(ranking: Ranking) -> str:
    """One line a job; metrics and hyperparameters are columns of their own."""
    rows = [_flat(place, job) for place, job in enumerate(ranking.jobs, start=1)]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    output = io.StringIO()
    writer = csv.DictWriter(output, columns, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return output.getvalue()


def _flat(place: int, job: TrainedJob) -> dict[str, Any]:
    return {
        **_facts(place, job),
        **{f"metric {name}": value for name, value in job.metrics.items()},
        **{f"hyperparameter {name}": value for name, value in job.hyperparameters.items()},
    }


def _facts(place: int, job: TrainedJob) -> dict[str, Any]:
    return {
        "rank": place,
        "training_job": job.name,
        "status": job.status,
        "step": job.step,
        "execution": job.execution,
        "tuning_job": job.tuning_job,
        "created": job.created.isoformat(),
        "seconds": job.seconds,
    }


def as_json(ranking: Ranking) -> str:
    """The ranking as one object, its jobs a list, the best first."""
    jobs = [
        {
            **_facts(place, job),
            "metrics": dict(job.metrics),
            "hyperparameters": dict(job.hyperparameters),
        }
        for place, job in enumerate(ranking.jobs, start=1)
    ]
    document = {
        "pipeline": ranking.pipeline,
        "metric": ranking.objective.metric,
        "direction": "Minimize" if ranking.objective.is_minimized else "Maximize",
        "jobs": jobs,
    }
    return json.dumps(document, indent=2) + "\n"


def as_html(ranking: Ranking) -> str:
    """A page of its own with the table, nothing in it from elsewhere."""
    metric, differing = ranking.objective.metric, ranking.differing()
    head = ["", metric, *differing, "step", "training job", "execution", "created"]
    rows = [
        [
            str(place),
            _shown(job.metrics[metric]),
            *(_shown(job.hyperparameters.get(name, "")) for name in differing),
            job.step,
            job.name,
            job.execution,
            job.created.isoformat(timespec="seconds"),
        ]
        for place, job in enumerate(ranking.jobs, start=1)
    ]
    title = escape(_title(ranking))
    body = "\n".join(f"<tr>{_cells('td', row)}</tr>" for row in rows)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n"
        f"<table><thead><tr>{_cells('th', head)}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
        "</body></html>\n"
    )


def _cells(tag: str, texts: list[str]) -> str:
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)


# By the suffix of the file.
FORMATS: Mapping[str, Callable[[Ranking], str]] = {
    ".csv": as_csv,
    ".json": as_json,
    ".html": as_html,
}
