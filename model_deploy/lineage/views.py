"""A lineage report as a tree, a table, JSON, Mermaid in Markdown, or a page."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from model_deploy.lineage.forward import DEPENDENTS
from model_deploy.lineage.nodes import ABOVE, Node

_PAGE_COLUMNS = 160
_LABEL_CHARACTERS = 60


def tree(node: Node) -> Tree:
    """The report as a tree for a terminal."""
    made = Tree(_label(node))
    _grow(made, node)
    return made


def _grow(branch: Tree, node: Node) -> None:
    for child in node.children:
        _grow(branch.add(_label(child)), child)


def _label(node: Node) -> Text:
    title = f"[bold]{escape(node.kind)}[/bold] {escape(node.name)}"
    facts = (f"[dim]{escape(key)}:[/dim] {escape(value)}" for key, value in node.facts.items())
    return Text.from_markup("\n".join([title, *facts]), overflow="fold")


def dependents(node: Node) -> Table | None:
    """The model packages and endpoints of a report, each once; None if there is none."""
    table = Table(title="What depends on it", title_justify="left")
    for column in ("", "name", "state"):
        table.add_column(column, overflow="fold")
    rows: dict[tuple[str, str], str] = {}
    for each in node.all():
        if each.kind in DEPENDENTS and each.facts.get("see") != ABOVE:
            state = each.facts.get("approval") or each.facts.get("now", "")
            # The newest deployment of an endpoint is the one that tells what it serves.
            if state.startswith("serves it") or (each.kind, each.name) not in rows:
                rows[each.kind, each.name] = state
    for (kind, name), state in sorted(rows.items(), reverse=True):
        table.add_row(kind, escape(name), escape(state))
    return table if rows else None


def as_dict(node: Node) -> dict[str, Any]:
    """The report as JSON says it."""
    return {
        "kind": node.kind,
        "name": node.name,
        "facts": dict(node.facts),
        "children": [as_dict(child) for child in node.children],
    }


def as_mermaid(node: Node, *, is_backward: bool) -> str:
    """The report as a flow chart, from data on the left to endpoints on the right."""
    ids: dict[tuple[str, str, str], str] = {}
    lines: list[str] = []

    def identify(each: Node) -> str:
        key = (each.kind, each.name, each.facts.get("content", ""))
        if key not in ids:
            ids[key] = f"n{len(ids)}"
            label = f"{each.kind}<br>{_shortened(each.name)}".replace('"', "#quot;")
            lines.append(f'    {ids[key]}["{label}"]')
        return ids[key]

    def draw(each: Node) -> None:
        for child in each.children:
            source, target = (child, each) if is_backward else (each, child)
            edge = f"    {identify(source)} --> {identify(target)}"
            if edge not in lines:
                lines.append(edge)
            draw(child)

    identify(node)
    draw(node)
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```", ""])


def _shortened(name: str) -> str:
    if len(name) <= _LABEL_CHARACTERS:
        return name
    half = _LABEL_CHARACTERS // 2 - 2
    return f"{name[:half]}...{name[-half:]}"


def as_page(node: Node) -> str:
    """The tree as HTML."""
    console = Console(record=True, width=_PAGE_COLUMNS, file=io.StringIO())
    console.print(tree(node))
    return console.export_html(inline_styles=True)


def write(node: Node, path: Path, *, is_backward: bool) -> None:
    """Writes the report in the form that the file's ending names, one of FORMS."""
    if path.suffix == ".json":
        text = json.dumps(as_dict(node), indent=2) + "\n"
    elif path.suffix == ".md":
        text = as_mermaid(node, is_backward=is_backward)
    else:
        text = as_page(node)
    path.write_text(text, encoding="utf-8")


FORMS: Mapping[str, str] = {
    ".json": "all of it",
    ".md": "a Mermaid chart",
    ".html": "the tree as a page",
}
