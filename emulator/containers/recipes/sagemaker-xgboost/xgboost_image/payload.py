"""Reads the rows of a request: CSV and LIBSVM."""

from typing import Any

import numpy as np

from xgboost_image.channels import LibsvmRows, delimiter_of

CONTENT_TYPES = ("text/csv", "text/libsvm", "text/x-libsvm")
SNIPPET_CHARACTERS = 50


class PayloadFault(Exception):
    """A payload that cannot be read (415) or does not fit the model (400).

    Source: sagemaker-xgboost-container, algorithm mode, which gives these statuses.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def parse(body: bytes, content_type: str | None, columns: int | None) -> Any:
    """Read the rows as a dense array of 32-bit floats, or as a sparse matrix from LIBSVM.

    Args:
        body: The payload.
        content_type: As in the header; CSV without one.
        columns: How many the model has; None leaves that to the model.

    Raises:
        PayloadFault: Another content type, or a fault; the message names the row.
    """
    kind = (content_type or "text/csv").partition(";")[0].strip().lower()
    if kind in ("text/csv", "csv"):
        rows = parse_csv(body)
    elif kind in ("text/libsvm", "text/x-libsvm", "libsvm"):
        return _parse_libsvm(body, columns)
    else:
        supported = ", ".join(CONTENT_TYPES)
        raise PayloadFault(415, f"Content-type {kind} not supported. Supported: {supported}.")
    if columns is not None and rows.shape[1] == columns - 1:
        # A model of 1-based LIBSVM data has an empty first column more. AWS's image accepts this.
        return np.pad(rows, ((0, 0), (0, 1)), constant_values=np.nan)
    if columns is not None and rows.shape[1] != columns:
        raise PayloadFault(
            400,
            f"Feature size of {kind} inference data {rows.shape[1]} is not consistent with "
            f"feature size of trained model {columns}.",
        )
    return rows


def parse_csv(body: bytes) -> np.ndarray:
    """Read rows of numbers; an empty field is a missing value."""
    body = body.strip()
    if b"\n" not in body:
        try:
            return np.array([[float(field) for field in body.split(b",")]], np.float32)
        except ValueError:
            pass  # a missing value, another delimiter or a fault: the careful way tells
    text = body.decode("utf-8", "replace")
    lines = text.splitlines()
    delimiter = delimiter_of(lines[0]) if lines else ","
    rows = [_csv_row(number, line, delimiter) for number, line in enumerate(lines, 1)]
    return _rectangular(rows)


def _csv_row(number: int, line: str, delimiter: str) -> list[float]:
    try:
        return [float(field.strip() or "nan") for field in line.split(delimiter)]
    except ValueError as error:
        snippet = line[:SNIPPET_CHARACTERS]
        raise PayloadFault(415, f"Row {number} ('{snippet}') of the csv data: {error}") from error


def _rectangular(rows: list[list[float]]) -> np.ndarray:
    widths = sorted({len(row) for row in rows})
    if len(widths) != 1:
        raise PayloadFault(415, f"The rows have different numbers of features: {widths}")
    return np.asarray(rows, np.float32)


def _parse_libsvm(body: bytes, columns: int | None) -> Any:
    rows = LibsvmRows()
    try:
        rows.add(body.decode("utf-8", "replace").splitlines(), has_labels=False)
    except ValueError as error:
        raise PayloadFault(415, f"The payload is not libsvm data: {error}") from error
    matrix = rows.matrix(columns)
    if columns is not None and matrix.shape[1] > columns + 1:
        raise PayloadFault(
            400,
            f"Feature size of libsvm inference data {matrix.shape[1]} is larger than feature "
            f"size of trained model {columns}.",
        )
    return matrix[:, :columns] if columns is not None else matrix
