"""The steps' modules import each other by bare name, as in a container; small made-up ratings."""

import os
import shutil
import subprocess
import sys
import tarfile
from concurrent.futures import Executor, Future
from pathlib import Path

import numpy as np
import polars as pl
import pytest

STEPS = Path(__file__).resolve().parents[4] / "steps/book_ratings"
sys.path.insert(0, str(STEPS))

from interactions import Interactions  # noqa: E402

USERS, ITEMS = 60, 40


class Inline(Executor):
    """Runs what is submitted at once, in this thread."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@pytest.fixture
def executor():
    return Inline()


def interactions(seed=0, users=USERS, items=ITEMS, share=0.5):
    """Ratings 1 to 5 with user, item and taste effects; the last user and item have none."""
    random = np.random.default_rng(seed)
    taste = random.normal(size=(users, 2)) @ random.normal(size=(2, items))
    score = 3 + random.normal(0, 0.5, (users, 1)) + random.normal(0, 0.5, items) + 0.7 * taste
    ratings = np.clip(np.rint(score + random.normal(0, 0.3, score.shape)), 1, 5)
    rated = np.nonzero(random.random(score.shape) < share)
    return Interactions(*rated, ratings[rated], users + 1, items + 1)


@pytest.fixture
def make_interactions():
    return interactions


@pytest.fixture(scope="session")
def data():
    return interactions()


@pytest.fixture(scope="session")
def table(data):
    """The same ratings as a user would write them; ids are not indices, items have titles."""
    return pl.DataFrame(
        {"user_id": data.users + 100, "book_id": data.items * 3 + 1, "rating": data.ratings}
    )


def lay_out(base, ratings, items=None):
    """Lays out the processing inputs below `base`."""
    for name, content in (("ratings", ratings), ("items", items)):
        if content is not None:
            folder = base / "processing/input" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.csv").write_text(content)
    return base


def run_step(script, base, *arguments):
    """Runs a step as a container does."""
    command = [sys.executable, str(STEPS / script), "--base-directory", str(base), *arguments]
    # Another processor's kernels round otherwise, so where they are chosen they are for both.
    environment = {key: value for key, value in os.environ.items() if key.startswith("OPENBLAS_")}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def place():
    return lay_out


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, table):
    """The base directory after prepare.py ran in a process of its own."""
    titles = "".join(f'{3 * item + 1},"Book {item}, the one"\n' for item in range(ITEMS))
    base = lay_out(
        tmp_path_factory.mktemp("prepared"), table.write_csv(), f"book_id,title\n{titles}"
    )
    done = run_step("prepare.py", base)
    assert done.returncode == 0, done.stderr
    return base


@pytest.fixture(scope="session")
def trained(tmp_path_factory, prepared):
    """The base directory after train.py, laid out for evaluate.py with the packed model."""
    base = tmp_path_factory.mktemp("trained")
    output = prepared / "processing/output"
    for channel in ("train", "state"):
        shutil.copytree(output / channel, base / "input/data" / channel)
    done = run_step(
        "train.py", base, "--num_round", "40", "--eta", "0.2", "--min_child_weight", "5"
    )
    assert done.returncode == 0, done.stderr
    (base / "log").write_text(done.stdout)
    for name in ("test", "ratings"):
        shutil.copytree(output / name, base / "processing" / name)
    (base / "processing/model").mkdir()
    with tarfile.open(base / "processing/model/model.tar.gz", "w:gz") as archive:
        archive.add(base / "model", ".")
    return base
