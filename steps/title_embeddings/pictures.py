"""Draws a title map: a PNG with the names of some titles, a web page that tells all of them."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Sequence

import numpy as np
from items import Items
from title_map import TitleMap

LABELS_AT_MOST = 60
# A page may be shown smaller than the picture; there is room for more once it is zoomed.
LABELS_ON_PAGE = 30
LABEL_CHARACTERS = 30
# Ten colours that stay apart for colour-blind eyes, on white and on paper.
COLOURS = (
    *("#0077bb", "#ee7733", "#009988", "#cc3311", "#aa4499"),
    *("#33bbee", "#999933", "#882255", "#117733", "#555555"),
)
# Where a name may stand beside its point, in Plotly's words: offset in points and alignment.
_SIDES = {
    "middle right": (6, -4, "left"),
    "middle left": (-6, -4, "right"),
    "top center": (0, 7, "center"),
    "bottom center": (0, -15, "center"),
}
SUBTITLE = "near = similar words; colours are clusters, named by the words that mark them"


@dataclass(frozen=True)
class Label:
    """A name that is written: the place of its title on the map, and the side of its point."""

    place: int
    side: str


def choose_labels(title_map: TitleMap, items: Items, embeddings: Any, seed: int) -> list[int]:
    """Places of titles to name, in pairs of a title and its nearest, in an order drawn at random.

    Only one title of the same text, and none that is long or that a common font may not have.
    """
    rows = title_map.rows
    titles = [items.titles[row] for row in rows]
    fits = np.array([_fits(title) for title in titles])
    chosen: dict[str, int] = {}
    for place in np.random.default_rng(seed).permutation(len(rows)):
        if not fits[place]:
            continue
        similar = embeddings[rows] @ embeddings[rows[place]]
        similar[[other for other, title in enumerate(titles) if title == titles[place]]] = -np.inf
        similar[~fits] = -np.inf
        for each in (int(place), int(np.argmax(similar))):
            if fits[each]:
                chosen.setdefault(titles[each], each)
        if len(chosen) >= 6 * LABELS_AT_MOST:  # most will not find room
            break
    return list(chosen.values())


def write_png(
    title_map: TitleMap, items: Items, labels: list[int], heading: str, path: Path
) -> list[Label]:
    """Draws all titles as points and as many names as have room, which it gives."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 11), dpi=110, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.03, 0.75, 0.87))
    for number, _, places in _clusters(title_map):
        x, y = title_map.points[places].T
        axes.scatter(x, y, s=16, color=_colour(number), alpha=0.55, linewidths=0)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.margins(0.04)
    for spine in axes.spines.values():
        spine.set_color("#cccccc")
    figure.text(0.02, 0.955, heading, fontsize=19, weight="bold", parse_math=False)
    figure.text(0.02, 0.922, SUBTITLE, fontsize=13, color="#444444")
    _write_legend(figure, title_map)
    written = _write_labels(axes, canvas.get_renderer(), title_map, items, labels)
    figure.savefig(str(path))
    return written


def write_html(
    title_map: TitleMap, items: Items, labels: Sequence[Label], heading: str, path: Path
) -> None:
    """Draws a page of its own, without any other file, to zoom and to point at titles."""
    import plotly.io

    traces = [_trace(title_map, items, number, name, p) for number, name, p in _clusters(title_map)]
    figure = {"data": [*traces, _names(title_map, items, labels)], "layout": _layout(heading)}
    page = plotly.io.to_html(
        figure,
        include_plotlyjs=True,
        default_width="100%",
        default_height="100vh",
        config={"scrollZoom": True, "displaylogo": False, "responsive": True},
    )
    head = f"<head><title>{html.escape(heading)}</title><style>body {{ margin: 0 }}</style>"
    path.write_text(page.replace("<head>", head, 1), encoding="utf-8")


def _clusters(title_map: TitleMap) -> Iterator[tuple[int, str, Any]]:
    for number, name in enumerate(title_map.names):
        yield number, name, np.flatnonzero(title_map.clusters == number)


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _fits(title: str) -> bool:
    return len(title) <= LABEL_CHARACTERS and all(ord(letter) < 0x250 for letter in title)


