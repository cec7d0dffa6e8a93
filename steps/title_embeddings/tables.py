"""Reads text tables: csv with a header, and RecBole's tab-separated files with typed columns."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from faults import BadInput

# A cell can hold a whole text; the csv module would stop at 128 KB.
_CELL_CHARACTERS = 10_000_000


@dataclass(frozen=True)
class Table:
    """The rows of one file, each with its line number; cells are stripped text.

    `kinds` has the type that RecBole's header gives a column (`token_seq`), "" without one.
    """

    name: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def place(self, names: tuple[str, ...]) -> int | None:
        """The place of the first of these columns that the table has."""
        return next((self.columns.index(name) for name in names if name in self.columns), None)


def data_files(directory: Path, channel: str) -> list[Path]:
    """The channel's files in order of name; hidden files are not data.

    Raises:
        BadInput: the directory is missing or holds no file.
    """
    files = [path for path in sorted(directory.glob("**/*")) if _is_data(path, directory)]
    if not files:
        raise BadInput([f"channel '{channel}': no file in {directory}, expected at least one"])
    return files


def read_table(path: Path) -> Table:
    """Reads one file; blank lines are dropped.

    Raises:
        BadInput: the file is empty, not UTF-8, not csv, or has rows of another length than its
            header.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput([f"{path.name}: not UTF-8 at byte {error.start}"]) from error
    if not text.strip():
        raise BadInput([f"{path.name}: the file is empty, expected a header and rows"])
    limit = csv.field_size_limit(_CELL_CHARACTERS)  # of the whole process
    try:
        lines = _split(text)
    except csv.Error as error:
        raise BadInput([f"{path.name}: not a readable table: {error}"]) from error
    finally:
        csv.field_size_limit(limit)
    (_, header), rows = lines[0], lines[1:]
    wrong = [number for number, cells in rows if len(cells) != len(header)]
    if wrong:
        raise BadInput(
            [
                f"{path.name}: {len(wrong)} rows have another number of fields than the header's "
                f"{len(header)}, the first on line {wrong[0]}"
            ]
        )
    typed = [name.partition(":") for name in header]
    return Table(
        path.name,
        tuple(name.strip() for name, _, _ in typed),
        tuple(kind.strip() for _, _, kind in typed),
        tuple(rows),
    )


def _split(text: str) -> list[tuple[int, tuple[str, ...]]]:
    if "\t" in text.partition("\n")[0]:
        cells = [line.split("\t") for line in text.splitlines()]
        numbered = list(enumerate(cells, 1))
    else:
        reader = csv.reader(text.splitlines(keepends=True), strict=True)
        numbered = []
        first = 1
        for row in reader:  # a quoted cell may go over several lines
            numbered.append((first, row))
            first = reader.line_num + 1
    stripped = [(number, tuple(cell.strip() for cell in row)) for number, row in numbered]
    return [(number, row) for number, row in stripped if any(row)]


def _is_data(path: Path, directory: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
    return path.is_file() and not hidden
