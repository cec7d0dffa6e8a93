"""Reads the algorithm's channels: CSV, LIBSVM and Parquet, with the label first."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import xgboost as xgb

from xgboost_image.hyperparameters import UserError

CONTENT_TYPES = {
    "csv": "csv",
    "text/csv": "csv",
    "libsvm": "libsvm",
    "text/libsvm": "libsvm",
    "text/x-libsvm": "libsvm",
    "parquet": "parquet",
    "application/x-parquet": "parquet",
}
SNIPPET_CHARACTERS = 50


def content_type_of(given: str | None) -> str:
    """The kind of a content type, which may have parameters; LIBSVM without one, as in AWS.

    Raises:
        UserError: Another content type, or a label_size that is not 1.
    """
    if not given:
        return "libsvm"
    kind, *parameters = [part.strip() for part in given.lower().split(";")]
    if kind not in CONTENT_TYPES:
        raise UserError(f"{given} is not an accepted ContentType: {', '.join(CONTENT_TYPES)}.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "label_size" and value.strip() != "1":
            raise UserError(
                f"{given} is not an accepted csv ContentType. "
                f"Optional parameter label_size must be equal to 1"
            )
    return CONTENT_TYPES[kind]


def read_channel(
    name: str, directory: Path, configuration: Mapping[str, str], *, has_weights: bool
) -> xgb.DMatrix:
    """Read all files of a channel into one matrix.

    Raises:
        UserError: No data, or data that is not of the content type.
    """
    kind = content_type_of(configuration.get("ContentType"))
    if configuration.get("TrainingInputMode") == "Pipe":
        raise UserError(f"Channel {name}: Pipe mode is not supported by the emulator; use File")
    files = sorted(path for path in directory.rglob("*") if _is_data(path))
    if not files:
        raise UserError(f"No data in {name} channel path {directory}")
    if kind == "libsvm":
        return _libsvm_matrix(files)
    tables = {
        str(path.relative_to(directory)): READERS[kind](path)
        for path in files
        if path.stat().st_size
    }
    if not tables:
        raise UserError(f"No data in {name} channel path {directory}: its files are empty")
    widths = {file: table.shape[1] for file, table in tables.items()}
    least_width = 3 if has_weights else 2
    if len(set(widths.values())) > 1 or min(widths.values()) < least_width:
        raise UserError(
            f"Channel {name}: every file needs the same number of columns, at least "
            f"{least_width} with the label first; got {widths}"
        )
    return _table_matrix(name, np.vstack(list(tables.values())), has_weights=has_weights)


def _is_data(path: Path) -> bool:
    return path.is_file() and not path.name.startswith((".", "_"))


def _table_matrix(name: str, table: np.ndarray, *, has_weights: bool) -> xgb.DMatrix:
    if len(table) == 0:
        raise UserError(f"No data in {name} channel: its files are empty")
    label = table[:, 0]
    if np.isnan(label).any():
        row = int(np.flatnonzero(np.isnan(label))[0])
        raise UserError(f"Channel {name}: row {row + 1} has no label in its first column")
    features = table[:, 2 if has_weights else 1 :]
    return xgb.DMatrix(features, label=label, weight=table[:, 1] if has_weights else None)


def read_csv(path: Path) -> np.ndarray:
    """Read a CSV file without a header as 32-bit floats; empty fields are missing values."""
    import pyarrow as pa
    from pyarrow import csv

    with path.open(encoding="utf-8", errors="replace") as file:
        first = file.readline().strip()
    delimiter = delimiter_of(first)
    fields = first.split(delimiter)
    names = [str(number) for number in range(len(fields))]
    if not first or not all(_is_number(field) for field in fields):
        raise UserError(
            f"First line '{first[:SNIPPET_CHARACTERS]}...' of file '{path.name}' is not 'CSV' "
            f"format. Please ensure the file is in 'CSV' format: numbers only, without a header."
        )
    try:
        table = csv.read_csv(
            path,
            csv.ReadOptions(column_names=names),
            csv.ParseOptions(delimiter=delimiter),
            csv.ConvertOptions(column_types=dict.fromkeys(names, pa.float32())),
        )
    except pa.ArrowInvalid as error:
        raise UserError(f"Failed to load csv data of file '{path.name}': {error}") from error
    return _columns_of(table.columns)


def _columns_of(columns: Iterable) -> np.ndarray:
    arrays = [column.to_numpy(zero_copy_only=False).astype(np.float32) for column in columns]
    return np.column_stack(arrays)


def delimiter_of(line: str) -> str:
    """The delimiter of a line of numbers: comma, semicolon, tab, bar or space."""
    return next((delimiter for delimiter in ",;\t| " if delimiter in line), ",")


def _is_number(text: str) -> bool:
    try:
        float(text or "nan")
    except ValueError:
        return False
    return True


def _read_parquet(path: Path) -> np.ndarray:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return _columns_of(parquet.read_table(path).columns)
    except (pa.ArrowInvalid, ValueError) as error:
        message = f"Failed to load parquet data of file '{path.name}': {error}"
        raise UserError(message) from error


READERS = {"csv": read_csv, "parquet": _read_parquet}


def _libsvm_matrix(files: list[Path]) -> xgb.DMatrix:
    rows = LibsvmRows()
    for path in files:
        with path.open(encoding="utf-8", errors="replace") as file:
            try:
                rows.add(file)
            except ValueError as error:
                raise UserError(f"File '{path.name}' is not 'LIBSVM' format: {error}") from error
    if not rows.labels:
        raise UserError(f"No data in the LIBSVM files {[path.name for path in files]}")
    weights = rows.weights if any(weight != 1 for weight in rows.weights) else None
    return xgb.DMatrix(rows.matrix(), label=rows.labels, weight=weights)


class LibsvmRows:
    """Rows of ``LABEL[:WEIGHT] INDEX:VALUE ...``; the label may be absent in a request."""

    def __init__(self) -> None:
        self.labels: list[float] = []
        self.weights: list[float] = []
        self._starts = [0]
        self._indices: list[int] = []
        self._values: list[float] = []

    def add(self, lines: Iterable[str], *, has_labels: bool = True) -> None:
        """Add the lines.

        Raises:
            ValueError: A line is not LIBSVM; the message has it.
        """
        for line in lines:
            words = line.partition("#")[0].split()
            if not words:
                continue
            try:
                self._add_row(words, has_labels=has_labels)
            except ValueError as error:
                snippet = line.strip()[:SNIPPET_CHARACTERS]
                raise ValueError(f"line '{snippet}': {error}") from error

    def _add_row(self, words: list[str], *, has_labels: bool) -> None:
        if has_labels or ":" not in words[0]:
            label, _, weight = words[0].partition(":")
            self.labels.append(float(label))
            self.weights.append(float(weight or 1))
            words = words[1:]
        for word in words:
            index, colon, value = word.partition(":")
            if index == "qid":
                raise ValueError("query groups are not supported by the emulator")
            if not colon or int(index) < 0:
                raise ValueError(f"expected INDEX:VALUE, got '{word}'")
            self._indices.append(int(index))
            self._values.append(float(value))
        self._starts.append(len(self._indices))

    def matrix(self, columns: int | None = None):
        """The rows as a sparse matrix, with as many columns as the largest index needs."""
        from scipy.sparse import csr_matrix

        needed = max(self._indices, default=0) + 1
        shape = (len(self._starts) - 1, max(needed, columns or 0))
        values = np.asarray(self._values, np.float32)
        return csr_matrix((values, self._indices, self._starts), shape=shape)
