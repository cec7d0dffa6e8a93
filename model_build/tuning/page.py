"""The report as one page of HTML that needs nothing but a browser."""

import html
from collections.abc import Iterable, Sequence, Set
from datetime import datetime

from model_build.tuning import charts, history, style
from model_build.tuning.axes import axes_of
from model_build.tuning.charts import View, view_of
from model_build.tuning.finding import Reference
from model_build.tuning.job import CATEGORICAL, Definition, Range, TrainingJob, TuningJob

# The charts are drawn while the page is still being read, before its columns have their width.
_WHEN_READ = """<script>addEventListener("load", () =>
  document.querySelectorAll(".js-plotly-plot").forEach(chart => {
    Plotly.Plots.resize(chart);
    if (matchMedia("(pointer: fine)").matches) Plotly.relayout(chart, {dragmode: "zoom"});
  }));
</script>"""
_HINT = (
    '<p class="faint">Point at a training job to see what it tried. With a mouse: drag to zoom, '
    "double-click to go back.</p>"
)
# A longer value gets two places beside each other.
_FACT_LENGTH = 18


def page(tuning_job: TuningJob, references: Sequence[Reference], now: datetime) -> str:
    """The whole page."""
    views = [view_of(tuning_job, d, references, now) for d in tuning_job.definitions]
    is_drawn = any(view.definition.best is not None for view in views)
    sections = [part for number, view in enumerate(views) for part in _definition(view, number)]
    title = _text(f"Tuning job {tuning_job.name}")
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title><style>{style.CSS}</style>",
            f"<script>{charts.script()}</script>" if is_drawn else "",
            "</head><body>",
            *_head(tuning_job, now),
            *sections,
            *_failures(tuning_job),
            *_settings(tuning_job),
            _WHEN_READ if is_drawn else "",
            "</body></html>\n",
        ]
    )


def _head(tuning_job: TuningJob, now: datetime) -> Iterable[str]:
    status = _text(tuning_job.status)
    yield (
        f'<header><h1>{_text(tuning_job.name)} <span class="status {status}">{status}</span></h1>'
    )
    yield f'<p class="faint">{_text(tuning_job.arn)}</p>'
    if tuning_job.reason:
        yield f'<p class="note">{_text(tuning_job.reason)}</p>'
    took = ((tuning_job.ended or now) - tuning_job.created).total_seconds()
    jobs = tuning_job.jobs
    trained = sum(job.seconds(now) or 0.0 for job in jobs)
    facts = {
        "Training jobs": f"{len(jobs)}",
        "of these": history.counted(jobs),
        "Strategy": tuning_job.strategy,
        "Time" if tuning_job.ended else "Time so far": history.duration(took),
        "Training in all": history.duration(trained),
    }
    yield _facts(facts)
    yield (
        f'<p class="faint">Created {tuning_job.created:%Y-%m-%d %H:%M:%S %Z}; '
        f"read {now:%Y-%m-%d %H:%M:%S %Z}.</p></header>"
    )


def _definition(view: View, number: int) -> Iterable[str]:
    definition = view.definition
    if definition.name:
        yield f"<h2>Definition {_text(definition.name)}</h2>"
    yield from _best(view)
    if definition.best is not None:
        yield from _charts(view, f"chart-{number}")
    yield "<h2>Training jobs, best first</h2>"
    yield _jobs_table(definition, view.now)
    yield "<h3>Ranges</h3>"
    yield _table(
        ["Hyperparameter", "Kind", "Range", "Scale"],
        [_range_row(item) for item in definition.ranges],
    )


def _best(view: View) -> Iterable[str]:
    definition, best = view.definition, view.definition.best
    aim = f"{definition.objective.type} {definition.objective.metric}"
    if best is None:
        what = history.counted(definition.jobs)
        yield _facts({"Objective": aim})
        yield (
            f'<p class="note">No training job has given the objective yet, so there is nothing to '
            f"draw. Training jobs: {_text(what)}.</p>"
        )
        return
    yield _facts(
        {
            "Objective": aim,
            "Best": history.number(best.value),
            "by": best.name,
            **{name: history.short(value) for name, value in sorted(best.hyperparameters.items())},
        }
    )
    for sentence in history.compared(definition, view.references):
        yield f'<p class="note">{_text(sentence)}</p>'
    overall = view.tuning_job.overall_best
    if overall is not None and overall[0] not in {job.name for job in view.tuning_job.jobs}:
        yield (
            f'<p class="note">Best of this tuning job and its parents: '
            f"{history.number(overall[1])} by {_text(overall[0])}, of a parent.</p>"
        )


