"""Ratings selected by Spark and by polars: the same rows. usage: python -m benchmarks.spark.

Both are the whole job, from the start of the process to its end. MovieLens 100K by default;
SHARED_DATA names a directory with goodbooks/ratings_2672_users.csv.
"""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.figures import Figure, print_figures
from emulator.commands.directories import default_cache_dir
from emulator.containers import Containers

ROOT = Path(__file__).resolve().parent.parent
STEPS = ROOT / "steps/spark_ratings"
SPARK_IMAGE = "sagemaker-spark-processing:3.5"
# What is left differs by data set: some half of the rows.
GOODBOOKS_THRESHOLDS, MOVIELENS_THRESHOLDS = (60, 150), (50, 50)


@dataclass(frozen=True)
class Data:
    """Files of ratings and titles, and how many ratings a user and an item must have."""

    name: str
    ratings: Path
    items: Path
    thresholds: tuple[int, int]

    @property
    def arguments(self) -> list[str]:
        """The job's arguments, but for its output."""
        user, book = map(str, self.thresholds)
        least = ["--min-user-ratings", user, "--min-book-ratings", book]
        return [*least, "--ratings", str(self.ratings), "--items", str(self.items)]


def measure() -> list[Figure]:
    """Seconds of both on the same data, and the rows in which they differ."""
    if shutil.which("java") is None:
        print("no Java: scripts/install-system-packages java", file=sys.stderr)
        return []
    data = _data()
    with tempfile.TemporaryDirectory() as directory:
        of_polars, of_spark = Path(directory, "polars"), Path(directory, "spark")
        polars = [sys.executable, str(STEPS / "prepare_polars.py")]
        spark = [*_spark_submit(), str(STEPS / "prepare_spark.py")]
        polars_seconds = min(_seconds(polars, data, of_polars) for _ in range(3))
        spark_seconds = _seconds(spark, data, of_spark)
        rows = _rows(of_polars)
        differing = 0 if _rows(of_spark).equals(rows) else len(rows)
    ratio = polars_seconds / spark_seconds
    against = f"Spark on local[*]: {spark_seconds:.1f} s"
    return [
        Figure(f"polars selects {data.name}", f"{polars_seconds:.2f} s", against, ratio, 0.25),
        Figure("rows in which the two differ", f"of {len(rows):,}", "", differing, 0),
    ]


def _data() -> Data:
    goodbooks = Path(os.environ.get("SHARED_DATA", ""), "goodbooks")
    ratings = goodbooks / "ratings_2672_users.csv"
    if ratings.is_file():
        return Data("goodbooks' sample", ratings, goodbooks / "books.csv", GOODBOOKS_THRESHOLDS)
    sys.path.insert(0, str(ROOT / "scripts"))
    movielens = importlib.import_module("demos.data").movielens()
    return Data("MovieLens 100K", movielens.ratings, movielens.items, MOVIELENS_THRESHOLDS)


def _spark_submit() -> list[str]:
    containers = Containers(default_cache_dir(), {}, [])
    environment = containers.environment(containers.resolve(SPARK_IMAGE), None, print)
    return [str(environment.python), "-m", "spark_image.spark_submit"]


def _seconds(command: Sequence[str], data: Data, output: Path) -> float:
    start = time.perf_counter()
    words = [*command, *data.arguments, "--output", str(output)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[-1]} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - start


def _rows(folder: Path) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))])


if __name__ == "__main__":
    print_figures(measure())
