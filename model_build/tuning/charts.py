"""The page's charts as HTML, drawn by plotly in the reader's browser."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from model_build.tuning import history, style
from model_build.tuning.axes import Axis, axes_of, number_axis, spread
from model_build.tuning.finding import Reference
from model_build.tuning.job import Definition, TrainingJob, TuningJob

_HEIGHT = 340
_PARALLEL_HEIGHT = 420
# The least width, in pixels, that an axis of the parallel chart needs for its ticks.
AXIS_WIDTH = 110


@dataclass(frozen=True)
class View:
    """What is drawn: one definition's training jobs, and what to compare them with."""

    tuning_job: TuningJob
    definition: Definition
    references: Sequence[Reference]
    now: datetime


def view_of(
    tuning_job: TuningJob,
    definition: Definition,
    references: Iterable[Reference],
    now: datetime,
) -> View:
    """The view of a definition, with those references that have its objective's metric."""
    same = tuple(each for each in references if each.metric == definition.objective.metric)
    return View(tuning_job, definition, same, now)


def script() -> str:
    """The source of plotly.js, so that the page needs no network."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def over_time(view: View, name: str) -> str:
    """The objective of each training job by its end, and the best so far."""
    import plotly.graph_objects as go

    found = history.results(view.tuning_job, view.definition)
    lost = history.without_result(view.tuning_job, view.definition)
    last = max([1.0, *(r.seconds for r in found), *(seconds for seconds, _ in lost)])
    unit = history.time_unit(last)
    figure = go.Figure()
    times = [result.seconds / unit.seconds for result in found]
    figure.add_scatter(
        x=[*times, last / unit.seconds],
        y=[*(result.best for result in found), found[-1].best],
        mode="lines",
        name="best so far",
        line={"color": style.BEST_SO_FAR, "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )
    _add_jobs(figure, view, [(r.job, t, r.value) for r, t in zip(found, times, strict=True)])
    if lost:
        _add_lost(figure, view, [(seconds / unit.seconds, job) for seconds, job in lost])
    _add_references(figure, view, [0.0, last / unit.seconds])
    figure.update_xaxes(
        title=f"{unit.name} since the tuning job began", range=[0, 1.03 * last / unit.seconds]
    )
    return _html(figure, view, name, legend=True)


def by_hyperparameter(view: View, axis: Axis, name: str) -> str:
    """The objective against the values of one hyperparameter."""
    import plotly.graph_objects as go

    figure = go.Figure()
    places = [
        (job, axis.position(job.hyperparameters.get(axis.name, "")), job.value)
        for job in view.definition.jobs
    ]
    if axis.is_categorical:
        places = [
            (job, place if place is None else place + spread(number), value)
            for number, (job, place, value) in enumerate(places)
        ]
    _add_jobs(figure, view, places)
    _add_references(figure, view, [axis.low, axis.high])
    figure.update_xaxes(
        title=axis.title,
        range=[axis.low, axis.high],
        tickvals=[position for position, _ in axis.ticks],
        ticktext=[html.escape(text) for _, text in axis.ticks],
    )
    return _html(figure, view, name)


def parallel(view: View, name: str) -> str:
    """Each training job as a line through its hyperparameters to its objective, the best on top."""
    import plotly.graph_objects as go

    jobs = [job for job in view.definition.best_first() if job.value is not None]
    axes = [*axes_of(view.definition), objective_axis(view.definition)]
    figure = go.Figure()
    for place, job in reversed(list(enumerate(jobs))):
        figure.add_scatter(
            x=list(range(len(axes))),
            y=line_of(job, axes),
            mode="lines+markers",
            line=_line(place, len(jobs)),
            marker={"size": 9 if place == 0 else 6},
            opacity=1.0 if place == 0 else 0.75,
            text=_hover(view, job),
            hovertemplate="%{text}<extra></extra>",
        )
    for number, axis in enumerate(axes):
        _add_axis(figure, number, axis)
    figure.update_yaxes(visible=False, range=[-0.06, 1.06], fixedrange=True)
    figure.update_xaxes(
        tickvals=list(range(len(axes))),
        ticktext=[html.escape(axis.title).replace(" (", "<br>(") for axis in axes],
        range=[-0.6, len(axes) - 0.75],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    return _html(figure, view, name, height=_PARALLEL_HEIGHT, y_title=False)


def objective_axis(definition: Definition) -> Axis:
    """The objective as the last axis of the parallel chart."""
    values = [job.value for job in definition.jobs if job.value is not None]
    return number_axis(definition.objective.metric, values)


def line_of(job: TrainingJob, axes: Sequence[Axis]) -> list[float | None]:
    """Where a training job crosses each axis, from 0 to 1; the last axis is the objective's."""
    *tuned, last = axes
    places = [axis.position(job.hyperparameters.get(axis.name, "")) for axis in tuned]
    places.append(job.value)
    return [
        None if place is None else (place - axis.low) / (axis.high - axis.low)
        for place, axis in zip(places, [*tuned, last], strict=True)
    ]


