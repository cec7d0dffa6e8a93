"""Labelled pairs of token sequences, read from the JSON lines of a channel.

Source: "Data Formats for Object2Vec Training".
"""

import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from object2vec_image.hyperparameters import EncoderSettings, Settings, UserError

FAULTS_TOLD = 5


@dataclass(frozen=True)
class Sequences:
    """Token sequences end to end.

    Attributes:
        tokens: All tokens, int32.
        starts: Where each sequence begins in them.
        lengths: How many tokens each has; at least 1.
    """

    tokens: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    def padded(self, rows: np.ndarray, width: int) -> np.ndarray:
        """The sequences of the rows, zeros behind them: (rows, width)."""
        if width == 1:
            return self.tokens[self.starts[rows]][:, None]
        places = self.starts[rows][:, None] + np.arange(width)
        is_token = np.arange(width) < self.lengths[rows][:, None]
        return np.where(is_token, self.tokens[np.minimum(places, len(self.tokens) - 1)], 0)


def sequences(lists: list[list[int]]) -> Sequences:
    """Put lists of tokens end to end."""
    lengths = np.fromiter(map(len, lists), np.int64, len(lists))
    tokens = np.fromiter(itertools.chain.from_iterable(lists), np.int32, int(lengths.sum()))
    return Sequences(tokens, np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)


@dataclass(frozen=True)
class Examples:
    """A channel's pairs; labels are float32."""

    inputs: tuple[Sequences, Sequences]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def read_channel(name: str, directory: Path, settings: Settings) -> Examples:
    """Read all files of a channel.

    Raises:
        UserError: With the first faults, each with its file and line.
    """
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    columns: tuple[list, list, list] = ([], [], [])
    faults: list[str] = []
    for file in files:
        for fault in _read_file(file, settings, columns):
            faults.append(f"{file.relative_to(directory)}, {fault}")
            if len(faults) == FAULTS_TOLD:
                raise UserError(f"channel {name}: {'; '.join(faults)}; there may be more")
    if faults:
        raise UserError(f"channel {name}: {'; '.join(faults)}")
    if not columns[2]:
        raise UserError(f"channel {name} has no data: {len(files)} files without a JSON line")
    labels = np.asarray(columns[2], np.float32)
    return Examples((sequences(columns[0]), sequences(columns[1])), labels)


def _read_file(file: Path, settings: Settings, columns: tuple[list, list, list]) -> Iterator[str]:
    first, second = settings.encoders
    is_label = _label_fault_of(settings)
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.isspace():
                continue
            try:
                record = orjson.loads(line)
                in0, in1, label = record["in0"], record["in1"], record["label"]
            except (ValueError, KeyError, TypeError):
                yield f"line {number}: {_line_fault(line)}"
                continue
            fault = (
                sequence_fault("in0", in0, first, first.max_seq_len)
                or sequence_fault("in1", in1, second, second.max_seq_len)
                or is_label(label)
            )
            if fault:
                yield f"line {number}: {fault}"
                continue
            columns[0].append(in0)
            columns[1].append(in1)
            columns[2].append(label)


def sequence_fault(name: str, tokens: Any, encoder: EncoderSettings, longest: int) -> str | None:
    """What is wrong with a sequence, if anything."""
    if type(tokens) is not list or not tokens:
        return f"{name} is {_told(tokens)}, expected a list of at least one token id"
    if len(tokens) > longest:
        return f"{name} has {len(tokens)} tokens, more than its max_seq_len {longest}"
    for token in tokens:
        if type(token) is not int or token < 0:
            return f"{name} has {_told(token)}, expected whole numbers from 0"
        if token >= encoder.vocab_size:
            return (
                f'Inconsistent vocab for {name} found. Vocab id "{token}" is not less than '
                f"vocab_size={encoder.vocab_size}"
            )
    return None


def _label_fault_of(settings: Settings) -> Any:
    classes = settings.num_classes

    def of_number(label: Any) -> str | None:
        if type(label) not in (int, float) or not math.isfinite(label):
            return f"label is {_told(label)}, expected a number"
        return None

    def of_class(label: Any) -> str | None:
        if type(label) not in (int, float) or label != label // 1 or not 0 <= label < classes:
            return f"label is {_told(label)}, expected a class from 0 to {classes - 1}"
        return None

    return of_number if settings.is_regression else of_class


def _line_fault(line: bytes) -> str:
    try:
        record = json.loads(line)  # unlike orjson it takes NaN, which people write
    except ValueError as error:
        return f"not JSON: {error}"
    if not isinstance(record, dict):
        return f"got {_told(record)}, expected an object"
    missing = [name for name in ("label", "in0", "in1") if name not in record]
    if missing:
        return f"{', '.join(missing)} missing"
    return f"label is {_told(record['label'])}, expected a number"


def _told(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