def _write_legend(figure: Any, title_map: TitleMap) -> None:
    from matplotlib.lines import Line2D

    marks, texts = [], []
    for number, name, places in _clusters(title_map):
        marks.append(Line2D([], [], marker="o", linestyle="", markersize=9, color=_colour(number)))
        texts.append(f"{name}  ({len(places)})")
    legend = figure.legend(
        marks,
        texts,
        loc="upper left",
        bbox_to_anchor=(0.775, 0.91),
        fontsize=12.5,
        frameon=False,
        labelspacing=0.9,
        handletextpad=0.3,
        title="Clusters (titles)",
        title_fontsize=14,
    )
    legend._legend_box.align = "left"


def _write_labels(
    axes: Any, renderer: Any, title_map: TitleMap, items: Items, labels: list[int]
) -> list[Label]:
    """Writes each name beside its point, where it lies on no other name; else not at all."""
    from matplotlib import patheffects

    outline = [patheffects.withStroke(linewidth=3, foreground="white")]
    inside = axes.get_window_extent(renderer)
    taken: list[Any] = []
    written: list[Label] = []
    for place in labels:
        x, y = title_map.points[place]
        text = axes.annotate(
            items.titles[title_map.rows[place]],
            (x, y),
            textcoords="offset points",
            fontsize=10.5,
            color=_colour(int(title_map.clusters[place])),
            path_effects=outline,
            parse_math=False,
            xytext=(0, 0),
        )
        side = _find_room(text, renderer, inside, taken)
        if side is None:
            text.remove()
            continue
        axes.scatter(x, y, s=30, color="#222222", linewidths=0, zorder=3)
        written.append(Label(place, side))
        if len(written) == LABELS_AT_MOST:
            break
    return written


def _find_room(text: Any, renderer: Any, inside: Any, taken: list[Any]) -> str | None:
    for side, (x, y, alignment) in _SIDES.items():
        text.set_ha(alignment)
        text.set_position((x, y))
        box = text.get_window_extent(renderer).padded(3)
        is_inside = inside.contains(box.x0, box.y0) and inside.contains(box.x1, box.y1)
        if is_inside and not any(box.overlaps(other) for other in taken):
            taken.append(box)
            return side
    return None


def _trace(
    title_map: TitleMap, items: Items, number: int, name: str, places: Any
) -> dict[str, Any]:
    rows = title_map.rows[places]
    return {
        "type": "scattergl",
        "mode": "markers",
        "name": f"{html.escape(name)} ({len(places)})",
        "x": title_map.points[places, 0].round(3).tolist(),
        "y": title_map.points[places, 1].round(3).tolist(),
        "text": [_hover(items, row) for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"size": 7, "color": _colour(number), "opacity": 0.65},
    }


def _hover(items: Items, row: int) -> str:
    groups = ", ".join(sorted(items.groups[row]))
    return f"<b>{html.escape(items.titles[row])}</b><br>{html.escape(groups)}"


def _names(title_map: TitleMap, items: Items, labels: Sequence[Label]) -> dict[str, Any]:
    shown = [label.place for label in labels[:LABELS_ON_PAGE]]
    return {
        "type": "scatter",
        "mode": "text",
        "name": "names of some titles",
        "x": title_map.points[shown, 0].round(3).tolist(),
        "y": title_map.points[shown, 1].round(3).tolist(),
        "text": [
            f"\u2009{html.escape(items.titles[title_map.rows[place]])}\u2009" for place in shown
        ],
        "textposition": [label.side for label in labels[:LABELS_ON_PAGE]],
        "textfont": {"size": 12, "color": "#111111", "shadow": "0 0 3px #fff, 0 0 3px #fff"},
        "hoverinfo": "skip",
    }


def _layout(heading: str) -> dict[str, Any]:
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "title": {"text": ""}}
    return {
        "title": {"text": f"<b>{html.escape(heading)}</b><br><sub>{SUBTITLE}</sub>", "x": 0.02},
        "xaxis": axis,
        "yaxis": axis,
        "hovermode": "closest",
        "dragmode": "pan",
        "plot_bgcolor": "#fbfbfb",
        "margin": {"l": 20, "r": 20, "t": 80, "b": 20},
        "legend": {"title": {"text": "Clusters: click to hide, twice for one alone"}},
        "hoverlabel": {"font": {"size": 14}},
    }