def shade(place: int, count: int) -> str:
    """The colour of the place-th best of `count` jobs: strong if good, faint if not."""
    if place == 0:
        return style.BEST
    share = place / max(count - 1, 1)
    strong, weak = (
        [int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in (style.JOB, style.WEAK)
    )
    mixed = (round(a + (b - a) * share) for a, b in zip(strong, weak, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _line(place: int, count: int) -> dict[str, Any]:
    return {"color": shade(place, count), "width": 3.5 if place == 0 else 1.4}


def _add_axis(figure: Any, number: int, axis: Axis) -> None:
    figure.add_shape(
        type="line", x0=number, x1=number, y0=0, y1=1, line={"color": style.STOPPED, "width": 1}
    )
    for position, text in axis.ticks:
        figure.add_annotation(
            x=number,
            y=(position - axis.low) / (axis.high - axis.low),
            text=html.escape(text),
            showarrow=False,
            xanchor="right",
            xshift=-7,
            font={"size": 11},
            bgcolor="white",
        )


def _add_jobs(
    figure: Any, view: View, places: Iterable[tuple[TrainingJob, float | None, float | None]]
) -> None:
    """The training jobs that can be drawn, those that were stopped hollow, the best as a star."""
    best = view.definition.best
    drawn = [(job, x, y) for job, x, y in places if x is not None and y is not None]
    kinds = (
        ("completed", style.JOB, "circle", lambda job: job.status != "Stopped"),
        ("stopped early", style.STOPPED, "circle-open", lambda job: job.status == "Stopped"),
        ("best", style.BEST, "star", lambda _: True),
    )
    for label, colour, symbol, belongs in kinds:
        is_best = label == "best"
        chosen = [p for p in drawn if (p[0] is best) == is_best and belongs(p[0])]
        if not chosen:
            continue
        figure.add_scatter(
            x=[x for _, x, _ in chosen],
            y=[y for _, _, y in chosen],
            mode="markers",
            name=label,
            marker={"color": colour, "symbol": symbol, "size": 15 if is_best else 9},
            text=[_hover(view, job) for job, _, _ in chosen],
            hovertemplate="%{text}<extra></extra>",
        )


def _add_lost(figure: Any, view: View, lost: Sequence[tuple[float, TrainingJob]]) -> None:
    figure.add_scatter(
        x=[time for time, _ in lost],
        y=[worst(view)] * len(lost),
        mode="markers",
        name="no objective",
        marker={"symbol": "x", "size": 9, "color": style.FAILED},
        text=[_hover(view, job) for _, job in lost],
        hovertemplate="%{text}<extra></extra>",
    )


def _add_references(figure: Any, view: View, across: list[float]) -> None:
    for reference in view.references:
        label = html.escape(reference.label)
        figure.add_scatter(
            x=across,
            y=[reference.value] * 2,
            mode="lines",
            name=label,
            line={"color": style.REFERENCE, "width": 2, "dash": "dash"},
            hovertemplate=f"{label}: {history.number(reference.value)}<extra></extra>",
        )


def worst(view: View) -> float:
    """The far end of the objectives, where training jobs that gave none are marked."""
    values = [job.value for job in view.definition.jobs if job.value is not None]
    values += [reference.value for reference in view.references]
    return max(values) if view.definition.objective.is_minimised else min(values)


def _hover(view: View, job: TrainingJob) -> str:
    first, *rest = map(html.escape, history.told(job, view.definition.objective, view.now))
    return "<br>".join([f"<b>{first}</b>", *rest])


def _html(
    figure: Any,
    view: View,
    name: str,
    *,
    legend: bool = False,
    height: int = _HEIGHT,
    y_title: bool = True,
) -> str:
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 64 if y_title else 12, "r": 12, "t": 10, "b": 52},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        hoverlabel={"align": "left"},
        # A finger that scrolls the page must not zoom; the page lets a mouse do it.
        dragmode=False,
        font={"size": 12},
    )
    figure.update_xaxes(automargin=True, zeroline=False)
    if y_title:
        title = html.escape(view.definition.objective.metric)
        figure.update_yaxes(title=title, automargin=True, zeroline=False, nticks=6)
    return str(
        figure.to_html(
            full_html=False,
            include_plotlyjs=False,
            div_id=name,
            config={"responsive": True, "displayModeBar": False},
        )
    )
