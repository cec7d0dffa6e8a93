"""The titled items: read from tables, and handed from step to step as `items.json`."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Union

from faults import BadInput
from tables import Table, data_files, read_table
from words import title_words

ID_COLUMNS = ("item_id", "book_id", "movie_id", "product_id", "id")
TITLE_COLUMNS = ("title", "movie_title", "name")
GROUP_COLUMNS = ("authors", "author", "genres", "genre", "class", "categories", "category", "tags")
ITEMS_FILE = "items.json"

Identifier = Union[int, str]


@dataclass(frozen=True)
class Items:
    """The catalogue by place: ids, titles, and the groups (authors, genres) each belongs to."""

    group_column: str
    ids: tuple[Identifier, ...]
    titles: tuple[str, ...]
    groups: tuple[frozenset[str], ...]

    def words(self) -> list[list[str]]:
        """Each title's words, see `words.title_words`; a title of numbers alone has none."""
        return [title_words(title) for title in self.titles]


def read_items(directory: Path) -> Items:
    """Reads every table of the channel; a row without a title is left out.

    Raises:
        BadInput: wrong columns, missing ids, ids given twice, or no title at all.
    """
    faults: list[str] = []
    rows: list[tuple[str, str, frozenset[str]]] = []
    columns: list[str] = []
    for path in data_files(directory, "titles"):
        try:
            table = read_table(path)
            column, found = _read(table)
        except BadInput as error:
            faults.append(str(error))
            continue
        columns.append(column)
        rows += found
    if not faults:
        faults = [*_repeated(rows), *_different(columns)]
    if not faults and not rows:
        faults = ["channel 'titles': no row has a title, expected at least one"]
    if faults:
        raise BadInput(faults)
    return Items(
        columns[0],
        _identifiers([identifier for identifier, _, _ in rows]),
        tuple(title for _, title, _ in rows),
        tuple(groups for _, _, groups in rows),
    )


def save_items(items: Items, path: Path) -> None:
    """Writes the file; it depends on its content alone."""
    content = {
        "group_column": items.group_column,
        "ids": items.ids,
        "titles": items.titles,
        "groups": [sorted(groups) for groups in items.groups],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text, encoding="utf-8")


def load_items(path: Path) -> Items:
    """Reads what save_items wrote.

    Raises:
        BadInput: no such file, or one with other content.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Items(
            content["group_column"],
            tuple(content["ids"]),
            tuple(content["titles"]),
            tuple(frozenset(groups) for groups in content["groups"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        fault = f"{path}: got {type(error).__name__}: {error}; expected prepare.py's {ITEMS_FILE}"
        raise BadInput([fault]) from error


def _read(table: Table) -> tuple[str, list[tuple[str, str, frozenset[str]]]]:
    wanted = {"an id": ID_COLUMNS, "a title": TITLE_COLUMNS, "what belongs together": GROUP_COLUMNS}
    places = {what: table.place(names) for what, names in wanted.items()}
    missing = [
        f"{what} ({', '.join(wanted[what])})" for what, place in places.items() if place is None
    ]
    if missing:
        shown = ", ".join(table.columns[:12]) + (", ..." if len(table.columns) > 12 else "")
        raise BadInput(
            [f"{table.name} line 1: got columns {shown}; expected also {' and '.join(missing)}"]
        )
    of_id, of_title, of_groups = (int(place) for place in places.values() if place is not None)
    without_id = [line for line, cells in table.rows if not cells[of_id]]
    if without_id:
        raise BadInput(
            [
                f"{table.name} column {table.columns[of_id]}: {len(without_id)} rows have no id, "
                f"the first on line {without_id[0]}"
            ]
        )
    kind = table.kinds[of_groups]
    return table.columns[of_groups], [
        (cells[of_id], cells[of_title], _groups(cells[of_groups], kind))
        for _, cells in table.rows
        if cells[of_title]
    ]


def _groups(cell: str, kind: str) -> frozenset[str]:
    """RecBole's sequences have spaces between, MovieLens' own files bars, others commas."""
    separator = " " if kind == "token_seq" else "|" if "|" in cell else ","
    return frozenset(part.strip() for part in cell.split(separator) if part.strip())


def _repeated(rows: list[tuple[str, str, frozenset[str]]]) -> Iterable[str]:
    counts = Counter(identifier for identifier, _, _ in rows)
    again = [identifier for identifier, count in counts.items() if count > 1]
    if again:
        yield f"channel 'titles': {len(again)} ids are given twice, the first is {again[0]}"


def _different(columns: list[str]) -> Iterable[str]:
    if len(set(columns)) > 1:
        yield (
            f"channel 'titles': its files group by {' and '.join(sorted(set(columns)))}; "
            "expected the same column in all"
        )


def _identifiers(texts: list[str]) -> tuple[Identifier, ...]:
    """Integers if every id is one written the usual way, else the texts."""
    if all(re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text) for text in texts):
        return tuple(int(text) for text in texts)
    return tuple(texts)
