"""Near titles: do they belong together, and how long does an endpoint take to find them?

    python -m benchmarks.title_embeddings

The steps' own scripts run in the image's environment: on the titles of MovieLens 100K, whose groups
are genres, and on goodbooks-10k's where SHARED_DATA names a directory with goodbooks/books.csv,
whose groups are authors. The embeddings are the default ones that can be had here; nothing was
chosen by these figures but that articles and prepositions do not count.
"""

import json
import os
import shutil
import socket
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import Figure, print_figures
from emulator.commands.directories import default_cache_dir
from emulator.containers import ContainerJob, Containers, ContainerServer, Environment, Image
from pipelines.title_embeddings import settings

ROOT = Path(__file__).resolve().parent.parent
STEPS = ROOT / "steps/title_embeddings"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/mxnet-{}:1.9.0-cpu-py38"
TITLE = "The Wizard of the Frozen Castle"
TOP_K = 10
SECONDS = 3.0
READY_SECONDS = 60
# The request's arithmetic and nothing else: one product, the ten largest.
FLOOR = """
import json, sys, time
import numpy as np
embeddings = np.load("/opt/ml/model/embeddings.npy")
vector, taken, end = embeddings[0].copy(), [], time.perf_counter() + float(sys.argv[1])
while time.perf_counter() < end:
    began = time.perf_counter()
    np.argsort(-(embeddings @ vector), kind="stable")[:10]
    taken.append(time.perf_counter() - began)
print(json.dumps(sorted(taken)[len(taken) // 2]))
"""


@dataclass(frozen=True)
class Laboratory:
    """One machine-learning directory, and the image's environment to run scripts on it."""

    containers: Containers
    image: Image
    environment: Environment
    root: Path

    def run(self, *command: str) -> list[str]:
        """Run a command as a container does; gives the lines that it printed."""
        lines: list[str] = []
        variables = {**settings.ENVIRONMENT, "OMP_NUM_THREADS": "1"}
        log_path = self.root.parent / "job.log"
        job = ContainerJob(
            *("benchmark", self.image, self.environment, ("python", "-W", "ignore"), command),
            *(variables, self.root, (), log_path, lines.append),
        )
        if self.containers.run(job).wait() != 0:
            raise SystemExit("\n".join(lines))
        return lines


def measure() -> list[Figure]:
    """Quality on each catalogue that is here, and the latency of one request on MovieLens'."""
    containers = Containers(default_cache_dir(), {})
    try:
        figures = _measure(containers, "MovieLens", "genre", _movielens_items(), 1.15)
        books = Path(os.environ.get("SHARED_DATA", ""), "goodbooks/books.csv")
        if books.is_file():
            return figures + _measure(containers, "goodbooks", "author", books, 50)
        print("no goodbooks titles: set SHARED_DATA", file=sys.stderr)
        return figures
    finally:
        containers.close()


def _measure(
    containers: Containers, name: str, group: str, items: Path, least_lift: float
) -> list[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        laboratory = _laboratory(containers, Path(directory) / "ml")
        evaluation = _evaluate(laboratory, items)
        figures = _quality(name, group, evaluation, least_lift)
        return [*figures, _latency(laboratory, name)]


def _laboratory(containers: Containers, root: Path) -> Laboratory:
    image = containers.resolve(IMAGE.format("training"))
    environment = containers.environment(
        image,
        (STEPS / "requirements.txt").read_text("utf-8"),
        lambda line: print(line, file=sys.stderr),
    )
    shutil.copytree(STEPS, root / "code", ignore=shutil.ignore_patterns("__pycache__"))
    return Laboratory(containers, image, environment, root)


def _evaluate(laboratory: Laboratory, items: Path) -> Any:
    processing, root = laboratory.root / "processing", laboratory.root
    (processing / "input/titles").mkdir(parents=True)
    shutil.copy(items, processing / "input/titles")
    laboratory.run("/opt/ml/code/prepare.py")
    shutil.copytree(processing / "output", root / "input/data")
    laboratory.run("/opt/ml/code/train.py")
    (processing / "model").mkdir()
    with tarfile.open(processing / "model/model.tar.gz", "w:gz") as archive:
        archive.add(root / "model", ".")
    # The map is for people; it is drawn small here.
    laboratory.run("/opt/ml/code/evaluate.py", "--map-titles", "50")
    return json.loads((processing / "evaluation/evaluation.json").read_text("utf-8"))


def _quality(name: str, group: str, evaluation: Any, least_lift: float) -> list[Figure]:
    near, baselines = evaluation["retrieval_metrics"], evaluation["baselines"]
    found, apart = "related_at_10", "related_without_common_word_at_10"
    chance, chance_apart = (baselines["random"][each]["value"] for each in (found, apart))
    overlap = baselines["word_overlap"][found]["value"]
    return [
        Figure(
            f"{name} titles: share of the ten nearest with a common {group}",
            f"{near[found]['value']:.3f}",
            f"chance {chance:.4f}, common words {overlap:.3f}",
            near[found]["value"] / chance,
            least_lift,
            at_least=True,
        ),
        Figure(
            "the same among titles without a common word",
            f"{near[apart]['value']:.4f}",
            f"chance {chance_apart:.4f}",
            near[apart]["value"] / chance_apart,
            1.1,
            at_least=True,
        ),
    ]


def _latency(laboratory: Laboratory, name: str) -> Figure:
    floor_seconds = float(laboratory.run("-c", FLOOR, str(SECONDS))[-1])
    image = laboratory.containers.resolve(IMAGE.format("inference"))
    log_path = laboratory.root.parent / "server.log"
    environment = laboratory.containers.environment(image, None, lambda line: None)
    server = laboratory.containers.serve(
        ContainerServer(
            "titles", image, environment, settings.SERVING.environment, laboratory.root, log_path
        )
    )
    try:
        if not server.wait_ready(READY_SECONDS):
            raise SystemExit(f"the server did not answer /ping:\n{log_path.read_text()}")
        seconds = _p50_seconds(server.port or 0)
    finally:
        server.stop(5)
    return Figure(
        f"{name}: one request for the {TOP_K} nearest titles, p50",
        f"{1000 * seconds:.2f} ms",
        f"the product alone {1000 * floor_seconds:.3f} ms",
        1000 * seconds,
        2.0,
    )


def _p50_seconds(port: int) -> float:
    body = json.dumps({"title": TITLE, "top_k": TOP_K})
    head = "POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
    taken = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            began = time.perf_counter()
            connection.sendall(request)
            answer = connection.recv(1 << 16)
            while not answer.endswith(b"]}"):
                answer += connection.recv(1 << 16)
            taken.append(time.perf_counter() - began)
        assert answer.startswith(b"HTTP/1.1 200"), answer
    return median(taken)


def _movielens_items() -> Path:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        from demos.data import movielens

        return movielens().items
    finally:
        sys.path.remove(str(ROOT / "scripts"))


if __name__ == "__main__":
    print_figures(measure())
