"""Word vectors from text files and arrays, cut to the words that a model keeps."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Collection, Iterable, Iterator, Sequence

import numpy as np
from faults import BadInput
from words import split_words

FAULTS_SHOWN = 5


@dataclass(frozen=True)
class WordVectors:
    """One row of `values` (32-bit floats) for each word."""

    words: tuple[str, ...]
    values: Any


@dataclass(frozen=True)
class Wanted:
    """Which words to keep: those of the titles, and the first of the source for new titles.

    Sources list their words by frequency, so the first `further` are the most frequent ones.
    """

    title_words: Collection[str]
    further: int


def read_vectors(paths: Sequence[Path], wanted: Wanted) -> WordVectors:
    """Reads text files with a word and its numbers on each line (`.vec`, GloVe's `.txt`, `.gz`).

    fastText's first line, which tells how many words and numbers follow, is skipped. All files are
    one source: a word's first line counts.

    Raises:
        BadInput: lines of another length, values that are no finite numbers, or no word at all.
    """
    kept: dict[str, Any] = {}
    keeper = _Keeper(wanted)
    faults: list[str] = []
    numbers = 0
    for path in paths:
        try:
            for line, word, fields in _lines(path):
                numbers = numbers or len(fields)
                if len(fields) != numbers:
                    faults.append(
                        f"{path.name} line {line}: got {len(fields)} numbers, expected {numbers}"
                    )
                elif word not in kept and keeper.keeps(word):
                    kept[word] = _floats(fields, f"{path.name} line {line}", faults)
        except (OSError, EOFError, UnicodeDecodeError) as error:
            faults.append(f"{path.name}: not a readable text file: {error}")
    if not faults and not kept:
        names = ", ".join(path.name for path in paths)
        faults.append(f"{names}: no line has a word in lower case and its vector")
    if faults:
        more = len(faults) - FAULTS_SHOWN
        raise BadInput(faults[:FAULTS_SHOWN] + ([f"and {more} more"] if more > 0 else []))
    return WordVectors(tuple(kept), np.stack(list(kept.values())))


def cut(words: Iterable[str], values: Any, wanted: Wanted) -> WordVectors:
    """The kept words of a source that is in memory, their rows copied."""
    keeper = _Keeper(wanted)
    places = {}
    for place, word in enumerate(words):
        if word not in places and keeper.keeps(word):
            places[word] = place
    rows = np.fromiter(places.values(), np.int64, len(places))
    return WordVectors(tuple(places), np.ascontiguousarray(values[rows], np.float32))


class _Keeper:
    """Decides word by word, in the source's order."""

    def __init__(self, wanted: Wanted) -> None:
        self._title_words = wanted.title_words
        self._further = wanted.further

    def keeps(self, word: str) -> bool:
        if word in self._title_words:
            return True
        if self._further > 0 and split_words(word) == [word]:
            self._further -= 1
            return True
        return False


def _lines(path: Path) -> Iterator[tuple[int, str, list[str]]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:  # type: ignore[operator]
        for number, line in enumerate(file, 1):
            word, *fields = line.rstrip().split(" ")
            is_count = number == 1 and len(fields) == 1 and word.isdigit() and fields[0].isdigit()
            if not is_count and word:
                yield number, word, fields


def _floats(fields: Sequence[str], where: str, faults: list[str]) -> Any:
    try:
        values = np.array(fields, np.float32)
    except ValueError as error:
        faults.append(f"{where}: {error}")
        return None
    if not np.isfinite(values).all() or not values.any():
        faults.append(f"{where}: expected finite numbers that are not all zero")
    return values
