"""The R container: how long an answer takes and how good it is, by the image's own programs.

    python -m benchmarks.r_recommender

A user's request holds what one held-out user has shown, which is some 70 ratings in MovieLens. The
floor is /ping of the same server: what plumber and httpuv take without an answer to compute.
"""

import argparse
import http.client
import importlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from benchmarks.figures import Figure, print_figures

ROOT = Path(__file__).resolve().parent.parent
STEPS = ROOT / "steps/r_recommender"
SEEDS = (0, 1, 2)
WARM_UP, REQUESTS = 50, 500
READY_SECONDS = 60
P50_MILLISECONDS = 8.0
HYPERPARAMETERS = {"method": "cosine_all", "nn": "50"}


@dataclass(frozen=True)
class Quality:
    """The means over all splits of one set of ratings."""

    precision: float
    popular_precision: float
    rated_precision: float
    popular_rated_precision: float
    rmse: float
    user_mean_rmse: float
    uncentred_rmse: float
    global_mean_rmse: float


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args(argv)
    print_figures(measure())
    return 0


def measure() -> list[Figure]:
    """Latency on MovieLens 100K; quality there and, if SHARED_DATA is set, on chapter 7's data."""
    needed = subprocess.run([ROOT / "scripts/install-system-packages", "r"], check=False)
    if needed.returncode != 0:
        return []
    figures = []
    with tempfile.TemporaryDirectory() as directory:
        for name, ratings in _data().items():
            bases = [Path(directory) / f"{name}-{seed}" for seed in SEEDS]
            for base, seed in zip(bases, SEEDS, strict=True):
                _run_steps(base, ratings, seed)
            if not figures:
                figures += _latency(bases[0])
            figures += _quality_figures(name, _quality(bases))
    return figures


def _data() -> dict[str, Path]:
    sys.path.insert(0, str(ROOT / "scripts"))
    data = {"movielens": Path(importlib.import_module("demos.data").movielens().ratings)}
    sys.path.remove(str(ROOT / "scripts"))
    chapter7 = Path(os.environ.get("SHARED_DATA", ""), "goodbooks/ratings_chapter7.csv")
    if chapter7.is_file():
        return {**data, "chapter7": chapter7}
    print("no chapter 7 ratings: set SHARED_DATA", file=sys.stderr)
    return data


def _run_steps(base: Path, ratings: Path, seed: int) -> None:
    """Prepare, train and evaluate in a directory that stands for /opt/ml."""
    _link(ratings, base / "processing/input/ratings" / ratings.name)
    _run(base, sys.executable, str(STEPS / "prepare.py"), "--seed", str(seed))
    parts = base / "processing/output"
    _link(parts / "train/ratings.csv", base / "input/data/train/ratings.csv")
    for part in ("shown", "hidden"):
        _link(parts / part / "ratings.csv", base / "processing/held_out" / part / "ratings.csv")
    config = base / "input/config/hyperparameters.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps(HYPERPARAMETERS))
    _run(base, str(STEPS / "train"))
    archive = base / "processing/model/model.tar.gz"
    archive.parent.mkdir(parents=True)
    _run(base, "tar", "-czf", str(archive), "-C", str(base / "model"), ".")
    _run(base, str(STEPS / "evaluate"))


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(source)


def _run(base: Path, *command: str) -> None:
    subprocess.run(command, env=_environment(base), check=True, stdout=subprocess.DEVNULL)


def _environment(base: Path) -> dict[str, str]:
    return os.environ | {"SAGEMAKER_BASE_DIR": str(base)}


def _quality(bases: list[Path]) -> Quality:
    texts = [(base / "processing/evaluation/evaluation.json").read_text() for base in bases]
    evaluations = [json.loads(text) for text in texts]
    models = [evaluation["recommender_metrics"] for evaluation in evaluations]

    def baseline(name: str, metric: str) -> float:
        return mean(each["baselines"][name][metric]["value"] for each in evaluations)

    def model(metric: str) -> float:
        return mean(each[metric]["value"] for each in models)

    return Quality(
        precision=model("precision_at_5"),
        popular_precision=baseline("most_popular", "precision_at_5"),
        rated_precision=model("rated_precision_at_5"),
        popular_rated_precision=baseline("most_popular", "rated_precision_at_5"),
        rmse=model("rmse"),
        user_mean_rmse=baseline("user_mean", "rmse"),
        uncentred_rmse=baseline("uncentred_cosine", "rmse"),
        global_mean_rmse=baseline("global_mean", "rmse"),
    )


def _quality_figures(name: str, quality: Quality) -> list[Figure]:
    return [
        Figure(
            f"R, {name}: share of five items that is liked / of the most popular",
            f"{quality.precision:.3f} (rated at all: {quality.rated_precision:.3f})",
            f"{quality.popular_precision:.3f} "
            f"(rated at all: {quality.popular_rated_precision:.3f})",
            quality.precision / quality.popular_precision,
            1.0,
            at_least=True,
        ),
        Figure(
            f"R, {name}: RMSE for new users / of their means",
            f"{quality.rmse:.3f}",
            f"{quality.user_mean_rmse:.3f} (uncentred, 10 neighbours: {quality.uncentred_rmse:.3f};"
            f" global mean: {quality.global_mean_rmse:.3f})",
            quality.rmse / quality.user_mean_rmse,
            1.0,
        ),
    ]


def _latency(base: Path) -> list[Figure]:
    lines = (base / "processing/held_out/shown/ratings.csv").read_text().splitlines()
    users = [line.split(",")[0] for line in lines[1:]]
    user = sorted(set(users), key=users.count)[len(set(users)) // 2]
    rows = [line for line in lines if line.startswith(f"{user},")]
    body = "\n".join([lines[0], *rows])
    with _server(base) as port:
        ping = _p50(port, "GET", "/ping", None)
        answer = _p50(port, "POST", "/invocations", body)
    return [
        Figure(
            f"R, one user of {len(rows)} ratings, answer: p50 in ms",
            f"{answer:.2f} ms",
            f"/ping: {ping:.2f} ms",
            answer,
            P50_MILLISECONDS,
        )
    ]


@contextmanager
def _server(base: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    variables = {"BIND_HOST": "127.0.0.1", "SAGEMAKER_BIND_TO_PORT": str(port)}
    process = subprocess.Popen(
        [STEPS / "serve"], env=_environment(base) | variables, stdout=subprocess.DEVNULL
    )
    try:
        _wait_until_it_answers(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_until_it_answers(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            _ask(http.client.HTTPConnection("127.0.0.1", port), "GET", "/ping", None)
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"the server did not answer /ping in {READY_SECONDS} s")


def _p50(port: int, method: str, path: str, body: str | None) -> float:
    """Milliseconds, by a client that keeps its connection for as long as the server does."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    taken = []
    for _ in range(WARM_UP + REQUESTS):
        began = time.perf_counter()
        _ask(connection, method, path, body)
        taken.append(time.perf_counter() - began)
    connection.close()
    return 1000 * median(taken[WARM_UP:])


def _ask(connection: http.client.HTTPConnection, method: str, path: str, body: str | None) -> None:
    connection.request(method, path, body, {"Content-Type": "text/csv"})
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, content


if __name__ == "__main__":
    sys.exit(main())
