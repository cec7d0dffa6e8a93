"""R's functions called from Python, its programs run as a container does, and small ratings."""

import functools
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

STEPS = Path(__file__).resolve().parents[4] / "steps/r_recommender"
USERS, ITEMS = 30, 25

# Answers each line {"code", "input"} with a line of JSON: what the code makes of `input`, or its
# error as "bad input: ...".
LOOP = """
for (file in c("faults.R", "ratings.R", "similarities.R", "recommender.R", "hyperparameters.R",
               "requests.R", "measures.R", "model.R")) source(file)
lines <- file("stdin", "r")
while (length(line <- readLines(lines, 1)) > 0) {
  task <- jsonlite::parse_json(line, simplifyVector = TRUE)
  run <- function() eval(parse(text = task$code), list(input = task$input), globalenv())
  value <- tryCatch(list(value = run()), error = function(fault) list(error = text_of(fault)))
  cat(jsonlite::toJSON(value, auto_unbox = TRUE, digits = NA, null = "null"), "\\n", sep = "")
}
"""


@functools.cache
def has_r() -> bool:
    check = "for (name in c('plumber', 'Matrix', 'jsonlite')) loadNamespace(name)"
    try:
        done = subprocess.run(
            ["Rscript", "--vanilla", "-e", check], capture_output=True, check=False
        )
    except FileNotFoundError:
        return False
    return done.returncode == 0


@pytest.fixture(scope="session")
def needs_r() -> None:
    if not has_r():
        pytest.skip("R or a package of it is missing: scripts/install-system-packages r")


class RError(Exception):
    """What R code stopped with."""


@dataclass(frozen=True)
class R:
    """A process of R that has read the recommender's functions."""

    process: subprocess.Popen[str]

    def __call__(self, code: str, **inputs: Any) -> Any:
        """The value of R code that sees the inputs as members of `input`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"code": code, "input": inputs}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RError(answer["error"])
        return answer["value"]


@pytest.fixture(scope="session")
def r(needs_r: None) -> Iterator[R]:
    with subprocess.Popen(
        ["Rscript", "--vanilla", "-e", LOOP],
        cwd=STEPS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield R(process)
        assert process.stdin is not None
        process.stdin.close()


@dataclass(frozen=True)
class Ratings:
    """Ratings from 1 to 5 as a matrix of users x items; 0 is none."""

    matrix: np.ndarray

    def rows(self) -> list[tuple[str, str, float]]:
        """As a table with ids from 1, in no order."""
        places = np.argwhere(self.matrix)
        order = np.random.default_rng(1).permutation(len(places))
        return [
            (str(user + 1), str(item + 1), float(self.matrix[user, item]))
            for user, item in places[order]
        ]

    def table(self) -> dict[str, list[Any]]:
        """As R's data frame."""
        users, items, ratings = zip(*self.rows(), strict=True)
        return {"user": list(users), "item": list(items), "rating": list(ratings)}

    def csv(self, header: str = "user_id,item_id,rating") -> str:
        lines = (f"{user},{item},{rating:g}" for user, item, rating in self.rows())
        return "\n".join([header, *lines, ""])


@pytest.fixture(scope="session")
def ratings() -> Ratings:
    random = np.random.default_rng(0)
    taste = random.normal(size=(USERS, 2)) @ random.normal(size=(2, ITEMS))
    whole = np.clip(np.rint(3.3 + taste + random.normal(0, 0.4, taste.shape)), 1, 5)
    return Ratings(whole * (random.random(whole.shape) < 0.6))


def run(program: str, base: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the image's programs on a directory that stands for /opt/ml."""
    return subprocess.run(
        [str(STEPS / program), *arguments],
        env={"PATH": os.environ["PATH"], "SAGEMAKER_BASE_DIR": str(base), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def lay_out(base: Path, files: dict[str, str], **hyperparameters: str) -> Path:
    """A training job's channel and hyperparameters below `base`."""
    for name, text in files.items():
        path = base / "input/data/train" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    config = base / "input/config/hyperparameters.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps(hyperparameters))
    return base


def pack(directory: Path, archive: Path) -> None:
    """A model.tar.gz, its members named as tar's `-C DIR .` names them."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(directory, ".")


@pytest.fixture(scope="session")
def run_program() -> Any:
    return run


@pytest.fixture(scope="session")
def place() -> Any:
    return lay_out


@pytest.fixture(scope="session")
def pack_model() -> Any:
    return pack
