"""The code in steps/book_ratings and ratings to run it on, for benchmarks in this process."""

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).resolve().parent.parent
STEPS = ROOT / "steps/book_ratings"


class Steps:
    """The modules of steps/book_ratings, which import each other by bare name as in a container."""

    def __init__(self) -> None:
        if str(STEPS) not in sys.path:
            sys.path.insert(0, str(STEPS))

    def __getattr__(self, name: str) -> Any:
        return importlib.import_module(name)

    def read(self, path: Path) -> pl.DataFrame:
        """The ratings of one file in its order: user_id, item_id, rating."""
        ratings, _ = self.ratings.read_file(path)
        return ratings.select("user_id", "item_id", "rating")

    def read_as_prepare(self, path: Path) -> pl.DataFrame:
        """The same in prepare.py's order, by which a seed draws the pipeline's own split."""
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, path.name).symlink_to(path.resolve())
            ratings, _ = self.ratings.read_ratings(Path(directory))
        return ratings.select("user_id", "item_id", "rating")


def movielens_file() -> Path:
    """MovieLens 100K as scripts/demo fetches it."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return Path(importlib.import_module("demos.data").movielens().ratings)
    finally:
        sys.path.remove(str(ROOT / "scripts"))


def chapter7_file() -> Path | None:
    """Chapter 7's ratings where SHARED_DATA says that they are."""
    path = Path(os.environ.get("SHARED_DATA", ""), "goodbooks/ratings_chapter7.csv")
    if path.is_file():
        return path
    print("no chapter 7 ratings: set SHARED_DATA or give --ratings FILE", file=sys.stderr)
    return None


def rating_files() -> Iterator[tuple[str, Path]]:
    """The datasets of this machine by name."""
    yield "movielens", movielens_file()
    chapter7 = chapter7_file()
    if chapter7 is not None:
        yield "chapter7", chapter7
