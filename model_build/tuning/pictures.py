"""The report's charts as PNG files, drawn by matplotlib without a screen or a browser."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from model_build.tuning import charts, history, style
from model_build.tuning.axes import Axis, axes_of, spread
from model_build.tuning.charts import View
from model_build.tuning.job import TrainingJob

_DPI = 150
_COLUMNS = 3
_LEGEND_COLUMNS = 4
# What is behind the text on the parallel chart's axes, for lines not to make it unreadable.
_BEHIND = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
# Names and values are shown as they are: "$" opens no formula.
_SETTINGS = {
    "text.parse_math": False,
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e3e6ea",
    "axes.axisbelow": True,
}


def over_time(view: View) -> Any:
    """The objective of each training job by its end, and the best so far."""
    figure, axes = _figure(1, 1, 8.0, 4.5)
    plot = axes[0]
    found = history.results(view.tuning_job, view.definition)
    lost = history.without_result(view.tuning_job, view.definition)
    last = max([1.0, *(r.seconds for r in found), *(seconds for seconds, _ in lost)])
    unit = history.time_unit(last)
    times = [result.seconds / unit.seconds for result in found]
    plot.step(
        [*times, last / unit.seconds],
        [*(result.best for result in found), found[-1].best],
        where="post",
        color=style.BEST_SO_FAR,
        linewidth=2,
        label="best so far",
    )
    _draw_jobs(plot, view, [(r.job, t, r.value) for r, t in zip(found, times, strict=True)])
    if lost:
        places = [seconds / unit.seconds for seconds, _ in lost]
        heights = [charts.worst(view)] * len(lost)
        plot.scatter(
            places, heights, marker="x", color=style.FAILED, zorder=3, label="no objective"
        )
    _draw_references(plot, view)
    plot.set_xlim(left=0)
    plot.set_xlabel(f"{unit.name} since the tuning job began")
    plot.set_ylabel(view.definition.objective.metric)
    _legend(figure, plot)
    return figure


def by_hyperparameter(view: View) -> Any:
    """The objective against each hyperparameter, side by side."""
    drawn = axes_of(view.definition)
    columns = min(_COLUMNS, max(len(drawn), 1))
    rows = -(-len(drawn) // columns) or 1
    figure, plots = _figure(rows, columns, 3.8 * columns, 3.0 * rows + 0.3, sharey=True)
    for plot, axis in zip(plots, drawn, strict=False):
        _draw_axis(plot, view, axis)
    for plot in plots[len(drawn) :]:
        plot.set_visible(False)
    for plot in plots[::columns]:
        plot.set_ylabel(view.definition.objective.metric)
    _legend(figure, plots[0])
    return figure


def parallel(view: View) -> Any:
    """Each training job as a line through its hyperparameters to its objective, the best on top."""
    axes = [*axes_of(view.definition), charts.objective_axis(view.definition)]
    figure, plots = _figure(1, 1, max(6.0, 1.35 * len(axes)), 4.5)
    plot = plots[0]
    jobs = [job for job in view.definition.best_first() if job.value is not None]
    for place, job in reversed(list(enumerate(jobs))):
        places = charts.line_of(job, axes)
        plot.plot(
            range(len(axes)),
            [float("nan") if at is None else at for at in places],
            color=charts.shade(place, len(jobs)),
            linewidth=3 if place == 0 else 1.2,
            alpha=1 if place == 0 else 0.75,
            marker="o",
            markersize=5 if place == 0 else 3,
            label={0: f"best: {jobs[0].name}"}.get(place),
        )
    for number, axis in enumerate(axes):
        plot.axvline(number, color=style.STOPPED, linewidth=1, zorder=0)
        for position, text in axis.ticks:
            height = (position - axis.low) / (axis.high - axis.low)
            beside = {"textcoords": "offset points", "ha": "right", "va": "center"}
            plot.annotate(text, (number, height), (-5, 0), fontsize=8, bbox=_BEHIND, **beside)
    plot.set_xticks(range(len(axes)), [axis.title.replace(" (", "\n(") for axis in axes])
    plot.set_yticks([])
    plot.set_xlim(-0.6, len(axes) - 0.75)
    plot.set_ylim(-0.04, 1.04)
    plot.grid(visible=False)
    for side in ("left", "bottom"):
        plot.spines[side].set_visible(False)
    plot.tick_params(length=0)
    _legend(figure, plot)
    return figure


PICTURES: Mapping[str, Callable[[View], Any]] = {
    "objective-over-time.png": over_time,
    "objective-by-hyperparameter.png": by_hyperparameter,
    "parallel.png": parallel,
}


def draw(view: View, draw_one: Callable[[View], Any], path: Path) -> None:
    """Writes one picture."""
    import matplotlib

    with matplotlib.rc_context(_SETTINGS):
        draw_one(view).savefig(path, dpi=_DPI, format="png")


def _figure(
    rows: int, columns: int, width: float, height: float, **shared: Any
) -> tuple[Any, list[Any]]:
    # Not by pyplot: that keeps figures in the process, and looks for a screen.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    return figure, list(figure.subplots(rows, columns, squeeze=False, **shared).flat)


def _draw_axis(plot: Any, view: View, axis: Axis) -> None:
    places: list[tuple[TrainingJob, float | None, float | None]] = []
    for number, job in enumerate(view.definition.jobs):
        place = axis.position(job.hyperparameters.get(axis.name, ""))
        if place is not None and axis.is_categorical:
            place += spread(number)
        places.append((job, place, job.value))
    _draw_jobs(plot, view, places)
    _draw_references(plot, view)
    plot.set_xlim(axis.low, axis.high)
    plot.set_xticks([at for at, _ in axis.ticks], [text for _, text in axis.ticks])
    plot.set_xlabel(axis.title)


def _draw_jobs(
    plot: Any, view: View, places: list[tuple[TrainingJob, float | None, float | None]]
) -> None:
    best = view.definition.best
    for label, is_drawn, marker in (
        (
            "completed",
            lambda job: job is not best and job.status != "Stopped",
            {"marker": "o", "s": 36, "color": style.JOB},
        ),
        (
            "stopped early",
            lambda job: job is not best and job.status == "Stopped",
            {"marker": "o", "s": 36, "facecolors": "none", "edgecolors": style.STOPPED},
        ),
        ("best", lambda job: job is best, {"marker": "*", "s": 190, "color": style.BEST}),
    ):
        chosen = [(x, y) for job, x, y in places if is_drawn(job) and None not in (x, y)]
        if chosen:
            plot.scatter(*zip(*chosen, strict=True), label=label, zorder=3, **marker)


def _draw_references(plot: Any, view: View) -> None:
    for reference in view.references:
        plot.axhline(
            reference.value, color=style.REFERENCE, linestyle="--", label=reference.label, zorder=2
        )


def _legend(figure: Any, plot: Any) -> None:
    """Above the plots, where it covers nothing."""
    handles, labels = plot.get_legend_handles_labels()
    if handles:
        figure.legend(
            handles, labels, loc="outside upper left", ncols=_LEGEND_COLUMNS, frameon=False
        )