def _charts(view: View, name: str) -> Iterable[str]:
    yield "<h2>Objective over time</h2>"
    yield _HINT
    yield charts.over_time(view, f"{name}-time")
    yield "<h2>Objective by hyperparameter</h2>"
    yield '<div class="charts">'
    axes = axes_of(view.definition)
    for number, axis in enumerate(axes):
        yield f"<div>{charts.by_hyperparameter(view, axis, f'{name}-{number}')}</div>"
    yield "</div>"
    yield "<h2>All hyperparameters at once</h2>"
    width = charts.AXIS_WIDTH * (len(axes) + 1)
    yield f'<div class="scroll"><div class="wide" style="--wide: {width}px">'
    yield charts.parallel(view, f"{name}-parallel")
    yield "</div></div>"


def _jobs_table(definition: Definition, now: datetime) -> str:
    names = [axis.name for axis in axes_of(definition)]
    head = ["", definition.objective.metric, "Duration", *names, "Status", "Training job"]
    rows = [
        [
            str(place) if job.value is not None else "",
            history.number(job.value),
            history.duration(job.seconds(now)),
            *(history.short(job.hyperparameters.get(name, "-")) for name in names),
            job.status,
            job.name,
        ]
        for place, job in enumerate(definition.best_first(), 1)
    ]
    best = 0 if definition.best is not None else None
    numbers = set(range(len(head) - 2))
    return _table(head, rows, numbers=numbers, best=best)


def _failures(tuning_job: TuningJob) -> Iterable[str]:
    failed = [job for job in tuning_job.jobs if job.value is None and not job.is_running]
    if not failed:
        return
    yield "<h2>What gave no objective, and why</h2>"
    yield _table(
        ["Training job", "Status", "Reason"],
        [[job.name, job.status, _reason(job)] for job in failed],
        texts={2},
    )


def _reason(job: TrainingJob) -> str:
    if job.reason:
        return job.reason
    if job.status == "Stopped":
        return "Stopped before it had an objective."
    return "It printed no value that the metric's regular expression finds."


def _settings(tuning_job: TuningJob) -> Iterable[str]:
    yield "<h2>Settings</h2>"
    yield _table(["Setting", "Value"], [[*pair] for pair in tuning_job.settings.items()], texts={1})
    for definition in tuning_job.definitions:
        yield f"<h3>Not tuned {_text(definition.name)}</h3>"
        rows = [["Image", definition.image], *([*pair] for pair in definition.static.items())]
        yield _table(["Hyperparameter", "Value"], rows, texts={1})


def _range_row(item: Range) -> list[str]:
    if item.kind == CATEGORICAL:
        return [item.name, item.kind, ", ".join(item.values), "-"]
    return [item.name, item.kind, f"{item.minimum:g} to {item.maximum:g}", item.scaling]


def _facts(facts: dict[str, str]) -> str:
    told = "".join(
        f'<div class="fact{" long" * (len(value) > _FACT_LENGTH)}">'
        f"{_text(name)}<b>{_text(value)}</b></div>"
        for name, value in facts.items()
    )
    return f'<div class="facts">{told}</div>'


def _table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Set[int] = frozenset(),
    texts: Set[int] = frozenset(),
    best: int | None = None,
) -> str:
    """A table that scrolls sideways by itself where the screen is narrow."""

    def kind(column: int) -> str:
        name = "number" if column in numbers else "text" if column in texts else ""
        return f' class="{name}"' if name else ""

    titles = "".join(f"<th{kind(at)}>{_text(title)}</th>" for at, title in enumerate(head))
    lines = []
    for number, row in enumerate(rows):
        cells = "".join(f"<td{kind(at)}>{_text(cell)}</td>" for at, cell in enumerate(row))
        lines.append(f"<tr{' class=best' if number == best else ''}>{cells}</tr>")
    return f'<div class="scroll"><table><tr>{titles}</tr>{"".join(lines)}</table></div>'


def _text(text: str) -> str:
    return html.escape(text)
